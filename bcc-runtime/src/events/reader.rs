//! Events read one by one.
//!
//! In: the buffers of one map or of several. Out: typed events and what was lost between them, when
//! the user asks: at once, after a wait, or when a reactor says that there is something.

use super::source::Source;
use super::wait::{Waited, Waiter};
use crate::error::{Context as _, Result};
use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

/// What a reader gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<T> {
    /// What a program has sent.
    Record(T),
    /// So many events did not fit into the buffer, more or less at this point. They count in
    /// [`EventReader::lost`].
    Lost(u64),
}

impl<T> Event<T> {
    /// What a program has sent; `None` for a loss.
    pub fn record(self) -> Option<T> {
        match self {
            Self::Record(record) => Some(record),
            Self::Lost(_) => None,
        }
    }
}

/// Reads the events of a map without a callback; made by
/// [`PerfEventArray::reader`](crate::map::PerfEventArray::reader) and
/// [`RingBuf::reader`](crate::map::RingBuf::reader).
///
/// It borrows nothing, can be stored beside its `Bpf` or without it, and sent to other threads. It
/// goes on after an error: a record that is too short for its type is one `Decode` error, and the
/// next call gives what follows. While it is there, its map has no callback and no other reader.
///
/// Events of one CPU come in order, those of a ring buffer in the order of all CPUs. Several maps
/// can be read [together](Self::and).
///
/// ```no_run
/// use bcc_runtime::{Event, bpf_program};
/// use std::time::Duration;
///
/// bpf_program! {
///     mod execs;
///     struct exec_t { u32 pid; char comm[TASK_COMM_LEN]; };
///     BPF_PERF_OUTPUT(events);
///     TRACEPOINT_PROBE(syscalls, sys_enter_execve) {
///         struct exec_t e = {};
///         e.pid = bpf_get_current_pid_tgid() >> 32;
///         bpf_get_current_comm(&e.comm, sizeof(e.comm));
///         events.perf_submit(args, &e, sizeof(e));
///         return 0;
///     }
/// }
///
/// # fn main() -> bcc_runtime::Result<()> {
/// let bpf = execs::load()?;
/// let mut reader = bpf.maps.events.reader()?;
/// for event in reader.iter(Duration::from_secs(10)) {
///     match event? {
///         Event::Record(exec) => println!("{} {}", exec.pid, exec.comm),
///         Event::Lost(count) => eprintln!("{count} lost"),
///     }
/// }
/// # Ok(())
/// # }
/// ```
pub struct EventReader<T> {
    sources: Vec<Source<T>>,
    waiter: Waiter,
    /// Rings that this round has still to read: source and ring.
    round: VecDeque<(usize, usize)>,
    /// The source whose records come next.
    current: usize,
}

const WAIT: &str = "failed to wait for events";

impl<T> EventReader<T> {
    pub(crate) fn new(source: Source<T>) -> Result<Self> {
        Self::of(vec![source])
    }

    fn of(sources: Vec<Source<T>>) -> Result<Self> {
        let mut waiter = Waiter::new().context(WAIT)?;
        for (number, source) in (0..).zip(&sources) {
            waiter.add(source.as_fd(), number).context(WAIT)?;
        }
        let shortest = sources.iter().filter_map(|source| source.latency).min();
        waiter.set_latency(shortest).context(WAIT)?;
        Ok(Self {
            sources,
            waiter,
            round: VecDeque::new(),
            current: 0,
        })
    }

    /// The next event; waits for it at most for `timeout`. `None` if the time is over or a signal
    /// came. [`Duration::MAX`] waits without limit.
    ///
    /// # Errors
    /// `Decode` for an event that is too short for its type; otherwise if the kernel refuses to
    /// wait. The reader can be used afterwards.
    pub fn next_timeout(&mut self, timeout: Duration) -> Result<Option<Event<T>>> {
        if let Some(event) = self.pop()? {
            return Ok(Some(event));
        }
        // A time that far away never comes.
        let end = Instant::now().checked_add(timeout);
        loop {
            let left = end.map_or(Duration::MAX, |end| {
                end.saturating_duration_since(Instant::now())
            });
            match self.waiter.wait(left).context(WAIT)? {
                Waited::Interrupted => return Ok(None),
                Waited::Ready { order, .. } => self.begin(&order),
            }
            let event = self.pop()?;
            if event.is_some() || left.is_zero() {
                return Ok(event);
            }
        }
    }

    /// The next event that is there, without waiting.
    ///
    /// # Errors
    /// As [`next_timeout`](Self::next_timeout).
    pub fn try_next(&mut self) -> Result<Option<Event<T>>> {
        self.next_timeout(Duration::ZERO)
    }

    /// Events as they come; ends when none has come for `timeout`, or when a signal comes. With
    /// [`Duration::MAX`] only a signal ends it.
    ///
    /// It can be called again to go on.
    pub fn iter(&mut self, timeout: Duration) -> impl Iterator<Item = Result<Event<T>>> {
        std::iter::from_fn(move || self.next_timeout(timeout).transpose())
    }

    /// The events that are there now, and not those that come meanwhile, without waiting. bcc's
    /// `perf_buffer_consume` and `ring_buffer_consume`.
    pub fn try_iter(&mut self) -> impl Iterator<Item = Result<Event<T>>> {
        let mut begun = false;
        std::iter::from_fn(move || {
            let next = self.pop().transpose();
            if next.is_some() || begun {
                return next;
            }
            begun = true;
            match self.waiter.wait(Duration::ZERO).context(WAIT) {
                Ok(Waited::Ready { order, .. }) => self.begin(&order),
                Ok(Waited::Interrupted) => self.begin(&[]),
                Err(error) => return Some(Err(error)),
            }
            self.pop().transpose()
        })
    }

    /// The next event, for any reactor: `poll_readable` is to ask it whether the reader's
    /// [descriptor](AsFd) can be read, and to leave the task's waker there if not.
    ///
    /// The descriptor alone is enough, no timer is needed: it also becomes readable when an event
    /// may have waited that was not announced. For tokio there is
    /// `EventStream`, with the feature `tokio`.
    ///
    /// ```no_run
    /// # use bcc_runtime::{Event, EventReader, Result};
    /// # use std::future::poll_fn;
    /// # use std::io;
    /// # use std::task::{Context, Poll};
    /// # trait Reactor { fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>>; }
    /// async fn next<T>(reader: &mut EventReader<T>, reactor: &impl Reactor) -> Result<Event<T>> {
    ///     poll_fn(|cx| reader.poll_next(cx, |cx| reactor.poll_readable(cx))).await
    /// }
    /// ```
    ///
    /// # Errors
    /// As [`next_timeout`](Self::next_timeout), and what `poll_readable` returns.
    pub fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
        mut poll_readable: impl FnMut(&mut Context<'_>) -> Poll<io::Result<()>>,
    ) -> Poll<Result<Event<T>>> {
        loop {
            if let Some(event) = self.try_next().transpose() {
                return Poll::Ready(event);
            }
            if let Err(error) = ready!(poll_readable(cx)) {
                return Poll::Ready(Err(error).context(WAIT));
            }
        }
    }

    /// Lets programs send nothing more until [`resume`](Self::resume): what they try to send counts
    /// as [lost](Self::lost), and costs them little. What is there can still be read.
    ///
    /// # Errors
    /// `Unsupported` for ring buffers; otherwise if the kernel refuses.
    pub fn pause(&mut self) -> Result<()> {
        self.sources
            .iter()
            .try_for_each(|source| source.pause(true))
    }

    /// Lets programs send again.
    ///
    /// # Errors
    /// As [`pause`](Self::pause).
    pub fn resume(&mut self) -> Result<()> {
        self.sources
            .iter()
            .try_for_each(|source| source.pause(false))
    }

    /// How many events have not fitted into the buffers since the program was loaded.
    ///
    /// Once a perf buffer is read to its end, sent is received plus lost; before Linux 6.0, a loss
    /// is known only with the next event that fits. For ring buffers the kernel keeps no count; the
    /// programs do, unless [`Health::Off`](crate::health::Health::Off) says otherwise.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.total(super::Counters::lost)
    }

    /// How many events were read since the program was loaded, those too short included.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.total(super::Counters::handled)
    }

    /// How many events were too short for their type; each was an error.
    #[must_use]
    pub fn malformed(&self) -> u64 {
        self.total(super::Counters::malformed)
    }

    fn total(&self, count: impl Fn(&super::Counters) -> u64) -> u64 {
        let sources = self.sources.iter();
        sources.map(|source| count(source.counters())).sum()
    }

    /// The next record of this round.
    pub(super) fn pop(&mut self) -> Result<Option<Event<T>>> {
        loop {
            if let Some(event) = self.sources.get_mut(self.current).and_then(Source::pop) {
                return event.map(Some);
            }
            let Some((number, ring)) = self.round.pop_front() else {
                return Ok(None);
            };
            self.current = number;
            if let Some(source) = self.sources.get_mut(number)
                && !source.fill(ring)?
            {
                self.round.push_front((number, ring));
            }
        }
    }

    /// The rings that this round has still to read, or to give the records of.
    fn unfinished(&self) -> Vec<(usize, usize)> {
        let current = self.sources.get(self.current);
        let begun = current.filter(|source| source.has_records());
        let begun = begun.map(|_| (self.current, 0));
        begun
            .into_iter()
            .chain(self.round.iter().copied())
            .collect()
    }

    /// Begins a round: all rings, those of announced sources first. A reactor may have heard the
    /// announcement in our place, so the others can have something as well.
    fn begin(&mut self, announced: &[u64]) {
        let announced = announced.iter().filter_map(|at| usize::try_from(*at).ok());
        let mut order: Vec<usize> = announced.collect();
        let others = (0..self.sources.len()).filter(|at| !order.contains(at));
        order.extend(others.collect::<Vec<_>>());
        for number in order {
            if let Some(source) = self.sources.get_mut(number) {
                let rings = 0..source.begin();
                self.round.extend(rings.map(|ring| (number, ring)));
            }
        }
    }
}

impl<T: 'static> EventReader<T> {
    /// The same events as another type, so that several readers can be read
    /// [together](Self::and).
    #[must_use]
    pub fn map<U: 'static>(
        self,
        change: impl FnMut(T) -> U + Send + Clone + 'static,
    ) -> EventReader<U> {
        let sources = self.sources.into_iter();
        EventReader {
            sources: sources.map(|source| source.map(change.clone())).collect(),
            waiter: self.waiter,
            round: self.round,
            current: self.current,
        }
    }

    /// Reads the events of both, those first that were announced first.
    ///
    /// ```no_run
    /// # use bcc_runtime::{Result, map::{PerfEventArray, RingBuf}};
    /// # use std::time::Duration;
    /// enum Any {
    ///     Open(u64),
    ///     Close(u32),
    /// }
    ///
    /// # fn show(opens: &PerfEventArray<u64>, closes: &RingBuf<u32>) -> Result<()> {
    /// let opens = opens.reader()?.map(Any::Open);
    /// let closes = closes.reader()?.map(Any::Close);
    /// let mut both = opens.and(closes)?;
    /// while let Some(event) = both.next_timeout(Duration::from_secs(1))? {
    ///     match event.record() {
    ///         Some(Any::Open(at)) => println!("opened at {at}"),
    ///         Some(Any::Close(fd)) => println!("closed {fd}"),
    ///         None => {}
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If there is no room for another descriptor.
    pub fn and(self, other: Self) -> Result<Self> {
        // What either has begun to read goes on.
        let (first, mut second) = (self.unfinished(), other.unfinished());
        let mut sources = self.sources;
        for (number, _) in &mut second {
            *number += sources.len();
        }
        sources.extend(other.sources);
        let mut both = Self::of(sources)?;
        both.round = first.into_iter().chain(second).collect();
        Ok(both)
    }
}

impl<T> AsFd for EventReader<T> {
    /// Readable when there may be events: wait for it and then take all of
    /// [`try_iter`](EventReader::try_iter).
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.waiter.as_fd()
    }
}

impl<T> AsRawFd for EventReader<T> {
    /// As [`as_fd`](AsFd::as_fd).
    fn as_raw_fd(&self) -> RawFd {
        self.waiter.as_fd().as_raw_fd()
    }
}

impl<T> fmt::Debug for EventReader<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let maps: Vec<_> = self.sources.iter().map(Source::name).collect();
        f.debug_tuple("EventReader").field(&maps).finish()
    }
}
