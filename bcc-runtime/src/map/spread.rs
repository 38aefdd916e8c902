//! All entries of a large hash, read by several threads.
//!
//! In: a map, and what is made of an entry. Out: what was made of all of them.
//!
//! Nearly all the time is the kernel's, which waits for memory: each thread has a range of the hash's
//! buckets, and waits at the same time as the others. A batch ends behind some bucket, not with
//! the range, so the last batch of a range may have entries that those behind it have too. They
//! are told by their keys.

use super::batch_read::{Batches, are_of_buckets};
use super::entries::Entries;
use super::raw::RawMap;
use crate::error::Result;
use crate::sys::map_batch::Reading;
use crate::sys::signals::Blocked;
use std::collections::HashSet;
use std::io;
use std::iter;
use std::panic;
use std::thread::{self, ScopedJoinHandle};

/// How many threads read at most: more would take the CPUs from what is traced.
const MOST_THREADS: usize = 4;
/// How many batches, at least, are worth a thread of their own.
const LEAST_BATCHES: u32 = 2;

/// Makes something of each entry, and finds its key in it again.
pub(super) trait Make: Sync {
    /// What is made.
    type Item: Send;

    fn make(&self, key: &[u8], value: &[u8]) -> Result<Self::Item>;

    fn key(item: &Self::Item) -> &[u8];
}

/// What is made of all entries.
///
/// Small maps, and those without buckets, are read by the caller's thread alone.
pub(super) fn collect<M: Make>(entries: Entries<'_>, maker: &M) -> Result<Vec<M::Item>> {
    let cpus = || thread::available_parallelism().map_or(1, usize::from);
    collect_with(entries, maker, cpus)
}

fn collect_with<M: Make>(
    mut entries: Entries<'_>,
    maker: &M,
    cpus: impl Fn() -> usize,
) -> Result<Vec<M::Item>> {
    let mut items = Vec::new();
    while let Some((key, value)) = entries.next()? {
        items.push(maker.make(key, value)?);
        if let Some((map, batches)) = entries.behind_batch()
            && let Some(ranges) = split(map, batches, &cpus)
        {
            let parts = read_ranges(map, &ranges, maker)?;
            items.reserve_exact(parts.iter().map(|part| part.items.len()).sum());
            for mut part in parts {
                items.append(&mut part.items);
            }
            return Ok(items);
        }
    }
    Ok(items)
}

/// Where one thread reads: from a bucket on to another one, or to the end of the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    start: u32,
    end: Option<u32>,
}

/// The buckets that are left, in one range for each thread; `None` if they are not worth it.
fn split(map: &RawMap, batches: &Batches, cpus: impl Fn() -> usize) -> Option<Vec<Range>> {
    if !are_of_buckets(map.kind()) || batches.reading() != Reading::Copy {
        return None;
    }
    let start = batches.next_bucket()?;
    // As many as the kernel makes. If it made more, the last range would be longer, no more.
    let buckets = map.max_entries().checked_next_power_of_two()?;
    let left = buckets.checked_sub(start)?;
    let worth = left / batches.buckets_of_full(map)?.max(1) / LEAST_BATCHES;
    let threads = u32::try_from(cpus().min(MOST_THREADS)).ok()?.min(worth);
    (threads > 1).then(|| ranges(start, left, threads))
}

/// `parts` ranges, as long as each other or one longer.
fn ranges(start: u32, length: u32, parts: u32) -> Vec<Range> {
    let share = |part: u32| u64::from(length) * u64::from(part) / u64::from(parts);
    // No share is larger than the whole.
    let at = |part| start + u32::try_from(share(part)).unwrap_or(length);
    let range = |part| Range {
        start: at(part),
        end: (part + 1 < parts).then(|| at(part + 1)),
    };
    (0..parts).map(range).collect()
}

/// What one thread has read.
struct Part<T> {
    items: Vec<T>,
    /// Behind each batch: the bucket that comes next, `None` at the end of the map, and how many
    /// items there were.
    marks: Vec<(Option<u32>, usize)>,
}

/// Reads each range with a thread of its own, the first with the caller's.
fn read_ranges<M: Make>(map: &RawMap, ranges: &[Range], maker: &M) -> Result<Vec<Part<M::Item>>> {
    let parts: Result<Vec<_>> = thread::scope(|scope| {
        let start = |range| {
            let read = move || read_range(map, range, maker);
            let thread = thread::Builder::new().name("bcc-entries".to_owned());
            (range, thread.spawn_scoped(scope, read))
        };
        let Some((own, others)) = ranges.split_first() else {
            return Ok(Vec::new());
        };
        // A signal that is to end a wait of the caller's threads must not come to one of these.
        let blocked = Blocked::new();
        let others: Vec<_> = others.iter().copied().map(start).collect();
        drop(blocked);
        let own = read_range(map, *own, maker);
        let finish = |(range, thread): (_, io::Result<ScopedJoinHandle<'_, _>>)| match thread {
            Ok(thread) => thread
                .join()
                .unwrap_or_else(|cause| panic::resume_unwind(cause)),
            // Where no thread can be had, the caller's does it all.
            Err(_) => read_range(map, range, maker),
        };
        iter::once(own)
            .chain(others.into_iter().map(finish))
            .collect()
    });
    let mut parts = parts?;
    for place in 1..parts.len() {
        let (before, behind) = parts.split_at_mut(place);
        if let Some(part) = before.last_mut() {
            part.drop_repeated::<M>(behind);
        }
    }
    Ok(parts)
}

/// Reads the entries of a range, and maybe some behind it.
fn read_range<M: Make>(map: &RawMap, range: Range, maker: &M) -> Result<Part<M::Item>> {
    let mut batches = Batches::from_bucket(map, range.start);
    let (mut items, mut marks) = (Vec::new(), Vec::new());
    while batches.refill(map)? == Some(true) {
        for (key, value) in batches.entries(map) {
            items.push(maker.make(key, value)?);
        }
        let next = batches.next_bucket();
        marks.push((next, items.len()));
        if reaches(next, range.end) {
            break;
        }
    }
    Ok(Part { items, marks })
}

/// Whether a place is at or behind another one; `None` is the end of the map.
fn reaches(place: Option<u32>, other: Option<u32>) -> bool {
    match (place, other) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(place), Some(other)) => place >= other,
    }
}

impl<T> Part<T> {
    /// Drops the entries of the last batch that parts behind this one have too.
    fn drop_repeated<M: Make<Item = T>>(&mut self, behind: &[Self]) {
        let Some((&(end, _), marks)) = self.marks.split_last() else {
            return;
        };
        let mut keys = HashSet::new();
        for part in behind {
            let mark = part.marks.iter().find(|(next, _)| reaches(*next, end));
            let count = mark.map_or(part.items.len(), |(_, count)| *count);
            keys.extend(part.items.iter().take(count).map(M::key));
            if mark.is_some() {
                break;
            }
        }
        let from = marks.last().map_or(0, |(_, count)| *count);
        let last = self.items.split_off(from);
        let once = last.into_iter().filter(|item| !keys.contains(M::key(item)));
        self.items.extend(once);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::map::batch_write::Writer;
    use crate::sys::map::create_options;
    use libbpf_rs::{MapHandle, MapType};
    use std::collections::HashMap;
    use std::sync::Mutex;
    use std::thread::ThreadId;

    /// Makes keys of entries, and counts how many each thread makes.
    #[derive(Default)]
    struct Keys(Mutex<HashMap<ThreadId, usize>>);

    impl Make for Keys {
        type Item = Vec<u8>;

        fn make(&self, key: &[u8], _value: &[u8]) -> Result<Vec<u8>> {
            *self
                .0
                .lock()
                .unwrap()
                .entry(thread::current().id())
                .or_default() += 1;
            Ok(key.to_owned())
        }

        fn key(item: &Vec<u8>) -> &[u8] {
            item
        }
    }

    fn part(keys: &[u8], marks: &[(Option<u32>, usize)]) -> Part<Vec<u8>> {
        Part {
            items: keys.iter().map(|key| vec![*key]).collect(),
            marks: marks.to_vec(),
        }
    }

    /// Ranges leave nothing out and do not overlap.
    #[test]
    fn splits_ranges() {
        let bounds = |start, length, parts| -> Vec<_> {
            let ranges = ranges(start, length, parts).into_iter();
            ranges.map(|range| (range.start, range.end)).collect()
        };
        let expected = [(10, Some(13)), (13, Some(16)), (16, None)];
        assert_eq!(bounds(10, 10, 3), expected);
        let expected = [(1, Some(2_147_483_648)), (2_147_483_648, None)];
        assert_eq!(bounds(1, u32::MAX - 1, 2), expected);
    }

    /// What a batch has of the ranges behind it is dropped, what only it has stays, and so do all
    /// batches before the last.
    #[test]
    fn drops_what_comes_twice() {
        let mut first = part(&[1, 2, 3, 4, 9, 5], &[(Some(4), 3), (Some(12), 6)]);
        let second = part(&[4, 7, 5, 6], &[(Some(11), 2), (Some(13), 3), (None, 4)]);
        first.drop_repeated::<Keys>(&[second]);
        assert_eq!(first.items, [[1], [2], [3], [9]]);
    }

    /// Four threads read about a quarter each of a large hash, and together all of it once; a hash that
    /// fits into a few batches, and one CPU, take one.
    #[test]
    #[ignore = "needs root"]
    fn threads_share_a_large_hash() {
        let number = 200_000_u32;
        for (entries, cpus, threads) in [(number, 64, 4), (number, 1, 1), (20_000, 4, 1)] {
            let opts = create_options(0);
            let map = MapHandle::create(MapType::Hash, Some("large"), 4, 8, entries, &opts);
            let map = RawMap::new(&map.unwrap(), "large").unwrap();
            let mut writer = Writer::new(&map);
            for key in 0..entries {
                writer.push(&key.to_ne_bytes(), &[0; 8]).unwrap();
            }
            writer.finish().unwrap();
            let maker = Keys::default();
            let mut keys = collect_with(Entries::read(&map), &maker, || cpus).unwrap();
            keys.sort_unstable();
            keys.dedup();
            assert_eq!(keys.len(), entries as usize);
            let shares = maker.0.into_inner().unwrap();
            assert_eq!(shares.len(), threads);
            let least = entries as usize / threads / 2;
            assert!(shares.values().all(|share| least <= *share), "{shares:?}");
        }
    }

    /// A batch may reach over more than one range.
    #[test]
    fn looks_through_short_ranges() {
        let mut first = part(&[1, 2, 3], &[(None, 3)]);
        let (second, third) = (part(&[2], &[(Some(7), 1)]), part(&[3], &[(None, 1)]));
        first.drop_repeated::<Keys>(&[second, third]);
        assert_eq!(first.items, [[1]]);
        let mut empty = part(&[], &[]);
        empty.drop_repeated::<Keys>(&[first]);
        assert!(empty.items.is_empty());
    }
}
