//! How to open a perf buffer: its size, and when its reader is woken.

use crate::error::{Error, ErrorKind, Result};
use crate::events::LATENCY;
use crate::sys::machine::page_size;
use crate::sys::ring::Wakeup;
use std::fmt;
use std::time::Duration;

/// Memory for each CPU, unless the user says otherwise: what comes while a reader that was woken at a
/// quarter gets a CPU has to fit into the rest.
const PAGES: usize = 128;

/// How to open a perf buffer.
///
/// A reader that waits is not woken for each event, which would cost the traced programs and the
/// reader more than the events themselves, but once a quarter of a CPU's buffer is full; and it
/// looks by itself every 100 ms, so that no event waits longer.
///
/// A full buffer takes no new events, as in bcc: buffers that overwrite the oldest ones are written
/// backwards by the kernel, which libbpf does not read. For the last events only, let the program
/// keep them in a map.
///
/// Of a map that [`Builder::perf_over_ring`](crate::Builder::perf_over_ring) made a ring buffer, the size
/// and the wake-ups are set already: only the latency counts here, and [`on_lost`](Self::on_lost) is refused.
pub struct PerfBufferOpts {
    size: Size,
    wakeup: Option<Wakeup>,
    pub(super) latency: Duration,
    pub(super) on_lost: Option<LostCallback>,
}

pub(super) type LostCallback = Box<dyn FnMut(u32, u64) + Send>;

/// The size of a CPU's buffer.
#[derive(Clone, Copy, Debug)]
enum Size {
    Pages(usize),
    Bytes(usize),
}

impl PerfBufferOpts {
    /// What [`open_perf_buffer`](super::PerfEventArray::open_perf_buffer) uses: 128 pages, a wake-up
    /// for each quarter, and a latency of 100 ms.
    #[must_use]
    pub fn new() -> Self {
        Self {
            size: Size::Pages(PAGES),
            wakeup: None,
            latency: LATENCY,
            on_lost: None,
        }
    }

    /// Memory for each CPU in pages, a power of two; 128 by default. bcc's `page_cnt`, which
    /// is 8 by default: its reader is woken for each event, ours once a quarter has come.
    #[must_use]
    pub fn pages(mut self, pages: usize) -> Self {
        self.size = Size::Pages(pages);
        self
    }

    /// Memory for each CPU in bytes, rounded up to a power of two and to at least a page; instead
    /// of [`pages`](Self::pages).
    #[must_use]
    pub fn bytes(mut self, bytes: usize) -> Self {
        self.size = Size::Bytes(bytes);
        self
    }

    /// How many events of a CPU end a wait. 1 is what bcc has by default: a wake-up for each event.
    /// With more, fewer events than that are handed over after the [`latency`](Self::latency).
    #[must_use]
    pub fn wakeup_events(mut self, count: u32) -> Self {
        self.wakeup = Some(Wakeup::Events(count));
        self
    }

    /// How many bytes of a CPU end a wait, with the 8 to 16 that the kernel puts in front of each
    /// event; a quarter of the buffer by default.
    #[must_use]
    pub fn wakeup_bytes(mut self, count: u32) -> Self {
        self.wakeup = Some(Wakeup::Bytes(count));
        self
    }

    /// How long an event may be there without ending a wait; 100 ms by default. Of no matter with
    /// a wake-up for each event.
    #[must_use]
    pub fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// Called with the CPU and the number of events that did not fit. Losses are counted in
    /// [`lost`](super::PerfEventArray::lost) anyway. bcc's `lost_cb`.
    #[must_use]
    pub fn on_lost(mut self, callback: impl FnMut(u32, u64) + Send + 'static) -> Self {
        self.on_lost = Some(Box::new(callback));
        self
    }

    /// Pages for each CPU.
    pub(super) fn page_count(&self) -> usize {
        match self.size {
            Size::Pages(pages) => pages,
            Size::Bytes(bytes) => {
                let page = usize::try_from(page_size()).unwrap_or(4096);
                let pages = bytes.div_ceil(page).max(1);
                // What has no power of two above it is refused by the kernel.
                pages.checked_next_power_of_two().unwrap_or(pages)
            }
        }
    }

    pub(super) fn wakeup(&self) -> Wakeup {
        let quarter = self.page_count() as u64 * page_size() / 4;
        let quarter = u32::try_from(quarter).unwrap_or(u32::MAX);
        self.wakeup.unwrap_or(Wakeup::Bytes(quarter))
    }

    /// How long events may wait without being announced; `None` if each is.
    pub(super) fn waits(&self) -> Option<Duration> {
        (self.wakeup() != Wakeup::Events(1)).then_some(self.latency)
    }

    pub(super) fn check(&self) -> Result<()> {
        let text = match (self.size, self.wakeup) {
            (Size::Pages(pages), _) if !pages.is_power_of_two() => {
                // The power of two above it, unless there is none.
                let better = pages.checked_next_power_of_two().unwrap_or(8).max(8);
                format!(
                    "the pages of a perf buffer must be a power of two, not {pages}; try \
                     `.pages({better})`"
                )
            }
            (_, Some(Wakeup::Events(0) | Wakeup::Bytes(0))) => {
                let what = match self.wakeup {
                    Some(Wakeup::Bytes(_)) => "bytes",
                    Some(Wakeup::Events(_)) | None => "events",
                };
                format!(
                    "`wakeup_{what}` must be at least 1: after 0 {what} no reader would wake up"
                )
            }
            _ => return Ok(()),
        };
        Err(Error::new(ErrorKind::InvalidInput, text))
    }

    pub(super) fn check_for_reader(&self) -> Result<()> {
        if self.on_lost.is_none() {
            return Ok(());
        }
        let text = "a reader has no callback for losses: they come as `Event::Lost`";
        Err(Error::new(ErrorKind::InvalidInput, text))
    }
}

impl Default for PerfBufferOpts {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for PerfBufferOpts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PerfBufferOpts")
            .field("pages", &self.page_count())
            .field("wakeup", &self.wakeup())
            .field("latency", &self.latency)
            .finish_non_exhaustive()
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
        assert!(PerfBufferOpts::new().wakeup_bytes(0).check().is_err());
        assert!(PerfBufferOpts::new().pages(1).check().is_ok());
    }

    /// Bytes are rounded up; a quarter of that wakes the reader.
    #[test]
    fn rounds_sizes() {
        let page = usize::try_from(page_size()).unwrap();
        let pages = |bytes| PerfBufferOpts::new().bytes(bytes).page_count();
        assert_eq!(
            [pages(0), pages(1), pages(page), pages(page + 1)],
            [1, 1, 1, 2]
        );
        assert_eq!(pages(5 * page), 8);
        let quarter = u32::try_from(PAGES * page / 4).unwrap();
        assert_eq!(PerfBufferOpts::new().wakeup(), Wakeup::Bytes(quarter));
        assert_eq!(PerfBufferOpts::new().waits(), Some(LATENCY));
        assert_eq!(PerfBufferOpts::new().wakeup_events(1).waits(), None);
    }
}
