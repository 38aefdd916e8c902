//! Records that have left the kernel's memory and wait to be decoded.
//!
//! In: records, as they are read. Out: the same, one by one. Their bytes lie in one piece of memory
//! that is used again and again.

use std::collections::VecDeque;

/// Records in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Batch {
    bytes: Vec<u8>,
    /// Where the bytes of the first entry begin.
    start: usize,
    entries: VecDeque<Entry>,
    /// How many events the rings said to have lost.
    pub(super) reported_lost: u64,
}

#[derive(Clone, Copy, Debug)]
enum Entry {
    Sample { cpu: u32, size: usize },
    Lost(u64),
}

/// A record.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Item<'batch> {
    /// An event and the CPU it comes from.
    Sample(u32, &'batch [u8]),
    /// So many events did not fit.
    Lost(u64),
}

impl Batch {
    pub(super) fn push_sample(&mut self, cpu: u32, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        let size = bytes.len();
        self.entries.push_back(Entry::Sample { cpu, size });
    }

    pub(super) fn push_lost(&mut self, count: u64) {
        self.entries.push_back(Entry::Lost(count));
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Takes the next record.
    pub(super) fn pop(&mut self) -> Option<Item<'_>> {
        let Some(entry) = self.entries.pop_front() else {
            self.bytes.clear();
            self.start = 0;
            return None;
        };
        Some(match entry {
            Entry::Lost(count) => Item::Lost(count),
            Entry::Sample { cpu, size } => {
                let start = self.start;
                self.start += size;
                // As many bytes as were pushed with this entry.
                Item::Sample(cpu, self.bytes.get(start..start + size).unwrap_or_default())
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes out is what went in, also in turns, and the memory is used again.
    #[test]
    fn gives_back_in_order() {
        let mut batch = Batch::default();
        for round in 0..3 {
            batch.push_sample(1, b"one");
            batch.push_lost(7);
            batch.push_sample(2, b"");
            assert_eq!(batch.pop(), Some(Item::Sample(1, b"one")));
            batch.push_sample(3, b"three");
            assert_eq!(batch.pop(), Some(Item::Lost(7)));
            assert_eq!(batch.pop(), Some(Item::Sample(2, b"")));
            assert_eq!(batch.pop(), Some(Item::Sample(3, b"three")));
            assert_eq!(batch.pop(), None, "{round}");
            assert_eq!((batch.bytes.len(), batch.start), (0, 0));
        }
    }
}
