//! The perf buffers of one program, read together.
//!
//! In: buffers that maps open, and a wait. Out: each event goes to its map's callback; what is lost
//! or malformed is counted.

use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::sys::poll;
use crate::sys::ring::PerfBuffer;
use crate::sys::ringbuf::RingBuffer;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The open perf buffers of one `Bpf`.
#[derive(Debug, Default)]
pub(crate) struct Events {
    buffers: Mutex<Vec<Buffer>>,
}

/// The open perf buffer of one map.
#[derive(Debug)]
pub(crate) struct Buffer {
    /// Name of the map.
    pub(crate) map: String,
    /// Where its events are.
    pub(crate) rings: Rings,
    /// Whether events may wait in the rings without being announced.
    pub(crate) batched: bool,
    /// What became of its events.
    pub(crate) counters: Arc<Counters>,
    /// What the map had lost when the buffer was opened.
    pub(crate) lost_before: u64,
}

impl Buffer {
    /// Events that the map has lost since it was loaded: by the kernel's count, or else by what it
    /// has reported between the events.
    fn update_lost(&self) -> u64 {
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
    Ring(RingBuffer),
}

impl Rings {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Perf(rings) => rings.as_fd(),
            Self::Ring(ring) => ring.as_fd(),
        }
    }

    fn consume(&mut self) -> std::io::Result<()> {
        match self {
            Self::Perf(rings) => rings.consume(),
            Self::Ring(ring) => ring.consume(),
        }
    }

    /// How many events did not fit, where the kernel counts them.
    fn lost(&self) -> Option<u64> {
        match self {
            Self::Perf(rings) => rings.lost(),
            Self::Ring(_) => None,
        }
    }
}

/// What became of the events of one map since it was loaded.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    handled: AtomicU64,
    lost: AtomicU64,
    malformed: AtomicU64,
    malformed_size: AtomicUsize,
}

impl Counters {
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

impl Events {
    /// Adds the buffer of a map.
    pub(crate) fn add(&self, buffer: Buffer) {
        self.lock().push(buffer);
    }

    /// Closes the buffer of a map and tells whether it was open.
    pub(crate) fn close(&self, map: &str) -> bool {
        let mut buffers = self.lock();
        let before = buffers.len();
        buffers.retain(|buffer| {
            let stays = buffer.map != map;
            if !stays {
                buffer.update_lost();
            }
            stays
        });
        buffers.len() < before
    }

    /// Waits for events and hands them to the callbacks; returns how many there were.
    pub(crate) fn poll(&self, timeout: Duration) -> Result<usize> {
        let mut buffers = self.lock();
        if buffers.is_empty() {
            return Err(nothing_open());
        }
        let fds: Vec<_> = buffers.iter().map(|buffer| buffer.rings.as_fd()).collect();
        let ready = poll::readable(&fds, timeout).context("failed to wait for events")?;
        let nothing_announced = !ready.contains(&true);
        count(&mut buffers, |index, buffer| {
            if ready[index] || nothing_announced && buffer.batched {
                buffer.rings.consume()
            } else {
                Ok(())
            }
        })
    }

    /// Hands over what is in the buffers now, without waiting.
    pub(crate) fn consume(&self) -> Result<usize> {
        let mut buffers = self.lock();
        if buffers.is_empty() {
            return Err(nothing_open());
        }
        count(&mut buffers, |_, buffer| buffer.rings.consume())
    }

    /// Events lost by the maps whose buffers are open.
    pub(crate) fn lost(&self) -> u64 {
        self.lock().iter().map(Buffer::update_lost).sum()
    }

    /// Events lost by one map since it was loaded; `None` if its buffer is not open.
    pub(crate) fn lost_of(&self, map: &str) -> Option<u64> {
        let buffers = self.lock();
        let buffer = buffers.iter().find(|buffer| buffer.map == map)?;
        Some(buffer.update_lost())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Buffer>> {
        // A callback that panics leaves the list as it was.
        self.buffers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads each buffer and returns the number of events handled. A buffer that fails does not keep
/// the others from being read.
fn count(
    buffers: &mut [Buffer],
    mut read: impl FnMut(usize, &mut Buffer) -> std::io::Result<()>,
) -> Result<usize> {
    let mut handled = 0;
    let mut failure = Ok(());
    for (index, buffer) in buffers.iter_mut().enumerate() {
        let (before, malformed) = (buffer.counters.handled(), buffer.counters.malformed());
        let result = read(index, buffer)
            .with_context(|| format!("failed to read the perf buffer of map `{}`", buffer.map));
        handled += buffer.counters.handled() - before;
        let result = result.and_then(|()| check_decoded(buffer, malformed));
        failure = failure.and(result);
    }
    failure?;
    Ok(usize::try_from(handled).unwrap_or(usize::MAX))
}

fn check_decoded(buffer: &Buffer, malformed_before: u64) -> Result<()> {
    if buffer.counters.malformed() == malformed_before {
        return Ok(());
    }
    let size = buffer.counters.malformed_size.load(Ordering::Relaxed);
    let text = format!(
        "an event of map `{}` has {size} bytes, too few for its type; submit a whole struct",
        buffer.map
    );
    Err(Error::new(ErrorKind::Decode, text))
}

fn nothing_open() -> Error {
    Error::new(
        ErrorKind::InvalidInput,
        "no perf buffer is open; call `open_perf_buffer` on the map of the events first",
    )
}
