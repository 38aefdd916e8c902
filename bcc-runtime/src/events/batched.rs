//! Events for a callback that takes many at once.
//!
//! In: the records of a ring, one by one, and when there are no more for now. Out: the callback, called with
//! all events since the last time. They lie in one piece of memory that is used again and again.

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

/// What takes the records of a ring, and what hands them over.
///
/// The callback gets events of one CPU at a time. `decode` gives nothing for one that has too few bytes,
/// and neither does what takes the record.
pub(crate) fn batched<T: Send + 'static>(
    mut decode: impl FnMut(&[u8]) -> Option<T> + Send + 'static,
    callback: impl FnMut(u32, &[T]) -> ControlFlow<()> + Send + 'static,
) -> (
    impl FnMut(u32, &[u8]) -> Option<ControlFlow<()>> + Send + 'static,
    Flush,
) {
    let waiting = Arc::new(Mutex::new(Waiting {
        cpu: 0,
        events: Vec::new(),
        callback,
    }));
    let flushed = Arc::clone(&waiting);
    let take = move |cpu, bytes: &[u8]| Some(lock(&waiting).push(cpu, decode(bytes)?));
    (take, Flush(Box::new(move || lock(&flushed).flush())))
}

/// Events that the callback has not had yet.
struct Waiting<T, F> {
    cpu: u32,
    events: Vec<T>,
    callback: F,
}

impl<T, F: FnMut(u32, &[T]) -> ControlFlow<()>> Waiting<T, F> {
    fn push(&mut self, cpu: u32, event: T) -> ControlFlow<()> {
        let flow = if cpu == self.cpu {
            ControlFlow::Continue(())
        } else {
            self.flush()
        };
        self.cpu = cpu;
        self.events.push(event);
        flow
    }

    fn flush(&mut self) -> ControlFlow<()> {
        if self.events.is_empty() {
            return ControlFlow::Continue(());
        }
        // A callback that panics has had them.
        let mut events = mem::take(&mut self.events);
        let flow = (self.callback)(self.cpu, &events);
        events.clear();
        self.events = events;
        flow
    }
}

fn lock<T, F>(waiting: &Mutex<Waiting<T, F>>) -> MutexGuard<'_, Waiting<T, F>> {
    // A callback that panics leaves them as they are to be.
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Events come in their order, those of one CPU at a time, and none is kept back or comes twice.
    #[test]
    fn hands_over_by_cpu() {
        let got = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&got);
        let (mut take, mut flush) = batched(
            |bytes| bytes.first().copied(),
            move |cpu, events: &[u8]| {
                seen.lock().unwrap().push((cpu, events.to_vec()));
                if events.contains(&9) {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            },
        );
        let go_on = ControlFlow::Continue(());
        assert_eq!(take(1, &[1]), Some(go_on));
        assert_eq!(take(1, &[9]), Some(go_on));
        assert_eq!(take(1, &[]), None);
        assert_eq!(take(2, &[3]), Some(ControlFlow::Break(())));
        assert_eq!(flush.run(), go_on);
        assert_eq!(flush.run(), go_on);
        let expected = [(1, vec![1, 9]), (2, vec![3])];
        assert_eq!(*got.lock().unwrap(), expected);
    }
}
