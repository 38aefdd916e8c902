//! The open buffer of one map, and what became of its events.
//!
//! In: the rings the kernel writes to. Out: one way to read both kinds, and counts.

use super::delivery::Flush;
use crate::health::Losses;
use crate::sys::ring::PerfBuffer;
use crate::sys::ringbuf::{Position, RingBuffer};
use std::io;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

/// How many records are taken out of a ring at once: programs can write where they were before the
/// others are read, and a reader keeps no more of them in its own memory.
const AT_ONCE: usize = 1024;

/// The open perf buffer of one map.
#[derive(Debug)]
pub(crate) struct Buffer {
    /// Name of the map.
    pub(crate) map: String,
    /// Where its events are.
    pub(crate) rings: Rings,
    /// How long events may wait in the rings without being announced; `None` if all are.
    pub(crate) latency: Option<Duration>,
    /// What became of its events.
    pub(crate) counters: Arc<Counters>,
    /// What the map had lost when the buffer was opened.
    pub(crate) lost_before: u64,
    /// Hands over what the handler of the rings has put aside.
    pub(crate) flush: Option<Flush>,
}

impl Buffer {
    /// Events that the map has lost since it was loaded: by the kernel's count or the programs', or
    /// else by what it has reported between the events.
    pub(super) fn update_lost(&self) -> u64 {
        if let Some(lost) = self.rings.lost() {
            self.counters.set_lost(self.lost_before + lost);
        }
        self.counters.lost()
    }

    /// Handles the records of one of the rings up to the end; never `More`.
    pub(super) fn consume_to(&mut self, at: usize, end: Position) -> io::Result<Step> {
        loop {
            let step = self.rings.consume_some(at, end);
            if let Ok(Step::Stopped) = step {
                return step;
            }
            let flushed = self.flush.as_mut().map(Flush::run);
            let step = step?;
            if flushed.is_some_and(|flow| flow.is_break()) {
                return Ok(Step::Stopped);
            }
            if step != Step::More {
                return Ok(step);
            }
        }
    }
}

/// What reading a ring up to some end has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// There is more in front of the end.
    More,
    /// There is nothing more in front of the end.
    All,
    /// The handler wants no more now, whatever there is.
    Stopped,
}

/// Where the kernel leaves the events of one map.
#[derive(Debug)]
pub(crate) enum Rings {
    /// One ring per CPU.
    Perf(PerfBuffer),
    /// One ring for all.
    Ring(RingBuffer, Option<Losses>),
}

impl Rings {
    pub(super) fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Perf(rings) => rings.as_fd(),
            Self::Ring(ring, _) => ring.as_fd(),
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        match self {
            Self::Perf(rings) => rings.count(),
            Self::Ring(..) => 1,
        }
    }

    /// Up to where records have been written to one of them.
    pub(super) fn written(&self, at: usize) -> Position {
        match self {
            Self::Perf(rings) => rings.written(at),
            Self::Ring(ring, _) => ring.written(),
        }
    }

    /// Handles some of the records of one of them, up to the end or a little further.
    pub(super) fn consume_some(&mut self, at: usize, end: Position) -> io::Result<Step> {
        let (consumed, is_before) = match self {
            Self::Perf(rings) => (rings.consume_some(at, AT_ONCE)?, rings.is_before(at, end)),
            Self::Ring(ring, _) => (ring.consume_some(AT_ONCE)?, ring.is_before(end)),
        };
        Ok(if consumed.stopped {
            Step::Stopped
        } else if consumed.count < AT_ONCE || !is_before {
            Step::All
        } else {
            Step::More
        })
    }

    /// How many events did not fit, where the kernel or the programs count them.
    fn lost(&self) -> Option<u64> {
        match self {
            Self::Perf(rings) => rings.lost(),
            Self::Ring(_, losses) => losses.as_ref().map(Losses::total),
        }
    }
}

/// What became of the events of one map since it was loaded.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    handled: AtomicU64,
    lost: AtomicU64,
    malformed: AtomicU64,
    /// Whether the map is a ring buffer, whose losses only the programs know.
    ring: AtomicBool,
    /// Whether that ring buffer carries what the text sends through a perf buffer.
    carried: AtomicBool,
    pub(super) malformed_size: AtomicUsize,
}

impl Counters {
    pub(crate) fn set_ring(&self) {
        self.ring.store(true, Ordering::Relaxed);
    }

    pub(crate) fn set_carried(&self) {
        self.set_ring();
        self.carried.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_carried(&self) -> bool {
        self.carried.load(Ordering::Relaxed)
    }

    pub(super) fn is_ring(&self) -> bool {
        self.ring.load(Ordering::Relaxed)
    }

    pub(crate) fn add_handled(&self, count: u64) {
        self.handled.fetch_add(count, Ordering::Relaxed);
    }

    pub(crate) fn add_lost(&self, count: u64) {
        self.lost.fetch_add(count, Ordering::Relaxed);
    }

    fn set_lost(&self, count: u64) {
        self.lost.store(count, Ordering::Relaxed);
    }

    pub(crate) fn add_malformed(&self, size: usize) {
        self.malformed_size.store(size, Ordering::Relaxed);
        self.malformed.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn handled(&self) -> u64 {
        self.handled.load(Ordering::Relaxed)
    }

    pub(crate) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    pub(crate) fn malformed(&self) -> u64 {
        self.malformed.load(Ordering::Relaxed)
    }
}
