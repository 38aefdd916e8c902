//! Events from programs to this process in one order: `BPF_RINGBUF_OUTPUT`.
//!
//! In: a callback for the type the program text submits. Out: the callback gets each event while
//! `Bpf::ring_buffer_poll` runs.

use super::raw::RawMap;
use super::ringbuf_opts::RingBufferOpts;
use super::{FromMap, MapSource};
use crate::decode::{self, Data};
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::events::{
    Buffer, Counters, EventReader, Events, Flush, Inbox, IntoControl, Rings, Source, batched,
    one_by_one,
};
use crate::sys::ringbuf::{Handler, RingBuffer};
use libbpf_rs::MapType;
use std::fmt;
use std::marker::PhantomData;
use std::ops::ControlFlow;
use std::sync::Arc;

/// A ring buffer, shared by all CPUs, through which programs send events of type `E`.
///
/// What does not fit is refused inside the program, where `ringbuf_reserve` gives `NULL` and
/// `ringbuf_output` an error; the kernel keeps no count, but [the program does](Self::lost).
///
/// A reader that waits is woken once a quarter of the buffer is full, unless the program asks for
/// something else with flags or [`Builder::batch_wakeups`](crate::Builder::batch_wakeups) is off;
/// and it looks by itself every 100 ms, or as [`RingBufferOpts::latency`] says, so that no event
/// waits longer.
///
/// The size is that of the program text, in pages, or that of
/// [`Builder::max_entries`](crate::Builder::max_entries), in bytes: rounded up to a power of two and
/// to at least a page.
///
/// Clones share the buffer.
///
/// Minimum kernel: 5.8.
pub struct RingBuf<E> {
    pub(super) raw: Arc<RawMap>,
    events: Arc<Events>,
    counters: Arc<Counters>,
    types: PhantomData<fn() -> E>,
}

impl<E: Data> RingBuf<E> {
    /// Opens the ring buffer; `callback` gets each event. bcc's `open_ring_buffer`.
    ///
    /// The callback runs in the thread that polls. It returns nothing, or a
    /// [`ControlFlow`] that [can end the poll](crate::Bpf::stopped). Opening it again replaces the
    /// callback.
    ///
    /// # Errors
    /// If the kernel refuses, mostly for want of rights or memory.
    pub fn open_ring_buffer<R: IntoControl>(
        &mut self,
        callback: impl FnMut(&E::View) -> R + Send + 'static,
    ) -> Result<()> {
        self.open_ring_buffer_with_opts(RingBufferOpts::new(), callback)
    }

    /// Opens the ring buffer with the given options.
    ///
    /// # Errors
    /// As [`open_ring_buffer`](Self::open_ring_buffer).
    pub fn open_ring_buffer_with_opts<R: IntoControl>(
        &mut self,
        opts: RingBufferOpts,
        mut callback: impl FnMut(&E::View) -> R + Send + 'static,
    ) -> Result<()> {
        self.open_decoding(opts, move |bytes| {
            E::visit(bytes, |event| callback(event).into_control())
        })
    }

    /// Opens the ring buffer with a callback that gets many events at once: all that are there, in
    /// parts of up to 1024, as a slice of copies.
    ///
    /// For work that costs less for many than for each of them, such as a lock, a channel or a
    /// write to a file. Nothing waits for others to come: what one poll finds it hands over.
    ///
    /// ```no_run
    /// # use bcc_runtime::{Result, map::{RingBuf, RingBufferOpts}};
    /// # use std::sync::{Arc, Mutex};
    /// # fn show(mut events: RingBuf<u64>, log: Arc<Mutex<Vec<u64>>>) -> Result<()> {
    /// events.open_ring_buffer_batched(RingBufferOpts::new(), move |events: &[u64]| {
    ///     log.lock().unwrap().extend_from_slice(events);
    /// })
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`open_ring_buffer`](Self::open_ring_buffer).
    pub fn open_ring_buffer_batched<R: IntoControl>(
        &mut self,
        opts: RingBufferOpts,
        mut callback: impl FnMut(&[E::Owned]) -> R + Send + 'static,
    ) -> Result<()> {
        let decode = |bytes: &[u8]| decode::prefix::<E>(bytes);
        let callback = move |_cpu, events: &[_]| callback(events).into_control();
        let (take, flush) = batched(&self.counters, decode, callback);
        self.open(opts, take, Some(flush))
    }

    /// Opens the ring buffer to be read without a callback: with a wait, for what is there, or by
    /// an asynchronous task; see [`EventReader`].
    ///
    /// A callback that the map has is dropped. What is not read stays in the buffer.
    ///
    /// # Errors
    /// `AlreadyExists` if the map has a reader; otherwise if the kernel refuses, mostly for want of
    /// rights or memory.
    pub fn reader(&self) -> Result<EventReader<E::Owned>> {
        self.reader_with_opts(RingBufferOpts::new())
    }

    /// Opens the ring buffer with the given options to be read without a callback.
    ///
    /// # Errors
    /// As [`reader`](Self::reader).
    pub fn reader_with_opts(&self, opts: RingBufferOpts) -> Result<EventReader<E::Owned>> {
        self.reader_decoding(opts, |bytes| decode::prefix::<E>(bytes))
    }
}

impl<E> RingBuf<E> {
    /// Opens the ring buffer; `decode` says whether to go on, and nothing of an event that has too few
    /// bytes.
    pub(crate) fn open_decoding(
        &mut self,
        opts: RingBufferOpts,
        mut decode: impl FnMut(&[u8]) -> Option<ControlFlow<()>> + Send + 'static,
    ) -> Result<()> {
        let take = one_by_one(&self.counters, move |_cpu, bytes| decode(bytes));
        self.open(opts, take, None)
    }

    /// The same where `take` counts the records, and may put events aside for `flush` to hand over.
    fn open(
        &mut self,
        opts: RingBufferOpts,
        mut take: impl FnMut(u32, &[u8]) -> ControlFlow<()> + Send + 'static,
        flush: Option<Flush>,
    ) -> Result<()> {
        self.events.check_unclaimed(self.name())?;
        self.close_ring_buffer();
        let handler = Box::new(move |bytes: &[u8]| take(0, bytes));
        let ring = self.open_ring(handler)?;
        self.events.add(Buffer {
            map: self.name().to_owned(),
            rings: Rings::Ring(ring, self.events.losses_of(self.name())),
            latency: Some(opts.latency),
            counters: Arc::clone(&self.counters),
            lost_before: 0,
            flush,
        })
    }

    /// Opens the ring buffer for a reader; `decode` gives nothing for an event that has too few
    /// bytes.
    pub(crate) fn reader_decoding<T>(
        &self,
        opts: RingBufferOpts,
        mut decode: impl FnMut(&[u8]) -> Option<T> + Send + 'static,
    ) -> Result<EventReader<T>> {
        let claim = self.events.claim(self.name())?;
        self.events.close(self.name());
        let inbox = Inbox::default();
        let ring = self.open_ring(inbox.ring_handler())?;
        let rings = Rings::Ring(ring, self.events.losses_of(self.name()));
        let (counters, latency) = (&self.counters, Some(opts.latency));
        let decode = move |_cpu, bytes: &[u8]| decode(bytes);
        EventReader::new(Source::new(rings, claim, inbox, counters, latency, decode))
    }

    fn open_ring(&self, handler: Handler) -> Result<RingBuffer> {
        RingBuffer::open(Arc::clone(self.raw.fd()), handler)
            .with_context(|| format!("failed to open the ring buffer of map `{}`", self.name()))
    }

    /// Closes the ring buffer and tells whether it was open. Events stay in it.
    pub fn close_ring_buffer(&mut self) -> bool {
        self.events.close(self.raw.name())
    }

    /// How many events did not fit into the buffer since the program was loaded: calls of
    /// `ringbuf_output` and `ringbuf_reserve` that failed. `None` if they are not counted, with
    /// [`Health::Off`](crate::health::Health::Off) or before Linux 5.5.
    ///
    /// Records that another program sends through the same map are that program's to count.
    #[must_use]
    pub fn lost(&self) -> Option<u64> {
        let losses = self.events.losses_of(self.name())?;
        Some(losses.total())
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

impl<E> Clone for RingBuf<E> {
    fn clone(&self) -> Self {
        Self {
            raw: Arc::clone(&self.raw),
            events: Arc::clone(&self.events),
            counters: Arc::clone(&self.counters),
            types: PhantomData,
        }
    }
}

impl<E> fmt::Debug for RingBuf<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RingBuf").field(&self.raw.name()).finish()
    }
}

impl<E: Data> FromMap for RingBuf<E> {
    fn from_map(source: &MapSource<'_>) -> Result<Self> {
        let counters = source.events.counters_of(source.raw.name());
        if counters.is_carried() {
            let name = source.raw.name();
            let text = format!(
                "map `{name}` is a `BPF_PERF_OUTPUT`, though it is carried over a ring buffer; open \
                 it as a `PerfEventArray`"
            );
            return Err(Error::new(ErrorKind::Layout, text));
        }
        counters.set_ring();
        Ok(Self {
            raw: source.open(&[MapType::RingBuf])?,
            events: Arc::clone(source.events),
            counters,
            types: PhantomData,
        })
    }
}
