//! The events of one map, on their way to a reader.
//!
//! In: the map's rings. Out: events, decoded one by one, and what was lost between them.

use super::batch::{Batch, Item};
use super::buffer::Step;
use super::{Counters, Event, Events, Rings, too_short};
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::health::Losses;
use crate::sys::ring::{Handler as PerfHandler, Record};
use crate::sys::ringbuf::{Handler as RingHandler, Position};
use std::fmt;
use std::ops::ControlFlow;
use std::os::fd::BorrowedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Keeps a map for one reader.
#[derive(Debug)]
pub(crate) struct Claim {
    events: Arc<Events>,
    map: String,
}

impl Claim {
    pub(super) fn new(events: &Arc<Events>, map: &str) -> Self {
        Self {
            events: Arc::clone(events),
            map: map.to_owned(),
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.events.release(&self.map);
    }
}

/// Where rings leave what is read from them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inbox(Arc<Mutex<Batch>>);

impl Inbox {
    /// What a perf buffer calls with its records.
    pub(crate) fn perf_handler(&self) -> PerfHandler {
        let inbox = self.clone();
        Box::new(move |cpu, record| {
            match record {
                Record::Sample(bytes) => inbox.lock().push_sample(cpu, bytes),
                Record::Lost(count) => inbox.lock().reported_lost += count,
            }
            ControlFlow::Continue(())
        })
    }

    /// What a ring buffer calls with its records.
    pub(crate) fn ring_handler(&self) -> RingHandler {
        let inbox = self.clone();
        Box::new(move |bytes| {
            inbox.lock().push_sample(0, bytes);
            ControlFlow::Continue(())
        })
    }

    fn lock(&self) -> MutexGuard<'_, Batch> {
        // Only the reader and its rings use it, in turns, so nobody waits here.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Decodes an event of a CPU; `None` if it is too short.
type Decode<T> = Box<dyn FnMut(u32, &[u8]) -> Option<T> + Send>;

/// The events of one map.
pub(crate) struct Source<T> {
    // Fields drop in this order: the map is free once its rings are closed.
    rings: Rings,
    claim: Claim,
    inbox: Inbox,
    decode: Decode<T>,
    counters: Arc<Counters>,
    pub(super) latency: Option<Duration>,
    /// For each ring, how many events it was known to have lost.
    lost: Vec<u64>,
    /// For each ring, where the records end that a round reads of it.
    ends: Vec<Position>,
}

/// For each ring, how many lost events need not be told any more. A ring buffer counts from the
/// start of the program on, and others have told of some.
fn known_lost(rings: &Rings, counters: &Counters) -> Vec<u64> {
    match rings {
        Rings::Perf(rings) => vec![0; rings.count()],
        Rings::Ring(..) => vec![counters.lost()],
    }
}

impl<T> Source<T> {
    pub(crate) fn new(
        rings: Rings,
        claim: Claim,
        inbox: Inbox,
        counters: &Arc<Counters>,
        latency: Option<Duration>,
        decode: impl FnMut(u32, &[u8]) -> Option<T> + Send + 'static,
    ) -> Self {
        Self {
            lost: known_lost(&rings, counters),
            ends: Vec::new(),
            rings,
            claim,
            inbox,
            decode: Box::new(decode),
            counters: Arc::clone(counters),
            latency,
        }
    }

    /// The same events, changed.
    pub(super) fn map<U: 'static>(
        self,
        mut change: impl FnMut(T) -> U + Send + 'static,
    ) -> Source<U>
    where
        T: 'static,
    {
        let mut decode = self.decode;
        Source {
            rings: self.rings,
            claim: self.claim,
            inbox: self.inbox,
            decode: Box::new(move |cpu, bytes| decode(cpu, bytes).map(&mut change)),
            counters: self.counters,
            latency: self.latency,
            lost: self.lost,
            ends: self.ends,
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.claim.map
    }

    pub(super) fn counters(&self) -> &Counters {
        &self.counters
    }

    pub(super) fn as_fd(&self) -> BorrowedFd<'_> {
        self.rings.as_fd()
    }

    /// Stops or lets go on what programs send.
    pub(super) fn pause(&self, yes: bool) -> Result<()> {
        let (map, what) = (&self.claim.map, if yes { "pause" } else { "resume" });
        match &self.rings {
            Rings::Perf(buffer) => {
                let paused = buffer.pause(yes);
                paused.with_context(|| format!("failed to {what} the perf buffer of map `{map}`"))
            }
            Rings::Ring(..) => {
                let text = format!(
                    "the kernel cannot {what} the ring buffer `{map}`; let the program look at a \
                     variable before it sends"
                );
                Err(Error::new(ErrorKind::Unsupported, text))
            }
        }
    }

    /// Begins a round and tells how many rings it has.
    pub(super) fn begin(&mut self) -> usize {
        let rings = 0..self.rings.count();
        self.ends.clear();
        self.ends.extend(rings.map(|ring| self.rings.written(ring)));
        self.ends.len()
    }

    /// Takes records out of a ring and tells whether all have been that were there when the round
    /// began.
    pub(super) fn fill(&mut self, ring: usize) -> Result<bool> {
        let end = self.ends.get(ring).copied().unwrap_or_default();
        let step = self.rings.consume_some(ring, end);
        let step = step.with_context(|| {
            let map = &self.claim.map;
            format!("failed to read the buffer of map `{map}`")
        })?;
        let all = step == Step::All;
        if all {
            self.note_lost(ring);
        }
        Ok(all)
    }

    /// Puts what a ring has lost behind its records. Where the kernel counts that, by its count:
    /// what the ring itself says comes only with the next record that fits.
    fn note_lost(&mut self, ring: usize) {
        let mut batch = self.inbox.lock();
        let mut lost = std::mem::take(&mut batch.reported_lost);
        let (counts, total) = match &self.rings {
            // A ring loses nothing before it is full.
            Rings::Perf(buffer) if buffer.counts_lost() => (
                true,
                (batch.len() > 0).then(|| buffer.lost_in(ring)).flatten(),
            ),
            Rings::Perf(_) => (false, None),
            Rings::Ring(_, losses) => (true, losses.as_ref().map(Losses::total)),
        };
        if counts {
            let (Some(total), Some(known)) = (total, self.lost.get_mut(ring)) else {
                return;
            };
            lost = total.saturating_sub(*known);
            *known = total;
        }
        if lost > 0 {
            batch.push_lost(lost);
            self.counters.add_lost(lost);
        }
    }

    /// Whether records were taken out that nobody has had yet.
    pub(super) fn has_records(&self) -> bool {
        self.inbox.lock().len() > 0
    }

    /// The next of the records taken out.
    pub(super) fn pop(&mut self) -> Option<Result<Event<T>>> {
        let mut batch = self.inbox.lock();
        match batch.pop()? {
            Item::Lost(count) => Some(Ok(Event::Lost(count))),
            Item::Sample(cpu, bytes) => {
                self.counters.add_handled(1);
                let event = (self.decode)(cpu, bytes).map(Event::Record);
                Some(event.ok_or_else(|| {
                    self.counters.add_malformed(bytes.len());
                    too_short(&self.claim.map, bytes.len())
                }))
            }
        }
    }
}

impl<T> fmt::Debug for Source<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Source").field(&self.name()).finish()
    }
}
