//! How events reach a callback: one by one, or many at once.
//!
//! In: the records of a ring, one by one, and when there are no more for now. Out: the callback, called with
//! each event, or with all since the last time. Those lie in one piece of memory that is used again
//! and again. What was handed over is counted, and what had too few bytes.

use super::buffer::Counters;
use std::fmt;
use std::mem;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Hands over the events that wait, and says whether the poll goes on.
pub(crate) struct Flush(Box<dyn FnMut() -> ControlFlow<()> + Send>);

impl Flush {
    pub(super) fn run(&mut self) -> ControlFlow<()> {
        (self.0)()
    }
}

impl fmt::Debug for Flush {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Flush")
    }
}

/// What takes the records of a ring for a callback that gets one event at a time.
///
/// `decode` calls it, and says whether the poll goes on; it gives nothing for an event that has too
/// few bytes.
pub(crate) fn one_by_one(
    counters: &Arc<Counters>,
    mut decode: impl FnMut(u32, &[u8]) -> Option<ControlFlow<()>> + Send + 'static,
) -> impl FnMut(u32, &[u8]) -> ControlFlow<()> + Send + 'static {
    let counters = Arc::clone(counters);
    move |cpu, bytes| {
        counters.add_handled(1);
        decode(cpu, bytes).unwrap_or_else(|| too_short(&counters, bytes))
    }
}

/// What takes the records of a ring for a callback that gets many events, and what hands them over.
///
/// The callback gets those of one CPU at a time. `decode` gives nothing for an event that has too few
/// bytes.
pub(crate) fn batched<T: Send + 'static>(
    counters: &Arc<Counters>,
    mut decode: impl FnMut(&[u8]) -> Option<T> + Send + 'static,
    callback: impl FnMut(u32, &[T]) -> ControlFlow<()> + Send + 'static,
) -> (
    impl FnMut(u32, &[u8]) -> ControlFlow<()> + Send + 'static,
    Flush,
) {
    let waiting = Arc::new(Mutex::new(Waiting {
        cpu: 0,
        events: Vec::new(),
        counters: Arc::clone(counters),
        callback,
    }));
    let (counters, flushed) = (Arc::clone(counters), Arc::clone(&waiting));
    let take = move |cpu, bytes: &[u8]| {
        if let Some(event) = decode(bytes) {
            return lock(&waiting).push(cpu, event);
        }
        counters.add_handled(1);
        too_short(&counters, bytes)
    };
    (take, Flush(Box::new(move || lock(&flushed).flush())))
}

fn too_short(counters: &Counters, bytes: &[u8]) -> ControlFlow<()> {
    counters.add_malformed(bytes.len());
    ControlFlow::Continue(())
}

/// Events that the callback has not had yet.
struct Waiting<T, F> {
    cpu: u32,
    events: Vec<T>,
    counters: Arc<Counters>,
    callback: F,
}

impl<T, F: FnMut(u32, &[T]) -> ControlFlow<()>> Waiting<T, F> {
    fn push(&mut self, cpu: u32, event: T) -> ControlFlow<()> {
        if cpu == self.cpu || self.events.is_empty() {
            self.cpu = cpu;
            self.events.push(event);
            return ControlFlow::Continue(());
        }
        // The event waits before the others are handed over: their callback may panic.
        let others = mem::replace(&mut self.events, vec![event]);
        let cpu = mem::replace(&mut self.cpu, cpu);
        self.hand_over(cpu, &others)
    }

    fn flush(&mut self) -> ControlFlow<()> {
        if self.events.is_empty() {
            return ControlFlow::Continue(());
        }
        // A callback that panics has had them.
        let mut events = mem::take(&mut self.events);
        let flow = self.hand_over(self.cpu, &events);
        events.clear();
        self.events = events;
        flow
    }

    fn hand_over(&mut self, cpu: u32, events: &[T]) -> ControlFlow<()> {
        self.counters.add_handled(events.len() as u64);
        (self.callback)(cpu, events)
    }
}

fn lock<T, F>(waiting: &Mutex<Waiting<T, F>>) -> MutexGuard<'_, Waiting<T, F>> {
    // A callback that panics leaves them as they are to be.
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    /// Events come in their order, those of one CPU at a time; none is kept back, lost or counted twice,
    /// also where the callback ends the poll or panics.
    #[test]
    fn hands_over_by_cpu() {
        let (got, counters) = (Arc::new(Mutex::new(Vec::new())), Arc::<Counters>::default());
        let seen = Arc::clone(&got);
        let (mut take, mut flush) = batched(
            &counters,
            |bytes| bytes.first().copied(),
            move |cpu, events: &[u8]| {
                seen.lock().unwrap().push((cpu, events.to_vec()));
                assert!(!events.contains(&13), "thirteen");
                if events.contains(&9) {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            },
        );
        let go_on = ControlFlow::Continue(());
        assert_eq!(take(1, &[1]), go_on);
        assert_eq!(take(1, &[9]), go_on);
        assert_eq!(take(1, &[]), go_on);
        assert_eq!((counters.handled(), counters.malformed()), (1, 1));
        assert_eq!(take(2, &[3]), ControlFlow::Break(()));
        assert_eq!(counters.handled(), 3);
        assert_eq!(flush.run(), go_on);
        assert_eq!(take(3, &[13]), go_on);
        let panicked = catch_unwind(AssertUnwindSafe(|| take(4, &[5])));
        assert_eq!(panicked.unwrap_err().downcast_ref(), Some(&"thirteen"));
        assert_eq!(flush.run(), go_on);
        assert_eq!(flush.run(), go_on);
        let expected = [(1, vec![1, 9]), (2, vec![3]), (3, vec![13]), (4, vec![5])];
        assert_eq!(*got.lock().unwrap(), expected);
        assert_eq!(counters.handled(), 6);
    }
}
