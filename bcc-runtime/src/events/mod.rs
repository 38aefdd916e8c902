//! Events of one program: the buffers that callbacks read together, and readers.
//!
//! In: buffers that maps open, and a wait. Out: each event goes to its map's callback; what is lost
//! or malformed is counted. A map with a reader of its own has no callback.

mod batch;
mod buffer;
mod control;
mod delivery;
mod reader;
mod round;
mod source;
#[cfg(feature = "tokio")]
mod stream;
mod wait;

pub(crate) use self::buffer::{Buffer, Counters, Rings};
pub use self::control::IntoControl;
pub(crate) use self::delivery::{Flush, batched, one_by_one};
pub use self::reader::{Event, EventReader};
pub(crate) use self::source::{Claim, Inbox, Source};
#[cfg(feature = "tokio")]
pub use self::stream::EventStream;

use self::round::Round;
use self::wait::{Waited, Waiter};
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::health::{EventsHealth, Failures, Losses};
use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

/// How long an event may wait that is not announced, unless the user says otherwise.
pub(crate) const LATENCY: Duration = Duration::from_millis(100);

/// The buffers of one `Bpf`.
#[derive(Debug, Default)]
pub(crate) struct Events {
    open: Mutex<Open>,
    /// Maps that have a reader.
    readers: Mutex<BTreeSet<String>>,
    /// What became of the events of each map that has a handle.
    counters: Mutex<BTreeMap<String, Arc<Counters>>>,
    /// What the programs count.
    failures: Arc<Failures>,
}

/// The buffers that callbacks read.
#[derive(Debug, Default)]
struct Open {
    buffers: Vec<(u64, Buffer)>,
    /// Made with the first buffer, or when somebody asks for its descriptor.
    waiter: Option<Waiter>,
    /// The number of the next buffer.
    next: u64,
    /// What a callback that ended a poll has left.
    round: Round,
}

impl Open {
    /// Hands over what is left of the round, and what is in these buffers now.
    fn read(&mut self, order: &[u64], unannounced: bool) -> Result<usize> {
        let ready = ready(&self.buffers, order, unannounced);
        self.round.plan(ready);
        self.round.run(&mut self.buffers)
    }

    /// What waits, made for whoever comes first.
    fn waiter(&mut self) -> Result<&mut Waiter> {
        let waiter = match self.waiter.take() {
            Some(waiter) => waiter,
            None => Waiter::new().context(WAIT)?,
        };
        Ok(self.waiter.insert(waiter))
    }

    fn update_latency(&mut self) -> Result<()> {
        let latencies = self.buffers.iter();
        let shortest = latencies.filter_map(|(_, buffer)| buffer.latency).min();
        match &mut self.waiter {
            Some(waiter) => waiter.set_latency(shortest).context(WAIT),
            None => Ok(()),
        }
    }
}

const WAIT: &str = "failed to wait for events";

impl Events {
    pub(crate) fn new(failures: Failures) -> Self {
        Self {
            failures: Arc::new(failures),
            ..Self::default()
        }
    }

    /// What the programs count.
    pub(crate) fn failures(&self) -> &Failures {
        &self.failures
    }

    /// What the calls of a ring buffer's map have lost; `None` if that is not counted.
    pub(crate) fn losses_of(&self, map: &str) -> Option<Losses> {
        Losses::of_map(&self.failures, map)
    }

    /// What became of the events of a map, the same for all its handles.
    pub(crate) fn counters_of(&self, map: &str) -> Arc<Counters> {
        let mut counters = self.counters();
        Arc::clone(counters.entry(map.to_owned()).or_default())
    }

    /// What became of the events of all maps.
    pub(crate) fn health(&self) -> Vec<EventsHealth> {
        let maps: Vec<_> = self.counters().clone().into_iter().collect();
        let health = maps.into_iter().map(|(map, counters)| EventsHealth {
            lost: self.total_lost(&map, &counters),
            received: counters.handled(),
            malformed: counters.malformed(),
            map,
        });
        health.collect()
    }

    /// Events that a map has lost; `None` if nobody counts them.
    fn total_lost(&self, map: &str, counters: &Counters) -> Option<u64> {
        if counters.is_ring() {
            return self.losses_of(map).map(|losses| losses.total());
        }
        Some(self.lost_of(map).unwrap_or_else(|| counters.lost()))
    }

    /// Adds the buffer of a map.
    pub(crate) fn add(&self, buffer: Buffer) -> Result<()> {
        let mut open = self.lock();
        let number = open.next;
        open.next += 1;
        let rings = buffer.rings.as_fd();
        open.waiter()?.add(rings, number).context(WAIT)?;
        open.buffers.push((number, buffer));
        open.update_latency()
    }

    /// Closes the buffer of a map and tells whether it was open.
    pub(crate) fn close(&self, map: &str) -> bool {
        let mut open = self.lock();
        let before = open.buffers.len();
        open.buffers.retain(|(_, buffer)| {
            let stays = buffer.map != map;
            if !stays {
                buffer.update_lost();
            }
            stays
        });
        let closed = open.buffers.len() < before;
        // Without a new timer the old one goes on, which is as good.
        let _no_matter = open.update_latency();
        closed
    }

    /// Notes that a map has a reader, for as long as the claim is there.
    pub(crate) fn claim(self: &Arc<Self>, map: &str) -> Result<Claim> {
        if self.readers().insert(map.to_owned()) {
            Ok(Claim::new(self, map))
        } else {
            Err(has_reader(map))
        }
    }

    /// Whether a callback, or another reader, can have a map's events.
    pub(crate) fn check_unclaimed(&self, map: &str) -> Result<()> {
        if self.readers().contains(map) {
            Err(has_reader(map))
        } else {
            Ok(())
        }
    }

    fn release(&self, map: &str) {
        self.readers().remove(map);
    }

    /// Waits for events and hands them to the callbacks; returns how many there were. What a
    /// callback has left that ended the last poll is there already.
    pub(crate) fn poll(&self, timeout: Duration) -> Result<usize> {
        let open = &mut *self.lock();
        let left_over = open.round.run(&mut open.buffers)?;
        if open.buffers.is_empty() {
            return Err(nothing_open());
        }
        if left_over > 0 || open.round.stopped {
            return Ok(left_over);
        }
        // A time that far away never comes.
        let end = Instant::now().checked_add(timeout);
        loop {
            let left = end.map_or(Duration::MAX, |end| {
                end.saturating_duration_since(Instant::now())
            });
            let waited = open.waiter()?.wait(left).context(WAIT)?;
            let Waited::Ready { order, ticked } = waited else {
                return Ok(0);
            };
            let over = left.is_zero() || order.is_empty() && !ticked;
            let handled = open.read(&order, ticked || over)?;
            if handled > 0 || over || open.round.stopped {
                return Ok(handled);
            }
        }
    }

    /// A descriptor that can be read when a buffer may have something, those opened later included.
    pub(crate) fn descriptor(&self) -> Result<OwnedFd> {
        let mut open = self.lock();
        let fd = open.waiter()?.as_fd().try_clone_to_owned();
        fd.context("failed to duplicate the descriptor of the events")
    }

    /// Hands over what is in the buffers now, without waiting.
    pub(crate) fn consume(&self) -> Result<usize> {
        let open = &mut *self.lock();
        if open.buffers.is_empty() {
            return Err(nothing_open());
        }
        // All are read anyway; this takes note of the timer, so that the descriptor is no longer
        // readable.
        open.waiter()?.wait(Duration::ZERO).context(WAIT)?;
        let all: Vec<_> = open.buffers.iter().map(|(number, _)| *number).collect();
        open.read(&all, false)
    }

    /// Whether a callback has ended the last poll.
    pub(crate) fn stopped(&self) -> bool {
        self.lock().round.stopped
    }

    /// Events lost by all maps.
    pub(crate) fn lost(&self) -> u64 {
        let health = self.health();
        health.iter().filter_map(|events| events.lost).sum()
    }

    /// Events lost by one map since it was loaded; `None` if its buffer is not open, or just read: a
    /// callback may ask.
    pub(crate) fn lost_of(&self, map: &str) -> Option<u64> {
        let open = match self.open.try_lock() {
            Ok(open) => open,
            Err(TryLockError::Poisoned(open)) => open.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        let mut buffers = open.buffers.iter();
        let (_, buffer) = buffers.find(|(_, buffer)| buffer.map == map)?;
        Some(buffer.update_lost())
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        // A callback that panics leaves the list as it was.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn counters(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Counters>>> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn readers(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The buffers that are announced, in that order, and at times those that may hold more than that.
fn ready<'a>(
    buffers: &'a [(u64, Buffer)],
    order: &[u64],
    unannounced: bool,
) -> impl Iterator<Item = &'a (u64, Buffer)> {
    let place = |number| order.iter().position(|ready| *ready == number);
    let mut chosen: Vec<_> = buffers
        .iter()
        .filter_map(|open| match place(open.0) {
            Some(place) => Some((place, open)),
            None if unannounced && open.1.latency.is_some() => Some((usize::MAX, open)),
            None => None,
        })
        .collect();
    chosen.sort_by_key(|(place, _)| *place);
    chosen.into_iter().map(|(_, open)| open)
}

fn too_short(map: &str, size: usize) -> Error {
    let text = format!(
        "an event of map `{map}` has {size} bytes, too few for its type; submit a whole struct"
    );
    Error::new(ErrorKind::Decode, text)
}

fn has_reader(map: &str) -> Error {
    let text = format!("map `{map}` has a reader already; drop that one first");
    Error::new(ErrorKind::AlreadyExists, text)
}

fn nothing_open() -> Error {
    Error::new(
        ErrorKind::InvalidInput,
        "no buffer of events is open; call `open_perf_buffer` or `open_ring_buffer` on their map first",
    )
}
