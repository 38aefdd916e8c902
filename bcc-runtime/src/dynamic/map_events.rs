//! Events of maps of a text that came at run time.
//!
//! In: a map, and a callback for what programs send through it. Out: the callback gets [`Value`]s.

use super::layout::Layout;
use super::map::{Handle, Layouts, Map};
use super::value::Value;
use crate::decode::Bytes;
use crate::error::Result;
use crate::events::{EventReader, IntoControl};
use crate::map::{PerfBufferOpts, PerfEventArray, RingBufferOpts};
use libbpf_rs::MapType;
use std::sync::Arc;

/// Events.
impl Map {
    /// Opens a perf buffer on each online CPU, of the default [size](PerfBufferOpts); `callback` gets
    /// the CPU and the event while [`Bpf::perf_buffer_poll`](crate::Bpf::perf_buffer_poll) runs, and
    /// [can end that](crate::Bpf::stopped). bcc's `open_perf_buffer`.
    ///
    /// Events of a type that is defined inside a function are [`Value::Bytes`].
    ///
    /// # Errors
    /// `InvalidInput` if the map is no `BPF_PERF_OUTPUT`; otherwise if the kernel refuses.
    pub fn open_perf_buffer<R: IntoControl>(
        &self,
        callback: impl FnMut(u32, &Value) -> R + Send + 'static,
    ) -> Result<()> {
        self.open_perf_buffer_with_opts(PerfBufferOpts::new(), callback)
    }

    /// Opens a perf buffer with the given options.
    ///
    /// # Errors
    /// As [`open_perf_buffer`](Self::open_perf_buffer), and for options that cannot be.
    pub fn open_perf_buffer_with_opts<R: IntoControl>(
        &self,
        opts: PerfBufferOpts,
        mut callback: impl FnMut(u32, &Value) -> R + Send + 'static,
    ) -> Result<()> {
        let layouts = Arc::clone(&self.layouts);
        let decode = move |cpu, bytes: &[u8]| {
            let event = layouts.event(bytes).ok()?;
            Some(callback(cpu, &event).into_control())
        };
        self.perf()?.clone().open_decoding(opts, decode)
    }

    /// Whether the events come over a ring buffer: those of `BPF_RINGBUF_OUTPUT`, and those of
    /// `BPF_PERF_OUTPUT` by [`Builder::perf_over_ring`](crate::Builder::perf_over_ring).
    #[must_use]
    pub fn is_ring(&self) -> bool {
        self.raw.kind() == MapType::RingBuf
    }

    /// Closes the perf buffer or ring buffer and tells whether it was open.
    #[expect(
        clippy::must_use_candidate,
        reason = "most callers know that it was open"
    )]
    pub fn close_buffer(&self) -> bool {
        match &self.handle {
            Handle::Perf(array) => array.clone().close_perf_buffer(),
            Handle::Ring(ring) => ring.clone().close_ring_buffer(),
            Handle::Plain | Handle::Stacks(_) => false,
        }
    }

    /// How many events did not fit into the perf buffer since the program was loaded; see
    /// [`PerfEventArray::lost`].
    ///
    /// # Errors
    /// `InvalidInput` if the map is no `BPF_PERF_OUTPUT`; a ring buffer keeps no count.
    pub fn lost(&self) -> Result<u64> {
        Ok(self.perf()?.lost())
    }

    /// Opens the ring buffer; `callback` gets each event while
    /// [`Bpf::ring_buffer_poll`](crate::Bpf::ring_buffer_poll) runs. bcc's `open_ring_buffer`.
    ///
    /// # Errors
    /// `InvalidInput` if the map is no `BPF_RINGBUF_OUTPUT`; otherwise if the kernel refuses.
    pub fn open_ring_buffer<R: IntoControl>(
        &self,
        callback: impl FnMut(&Value) -> R + Send + 'static,
    ) -> Result<()> {
        self.open_ring_buffer_with_opts(RingBufferOpts::new(), callback)
    }

    /// Opens the ring buffer with the given options.
    ///
    /// # Errors
    /// As [`open_ring_buffer`](Self::open_ring_buffer).
    pub fn open_ring_buffer_with_opts<R: IntoControl>(
        &self,
        opts: RingBufferOpts,
        mut callback: impl FnMut(&Value) -> R + Send + 'static,
    ) -> Result<()> {
        let Handle::Ring(ring) = &self.handle else {
            return Err(self.wrong_kind("is no ring buffer"));
        };
        let layouts = Arc::clone(&self.layouts);
        ring.clone().open_decoding(opts, move |bytes| {
            let event = layouts.event(bytes).ok()?;
            Some(callback(&event).into_control())
        })
    }

    /// Opens the perf buffer or ring buffer to be read without a callback.
    ///
    /// # Errors
    /// `InvalidInput` if the map carries no events, `AlreadyExists` if it has a reader; otherwise if
    /// the kernel refuses.
    pub fn reader(&self) -> Result<EventReader<Value>> {
        let layouts = Arc::clone(&self.layouts);
        let decode = move |bytes: &[u8]| layouts.event(bytes).ok();
        match &self.handle {
            Handle::Perf(array) => {
                array.reader_decoding(PerfBufferOpts::new(), move |_cpu, bytes| decode(bytes))
            }
            Handle::Ring(ring) => ring.reader_decoding(RingBufferOpts::new(), decode),
            Handle::Plain | Handle::Stacks(_) => Err(self.wrong_kind("carries no events")),
        }
    }

    fn perf(&self) -> Result<&PerfEventArray<Bytes>> {
        match &self.handle {
            Handle::Perf(array) => Ok(array),
            Handle::Plain | Handle::Ring(_) | Handle::Stacks(_) => {
                Err(self.wrong_kind("carries no events through perf buffers"))
            }
        }
    }
}

impl Layouts {
    /// An event; all its bytes if nothing with a known type is submitted.
    fn event(&self, bytes: &[u8]) -> Result<Value> {
        match &self.event {
            Layout::Bytes { size: 0 } => Ok(Value::Bytes(bytes.to_vec())),
            layout => layout.decode(bytes),
        }
    }
}
