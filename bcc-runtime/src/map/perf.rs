//! Events from programs to this process: `BPF_PERF_OUTPUT`.
//!
//! In: a callback for the type the program text submits. Out: the callback gets each event while
//! `Bpf::perf_buffer_poll` runs.

use super::raw::RawMap;
use super::{FromMap, MapSource};
use crate::decode::Data;
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::events::{Buffer, Counters, Events, Rings};
use crate::sys::ring::{Handler, PerfBuffer, Record};
use libbpf_rs::MapType;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// A map through which programs send events of type `E`.
///
/// For events of type [`Bytes`](super::Bytes) the callback gets a slice, which the kernel pads: it
/// can be up to seven bytes longer than what was submitted.
///
/// Clones share the buffer.
pub struct PerfEventArray<E> {
    pub(super) raw: Arc<RawMap>,
    events: Arc<Events>,
    counters: Arc<Counters>,
    types: PhantomData<fn() -> E>,
}

/// How to open a perf buffer.
pub struct PerfBufferOpts {
    pages: usize,
    wakeup_events: u32,
    on_lost: Option<LostCallback>,
}

type LostCallback = Box<dyn FnMut(u32, u64) + Send>;

impl PerfBufferOpts {
    /// What [`PerfEventArray::open_perf_buffer`] uses: 8 pages, and a wake-up for each event.
    #[must_use]
    pub fn new() -> Self {
        Self {
            pages: 8,
            wakeup_events: 1,
            on_lost: None,
        }
    }

    /// Memory for each CPU in pages, a power of two; 8 by default. bcc's `page_cnt`.
    #[must_use]
    pub fn pages(mut self, pages: usize) -> Self {
        self.pages = pages;
        self
    }

    /// How many events of a CPU end a wait; 1 by default, as in bcc. With more, fewer events than
    /// that are handed over when the wait's time is up.
    #[must_use]
    pub fn wakeup_events(mut self, count: u32) -> Self {
        self.wakeup_events = count;
        self
    }

    /// Called with the CPU and the number of events that did not fit. Losses are counted in
    /// [`PerfEventArray::lost`] anyway. bcc's `lost_cb`.
    #[must_use]
    pub fn on_lost(mut self, callback: impl FnMut(u32, u64) + Send + 'static) -> Self {
        self.on_lost = Some(Box::new(callback));
        self
    }

    fn check(&self) -> Result<()> {
        let pages = self.pages;
        let text = if !pages.is_power_of_two() {
            // The power of two above it, unless there is none.
            let better = pages.checked_next_power_of_two().unwrap_or(8).max(8);
            format!(
                "the pages of a perf buffer must be a power of two, not {pages}; try `.pages({better})`"
            )
        } else if self.wakeup_events == 0 {
            "`wakeup_events` must be at least 1: after 0 events no reader would wake up".to_owned()
        } else {
            return Ok(());
        };
        Err(Error::new(ErrorKind::InvalidInput, text))
    }
}

impl Default for PerfBufferOpts {
    fn default() -> Self {
        Self::new()
    }
}

impl<E: Data> PerfEventArray<E> {
    /// Opens a buffer of 8 pages on each online CPU; `callback` gets the CPU and the event. bcc's
    /// `open_perf_buffer`.
    ///
    /// The callback runs in the thread that polls. Opening a buffer again replaces the callback. A
    /// CPU that comes online later has no buffer: there `perf_submit` fails with `-ENOENT` until
    /// the buffer is opened again.
    ///
    /// # Errors
    /// If the kernel refuses, mostly for want of rights or memory.
    pub fn open_perf_buffer(
        &mut self,
        callback: impl FnMut(u32, &E::View) + Send + 'static,
    ) -> Result<()> {
        self.open_perf_buffer_with_opts(PerfBufferOpts::new(), callback)
    }

    /// Opens a buffer with the given options.
    ///
    /// # Errors
    /// `InvalidInput` if the number of pages is not a power of two or no event would wake a
    /// reader; otherwise if the kernel refuses, mostly for want of rights or memory.
    pub fn open_perf_buffer_with_opts(
        &mut self,
        opts: PerfBufferOpts,
        mut callback: impl FnMut(u32, &E::View) + Send + 'static,
    ) -> Result<()> {
        self.open_decoding(opts, move |cpu, bytes| {
            E::visit(bytes, |event| callback(cpu, event))
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
    pub fn open_perf_buffer_with_rest(
        &mut self,
        opts: PerfBufferOpts,
        mut callback: impl FnMut(u32, &E::View, &[u8]) + Send + 'static,
    ) -> Result<()> {
        self.open_decoding(opts, move |cpu, bytes| {
            let rest = E::SIZE.and_then(|size| bytes.get(size..)).unwrap_or(&[]);
            E::visit(bytes, |event| callback(cpu, event, rest))
        })
    }
}

impl<E> PerfEventArray<E> {
    /// Opens a buffer; `decode` says whether an event has enough bytes.
    pub(crate) fn open_decoding(
        &mut self,
        opts: PerfBufferOpts,
        decode: impl FnMut(u32, &[u8]) -> bool + Send + 'static,
    ) -> Result<()> {
        opts.check()?;
        // Closing a buffer removes its entries from the map, so it cannot happen after the new one
        // has put its own there.
        self.close_perf_buffer();
        let (pages, wakeup) = (opts.pages, opts.wakeup_events);
        let handler = self.handler(opts.on_lost, decode);
        let map = Arc::clone(self.raw.fd());
        let rings = PerfBuffer::open(map, pages, wakeup, handler).with_context(|| {
            let name = self.name();
            format!("failed to open a perf buffer of {pages} pages per CPU for map `{name}`")
        })?;
        self.events.add(Buffer {
            map: self.name().to_owned(),
            rings: Rings::Perf(rings),
            batched: wakeup > 1,
            counters: Arc::clone(&self.counters),
            lost_before: self.counters.lost(),
        });
        Ok(())
    }

    fn handler(
        &self,
        mut on_lost: Option<LostCallback>,
        mut decode: impl FnMut(u32, &[u8]) -> bool + Send + 'static,
    ) -> Handler {
        let counters = Arc::clone(&self.counters);
        Box::new(move |cpu, record| match record {
            Record::Sample(bytes) => {
                counters.add_handled();
                if !decode(cpu, bytes) {
                    counters.add_malformed(bytes.len());
                }
            }
            Record::Lost(count) => {
                counters.add_lost(count);
                if let Some(on_lost) = &mut on_lost {
                    on_lost(cpu, count);
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
    /// fits, as it still does to [`PerfBufferOpts::on_lost`].
    #[must_use]
    pub fn lost(&self) -> u64 {
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

impl fmt::Debug for PerfBufferOpts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PerfBufferOpts")
            .field("pages", &self.pages)
            .field("wakeup_events", &self.wakeup_events)
            .finish_non_exhaustive()
    }
}

impl<E: Data> FromMap for PerfEventArray<E> {
    fn from_map(source: &MapSource<'_>) -> Result<Self> {
        Ok(Self {
            raw: source.open(&[MapType::PerfEventArray])?,
            events: Arc::clone(source.events),
            counters: Arc::default(),
            types: PhantomData,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Page counts that the kernel could not map are refused with a better one.
    #[test]
    fn checks_options() {
        for (pages, better) in [(0, 8), (3, 8), (12, 16), (usize::MAX, 8)] {
            let error = PerfBufferOpts::new().pages(pages).check().unwrap_err();
            let expected = format!(
                "the pages of a perf buffer must be a power of two, not {pages}; try `.pages({better})`"
            );
            assert_eq!(error.to_string(), expected);
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
        }
        assert!(PerfBufferOpts::new().wakeup_events(0).check().is_err());
        assert!(PerfBufferOpts::new().pages(1).check().is_ok());
    }
}
