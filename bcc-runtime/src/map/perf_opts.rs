//! How to open a perf buffer: its size, and when its reader is woken.

use crate::error::{Error, ErrorKind, Result};
use crate::events::{IntoControl, LATENCY};
use crate::sys::machine::{online_cpus, page_size};
use crate::sys::ring::{self, Wakeup};
use std::fmt;
use std::ops::ControlFlow;
use std::time::Duration;

/// The most bytes for each CPU, unless the user says otherwise: for a million and a half events of
/// 64 bytes a second they last 30 ms, in which a reader on a busy machine should get a CPU.
const MOST: usize = 4 << 20;
/// The least, which is also what the kernel lets each user have (`perf_event_mlock_kb`).
const LEAST: usize = 512 << 10;
/// What the CPUs share, as far as the least allows: with more of them, one is sooner free for the
/// reader.
const ALL: usize = 16 << 20;
/// The most bytes that end a wait, unless the user says otherwise: enough for what a wake-up costs
/// not to matter, and no more, since the rest has to last until the reader has a CPU.
const WAKEUP: usize = 256 << 10;

/// How to open a perf buffer.
///
/// A reader that waits is not woken for each event, which would cost the traced programs and the
/// reader more than the events themselves, but each time a CPU has written a quarter of its buffer,
/// at most 256 KiB; and it looks by itself every 100 ms, so that no event waits longer.
///
/// By default each online CPU has 4 MiB: at a million and a half events of 64 bytes a second they
/// last 30 ms. More than four CPUs share 16 MiB, but none has less than 512 KiB. It is the kernel's
/// memory, taken when the buffer is opened. Where that much is not to be had, as without
/// `CAP_IPC_LOCK` under a low `RLIMIT_MEMLOCK`, each has half of it, and so on down to 512 KiB; a
/// size that is asked for is had or refused.
///
/// A full buffer takes no new events, as in bcc: buffers that overwrite the oldest ones are written
/// backwards by the kernel, which libbpf does not read. For the last events only, let the program
/// keep them in a map.
///
/// Of a map that [`Builder::perf_over_ring`](crate::Builder::perf_over_ring) made a ring buffer, the
/// size and the wake-ups are set already: only the latency counts here, and
/// [`on_lost`](Self::on_lost) is refused.
pub struct PerfBufferOpts {
    size: Size,
    wakeup: Option<Wakeup>,
    pub(super) latency: Duration,
    pub(super) on_lost: Option<LostCallback>,
}

pub(super) type LostCallback = Box<dyn FnMut(u32, u64) -> ControlFlow<()> + Send>;

/// The size of a CPU's buffer.
#[derive(Clone, Copy, Debug)]
enum Size {
    /// As much as can be had of what is enough.
    Enough,
    Pages(usize),
    Bytes(usize),
}

impl PerfBufferOpts {
    /// What [`open_perf_buffer`](super::PerfEventArray::open_perf_buffer) uses: 4 MiB or
    /// [less](Self), a wake-up for each 256 KiB or quarter, and a latency of 100 ms.
    #[must_use]
    pub fn new() -> Self {
        Self {
            size: Size::Enough,
            wakeup: None,
            latency: LATENCY,
            on_lost: None,
        }
    }

    /// Memory for each CPU in pages, a power of two; by default 4 MiB or [less](Self). bcc's
    /// `page_cnt`, which is 8 by default: its reader is woken for each event.
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
    /// event; a quarter of the buffer by default, and at most 256 KiB.
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

    /// Called with the CPU and the number of events that did not fit; it
    /// [can end the poll](crate::Bpf::stopped) as callbacks for events can. Losses are counted in
    /// [`lost`](super::PerfEventArray::lost) anyway. bcc's `lost_cb`.
    #[must_use]
    pub fn on_lost<R: IntoControl>(
        mut self,
        mut callback: impl FnMut(u32, u64) -> R + Send + 'static,
    ) -> Self {
        self.on_lost = Some(Box::new(move |cpu, count| {
            callback(cpu, count).into_control()
        }));
        self
    }

    /// The sizes to try, the largest first.
    pub(super) fn sizes(&self) -> Vec<ring::Size> {
        let sizes = self.page_counts(online_cpus()).into_iter();
        let with_wakeup = sizes.map(|pages| ring::Size {
            pages,
            wakeup: self.wakeup(pages),
        });
        with_wakeup.collect()
    }

    /// Pages for each of so many CPUs.
    fn page_counts(&self, cpus: u64) -> Vec<usize> {
        match self.size {
            Size::Enough => {
                let cpus = usize::try_from(cpus).unwrap_or(usize::MAX).max(1);
                let share = (ALL / cpus).clamp(LEAST, MOST);
                let most = pages_of(1 << share.ilog2());
                let halves = std::iter::successors(Some(most), |pages| Some(pages / 2));
                halves
                    .take_while(|pages| *pages >= pages_of(LEAST))
                    .collect()
            }
            Size::Pages(pages) => vec![pages],
            Size::Bytes(bytes) => vec![pages_of(bytes)],
        }
    }

    fn wakeup(&self, pages: usize) -> Wakeup {
        let quarter = pages.saturating_mul(page_bytes()) / 4;
        let bytes = u32::try_from(quarter.min(WAKEUP)).unwrap_or(u32::MAX);
        self.wakeup.unwrap_or(Wakeup::Bytes(bytes))
    }

    /// How long events may wait without being announced; `None` if each is.
    pub(super) fn waits(&self) -> Option<Duration> {
        (self.wakeup != Some(Wakeup::Events(1))).then_some(self.latency)
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

fn page_bytes() -> usize {
    usize::try_from(page_size()).unwrap_or(4096)
}

/// Pages that have so many bytes, and are a power of two.
fn pages_of(bytes: usize) -> usize {
    let pages = bytes.div_ceil(page_bytes()).max(1);
    // What has no power of two above it is refused by the kernel.
    pages.checked_next_power_of_two().unwrap_or(pages)
}

impl Default for PerfBufferOpts {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for PerfBufferOpts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PerfBufferOpts")
            .field("sizes", &self.sizes())
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
        let page = page_bytes();
        let pages = |bytes| PerfBufferOpts::new().bytes(bytes).page_counts(2);
        for (bytes, expected) in [(0, 1), (1, 1), (page, 1), (page + 1, 2), (5 * page, 8)] {
            assert_eq!(pages(bytes), [expected]);
        }
        let opts = PerfBufferOpts::new().pages(4);
        let size = ring::Size {
            pages: 4,
            wakeup: Wakeup::Bytes(u32::try_from(page).unwrap()),
        };
        assert_eq!(opts.sizes(), [size]);
        assert_eq!(opts.waits(), Some(LATENCY));
        assert_eq!(opts.wakeup_events(1).waits(), None);
    }

    /// Few CPUs have as much as is of use, many share what is for all, and each has the least; what
    /// cannot be had is halved.
    #[test]
    fn shares_memory() {
        let kib = |cpus| -> Vec<usize> {
            let pages = PerfBufferOpts::new().page_counts(cpus).into_iter();
            pages.map(|pages| pages * page_bytes() / 1024).collect()
        };
        assert_eq!(kib(1), [4096, 2048, 1024, 512]);
        assert_eq!(kib(4), kib(1));
        assert_eq!(kib(6), [2048, 1024, 512]);
        assert_eq!(kib(16), [1024, 512]);
        assert_eq!(kib(1000), [512]);
        let wakeup = |pages| PerfBufferOpts::new().wakeup(pages);
        assert_eq!(wakeup(pages_of(MOST)), Wakeup::Bytes(256 << 10));
        assert_eq!(wakeup(pages_of(LEAST)), Wakeup::Bytes(128 << 10));
    }
}
