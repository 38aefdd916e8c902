//! Events from programs to this process: `BPF_PERF_OUTPUT`.
//!
//! In: a callback for the type the program text submits, or a wish for a reader. Out: the callback
//! gets each event while `Bpf::perf_buffer_poll` runs, or the reader when it is asked.

use super::perf_opts::{LostCallback, PerfBufferOpts};
use super::raw::RawMap;
use super::{FromMap, MapSource};
use crate::decode::{self, Data};
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::events::{
    Buffer, Counters, EventReader, Events, Flush, Inbox, IntoControl, Rings, Source, batched,
    one_by_one,
};
use crate::perf_ring;
use crate::sys::ring::{Handler, PerfBuffer, Record};
use crate::sys::ringbuf::RingBuffer;
use libbpf_rs::MapType;
use std::fmt;
use std::marker::PhantomData;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

/// A map through which programs send events of type `E`: `BPF_PERF_OUTPUT`.
///
/// For events of type [`Bytes`](super::Bytes) the callback gets a slice, which the kernel pads: it
/// can be up to seven bytes longer than what was submitted.
///
/// Clones share the buffer.
///
/// Minimum kernel: 4.4.
pub struct PerfEventArray<E> {
    pub(super) raw: Arc<RawMap>,
    events: Arc<Events>,
    counters: Arc<Counters>,
    types: PhantomData<fn() -> E>,
}

impl<E: Data> PerfEventArray<E> {
    /// Opens a buffer on each online CPU, of the default [size](PerfBufferOpts); `callback` gets the CPU
    /// and the event. bcc's `open_perf_buffer`.
    ///
    /// The callback runs in the thread that polls. It returns nothing, or a
    /// [`ControlFlow`](std::ops::ControlFlow) that [can end the poll](crate::Bpf::stopped). Opening a
    /// buffer again replaces the callback. A CPU that comes online later has no buffer: there
    /// `perf_submit` fails with `-ENOENT` until the buffer is opened again.
    ///
    /// # Errors
    /// If the kernel refuses, mostly for want of rights or memory.
    pub fn open_perf_buffer<R: IntoControl>(
        &mut self,
        callback: impl FnMut(u32, &E::View) -> R + Send + 'static,
    ) -> Result<()> {
        self.open_perf_buffer_with_opts(PerfBufferOpts::new(), callback)
    }

    /// Opens a buffer with the given options.
    ///
    /// # Errors
    /// `InvalidInput` if the number of pages is not a power of two or no event would wake a
    /// reader; `AlreadyExists` if the map has a reader; otherwise if the kernel refuses, mostly for
    /// want of rights or memory.
    pub fn open_perf_buffer_with_opts<R: IntoControl>(
        &mut self,
        opts: PerfBufferOpts,
        mut callback: impl FnMut(u32, &E::View) -> R + Send + 'static,
    ) -> Result<()> {
        self.open_decoding(opts, move |cpu, bytes| {
            E::visit(bytes, |event| callback(cpu, event).into_control())
        })
    }

    /// Opens a buffer whose callback also gets the bytes behind the event, as `perf_submit_skb`
    /// sends them: the beginning of the packet.
    ///
    /// The kernel pads what it sends, so there can be up to seven bytes more than submitted: an
    /// event that says how many there are is of use.
    ///
    /// # Errors
    /// As [`open_perf_buffer_with_opts`](Self::open_perf_buffer_with_opts).
    pub fn open_perf_buffer_with_rest<R: IntoControl>(
        &mut self,
        opts: PerfBufferOpts,
        mut callback: impl FnMut(u32, &E::View, &[u8]) -> R + Send + 'static,
    ) -> Result<()> {
        self.open_decoding(opts, move |cpu, bytes| {
            let rest = E::SIZE.and_then(|size| bytes.get(size..)).unwrap_or(&[]);
            E::visit(bytes, |event| callback(cpu, event, rest).into_control())
        })
    }

    /// Opens a buffer with a callback that gets many events of one CPU at once: all that are there, in
    /// parts of up to 1024, as a slice of copies.
    ///
    /// For work that costs less for many than for each of them, such as a lock, a channel or a
    /// write to a file. Nothing waits for others to come: what one poll finds it hands over. Losses
    /// are told at once, so maybe before events that came earlier.
    ///
    /// # Errors
    /// As [`open_perf_buffer_with_opts`](Self::open_perf_buffer_with_opts).
    pub fn open_perf_buffer_batched<R: IntoControl>(
        &mut self,
        opts: PerfBufferOpts,
        mut callback: impl FnMut(u32, &[E::Owned]) -> R + Send + 'static,
    ) -> Result<()> {
        let decode = |bytes: &[u8]| decode::prefix::<E>(bytes);
        let callback = move |cpu, events: &[_]| callback(cpu, events).into_control();
        let (take, flush) = batched(&self.counters, decode, callback);
        self.open(opts, take, Some(flush))
    }

    /// Opens a buffer that is read without a callback: with a wait, for what is there, or by an
    /// asynchronous task; see [`EventReader`].
    ///
    /// A callback that the map has is dropped. The buffer is closed with the reader.
    ///
    /// # Errors
    /// `AlreadyExists` if the map has a reader; otherwise if the kernel refuses, mostly for want of
    /// rights or memory.
    pub fn reader(&self) -> Result<EventReader<E::Owned>> {
        self.reader_with_opts(PerfBufferOpts::new())
    }

    /// Opens a buffer with the given options that is read without a callback.
    ///
    /// # Errors
    /// As [`reader`](Self::reader), and `InvalidInput` for options that cannot be. A callback for
    /// losses cannot: they come between the events.
    pub fn reader_with_opts(&self, opts: PerfBufferOpts) -> Result<EventReader<E::Owned>> {
        self.reader_decoding(opts, |_cpu, bytes| decode::prefix::<E>(bytes))
    }

    /// Opens a buffer whose reader also gives the CPU of each event, as callbacks have it.
    ///
    /// # Errors
    /// As [`reader_with_opts`](Self::reader_with_opts).
    pub fn reader_with_cpu(&self, opts: PerfBufferOpts) -> Result<EventReader<(u32, E::Owned)>> {
        self.reader_decoding(opts, |cpu, bytes| Some((cpu, decode::prefix::<E>(bytes)?)))
    }
}

impl<E> PerfEventArray<E> {
    /// Opens a buffer; `decode` says whether to go on, and nothing of an event that has too few bytes.
    pub(crate) fn open_decoding(
        &mut self,
        opts: PerfBufferOpts,
        decode: impl FnMut(u32, &[u8]) -> Option<ControlFlow<()>> + Send + 'static,
    ) -> Result<()> {
        self.open(opts, one_by_one(&self.counters, decode), None)
    }

    /// The same where `take` counts the records, and may put events aside for `flush` to hand over.
    fn open(
        &mut self,
        opts: PerfBufferOpts,
        take: impl FnMut(u32, &[u8]) -> ControlFlow<()> + Send + 'static,
        flush: Option<Flush>,
    ) -> Result<()> {
        opts.check()?;
        self.check_ring(&opts)?;
        self.events.check_unclaimed(self.name())?;
        // Closing a buffer removes its entries from the map, so it cannot happen after the new one
        // has put its own there.
        self.close_perf_buffer();
        let latency = self.latency(&opts);
        let rings = self.open_rings(opts, |on_lost| self.handler(on_lost, take))?;
        self.events.add(Buffer {
            map: self.name().to_owned(),
            lost_before: if self.is_ring() {
                0
            } else {
                self.counters.lost()
            },
            rings,
            latency,
            counters: Arc::clone(&self.counters),
            flush,
        })
    }

    /// Opens a buffer for a reader; `decode` gives nothing for an event that has too few bytes.
    pub(crate) fn reader_decoding<T>(
        &self,
        opts: PerfBufferOpts,
        decode: impl FnMut(u32, &[u8]) -> Option<T> + Send + 'static,
    ) -> Result<EventReader<T>> {
        opts.check()?;
        opts.check_for_reader()?;
        let claim = self.events.claim(self.name())?;
        self.events.close(self.name());
        let (inbox, latency) = (Inbox::default(), self.latency(&opts));
        let rings = self.open_rings(opts, |_| inbox.perf_handler())?;
        let source = Source::new(rings, claim, inbox, &self.counters, latency, decode);
        EventReader::new(source)
    }

    fn open_rings(
        &self,
        opts: PerfBufferOpts,
        handler: impl FnOnce(Option<LostCallback>) -> Handler,
    ) -> Result<Rings> {
        let sizes = opts.sizes();
        let handler = handler(opts.on_lost);
        if self.is_ring() {
            return self.open_ring(handler);
        }
        let map = Arc::clone(self.raw.fd());
        let buffer = PerfBuffer::open(map, &sizes, handler).with_context(|| {
            let name = self.name();
            let pages = sizes.last().map_or(0, |size| size.pages);
            format!("failed to open a perf buffer of {pages} pages per CPU for map `{name}`")
        })?;
        Ok(Rings::Perf(buffer))
    }

    /// Opens the ring buffer that carries the events, each behind the number of its CPU.
    fn open_ring(&self, mut handler: Handler) -> Result<Rings> {
        let unwrap = move |record: &[u8]| {
            // Only our own C writes to it.
            match perf_ring::split(record) {
                Some((cpu, event)) => handler(cpu, Record::Sample(event)),
                None => ControlFlow::Continue(()),
            }
        };
        let ring = RingBuffer::open(Arc::clone(self.raw.fd()), Box::new(unwrap))
            .with_context(|| format!("failed to open the ring buffer of map `{}`", self.name()))?;
        Ok(Rings::Ring(ring, self.events.losses_of(self.name())))
    }

    /// How long events may wait without being announced. Those of a ring buffer do, whatever a perf
    /// buffer would do.
    fn latency(&self, opts: &PerfBufferOpts) -> Option<Duration> {
        if self.is_ring() {
            return Some(opts.latency);
        }
        opts.waits()
    }

    fn check_ring(&self, opts: &PerfBufferOpts) -> Result<()> {
        if !self.is_ring() || opts.on_lost.is_none() {
            return Ok(());
        }
        let text = format!(
            "map `{}` is a ring buffer, by `perf_over_ring`, of which no CPU tells what it has lost; ask \
             `lost()`, or use a reader, whose losses come as `Event::Lost`",
            self.name()
        );
        Err(Error::new(ErrorKind::InvalidInput, text))
    }

    /// Whether the events come over a ring buffer, by
    /// [`Builder::perf_over_ring`](crate::Builder::perf_over_ring).
    #[must_use]
    pub fn is_ring(&self) -> bool {
        self.counters.is_carried()
    }

    fn handler(
        &self,
        mut on_lost: Option<LostCallback>,
        mut take: impl FnMut(u32, &[u8]) -> ControlFlow<()> + Send + 'static,
    ) -> Handler {
        let counters = Arc::clone(&self.counters);
        Box::new(move |cpu, record| match record {
            Record::Sample(bytes) => take(cpu, bytes),
            Record::Lost(count) => {
                counters.add_lost(count);
                match &mut on_lost {
                    Some(on_lost) => on_lost(cpu, count),
                    None => ControlFlow::Continue(()),
                }
            }
        })
    }

    /// Closes the buffer and tells whether it was open. Events in it are dropped.
    pub fn close_perf_buffer(&mut self) -> bool {
        self.events.close(self.raw.name())
    }

    /// How many events did not fit into the buffers since the program was loaded.
    ///
    /// Exact since Linux 6.0; before, the kernel reports a loss together with the next event that
    /// fits, as it still does to [`PerfBufferOpts::on_lost`]. In a callback, and while another thread
    /// polls, it is what was known when it was last asked or reported.
    #[must_use]
    pub fn lost(&self) -> u64 {
        if self.is_ring() {
            let losses = self.events.losses_of(self.name());
            return losses.map_or(0, |losses| losses.total());
        }
        let now = self.events.lost_of(self.raw.name());
        now.unwrap_or_else(|| self.counters.lost())
    }

    /// How many events were too short for `E`; polling returned an error for them.
    #[must_use]
    pub fn malformed(&self) -> u64 {
        self.counters.malformed()
    }

    /// The map's name in the program text.
    #[must_use]
    pub fn name(&self) -> &str {
        self.raw.name()
    }
}

impl<E> Clone for PerfEventArray<E> {
    fn clone(&self) -> Self {
        Self {
            raw: Arc::clone(&self.raw),
            events: Arc::clone(&self.events),
            counters: Arc::clone(&self.counters),
            types: PhantomData,
        }
    }
}

impl<E> fmt::Debug for PerfEventArray<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.raw.name();
        f.debug_tuple("PerfEventArray").field(&name).finish()
    }
}

impl<E: Data> FromMap for PerfEventArray<E> {
    fn from_map(source: &MapSource<'_>) -> Result<Self> {
        let counters = source.events.counters_of(source.raw.name());
        let kind = if counters.is_carried() {
            MapType::RingBuf
        } else {
            MapType::PerfEventArray
        };
        Ok(Self {
            raw: source.open(&[kind])?,
            events: Arc::clone(source.events),
            counters,
            types: PhantomData,
        })
    }
}
