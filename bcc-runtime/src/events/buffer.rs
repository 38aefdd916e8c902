//! The open buffer of one map, and what became of its events.
//!
//! In: the rings the kernel writes to. Out: one way to read both kinds, and counts.

use crate::health::Losses;
use crate::sys::ring::PerfBuffer;
use crate::sys::ringbuf::{Position, RingBuffer};
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
}

impl Buffer {
    /// Events that the map has lost since it was loaded: by the kernel's count or the programs', or else by what it
    /// has reported between the events.
    pub(super) fn update_lost(&self) -> u64 {
        if let Some(lost) = self.rings.lost() {
            self.counters.set_lost(self.lost_before + lost);
        }
        self.counters.lost()
    }
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

    /// Handles some of the records of one of them, and tells whether those have been that are in
    /// front of the end.
    pub(super) fn consume_some(&mut self, at: usize, end: Position) -> std::io::Result<bool> {
        let (count, is_before) = match self {
            Self::Perf(rings) => (rings.consume_some(at, AT_ONCE)?, rings.is_before(at, end)),
            Self::Ring(ring, _) => (ring.consume_some(AT_ONCE)?, ring.is_before(end)),
        };
        Ok(count < AT_ONCE || !is_before)
    }

    /// Handles the records that are there, and not those that come meanwhile.
    pub(super) fn consume(&mut self) -> std::io::Result<()> {
        for at in 0..self.count() {
            let end = self.written(at);
            while !self.consume_some(at, end)? {}
        }
        Ok(())
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

    pub(crate) fn add_handled(&self) {
        self.handled.fetch_add(1, Ordering::Relaxed);
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
