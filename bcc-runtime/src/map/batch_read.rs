//! Entries of a map, read thousands with each system call.
//!
//! In: a map of a kind that has batches. Out: batch after batch, as bytes.

use super::raw::RawMap;
use crate::error::Result;
use crate::sys::map_batch::{Batch, Cursor, Reading};
use libbpf_rs::MapType;
use std::ops::RangeInclusive;
use std::thread;

/// About how many bytes of keys and values are read with one system call.
const BATCH_BYTES: usize = 512 << 10;
/// How many entries are, at least and at most.
const BATCH_ENTRIES: RangeInclusive<usize> = 16..=16 << 10;
/// How many entries the first batch has room for: many maps hold no more, and the kernel makes no
/// pages for the others.
const FIRST_ENTRIES: usize = 64;
/// How many times as many the next one has room for, up to the most.
const GROWTH: usize = 16;
/// How many more entries than a map has room for a bucket of it may seem to have.
const SPARE_ENTRIES: usize = 4 << 10;
/// How often a bucket may be found held by somebody else, each time after all others had their turn.
const MOST_TRIES: u32 = 10_000;

/// Entries read ahead.
#[derive(Debug)]
pub(super) struct Batches {
    cursor: Cursor,
    reading: Reading,
    keys: Vec<u8>,
    values: Vec<u8>,
    /// How many entries there are in the buffers, and how many of them were handed out.
    filled: usize,
    used: usize,
    is_last: bool,
    /// The bucket of a hash that the last batch began with.
    began: u32,
}

impl Batches {
    /// From the first entry on.
    pub(super) fn new(map: &RawMap, reading: Reading) -> Self {
        let most = most_entries(map);
        // All elements of an array are there.
        let first = if are_of_buckets(map.kind()) {
            FIRST_ENTRIES.min(most)
        } else {
            most
        };
        Self::with_cursor(map, map.fd().cursor(), reading, first)
    }

    /// From a bucket of a hash on. The entries stay in the map.
    pub(super) fn from_bucket(map: &RawMap, bucket: u32) -> Self {
        let cursor = map.fd().cursor_at(bucket);
        Self::with_cursor(map, cursor, Reading::Copy, most_entries(map))
    }

    fn with_cursor(map: &RawMap, cursor: Cursor, reading: Reading, entries: usize) -> Self {
        let mut batches = Self {
            cursor,
            reading,
            keys: Vec::new(),
            values: Vec::new(),
            filled: 0,
            used: 0,
            is_last: false,
            began: 0,
        };
        batches.resize(map, entries);
        batches
    }

    pub(super) fn reading(&self) -> Reading {
        self.reading
    }

    /// Whether all entries of the last batch have been handed out, and more may come.
    pub(super) fn is_used_up(&self) -> bool {
        self.used == self.filled && !self.is_last
    }

    /// The bucket of a hash that the next batch begins with; `None` behind the last one.
    pub(super) fn next_bucket(&self) -> Option<u32> {
        (!self.is_last).then(|| self.cursor.bucket())
    }

    /// How many buckets of a hash the last batch went through; `None` if it was no full one.
    pub(super) fn buckets_of_full(&self, map: &RawMap) -> Option<u32> {
        (self.room(map) >= most_entries(map)).then(|| self.cursor.bucket() - self.began)
    }

    /// How many entries there is room for.
    fn room(&self, map: &RawMap) -> usize {
        self.keys.len() / map.key_size()
    }

    /// The entries of the last batch.
    pub(super) fn entries<'batch>(
        &'batch self,
        map: &RawMap,
    ) -> impl Iterator<Item = (&'batch [u8], &'batch [u8])> {
        let keys = self.keys.chunks_exact(map.key_size());
        let values = self.values.chunks_exact(map.lookup_size());
        keys.zip(values).take(self.filled)
    }

    /// Goes on to the next entry and tells whether there is one; `None` if there are no batches.
    pub(super) fn advance(&mut self, map: &RawMap) -> Result<Option<bool>> {
        self.used += 1;
        while self.used > self.filled {
            match self.refill(map)? {
                Some(true) => self.used = 1,
                Some(false) => {
                    // Stays behind the last entry, however often it is asked.
                    self.used = self.filled;
                    return Ok(Some(false));
                }
                None => return Ok(None),
            }
        }
        Ok(Some(true))
    }

    /// Reads the next batch, which may be empty, and tells whether there was one; `None` if the
    /// kernel has no batches.
    pub(super) fn refill(&mut self, map: &RawMap) -> Result<Option<bool>> {
        if self.is_last {
            return Ok(Some(false));
        }
        if self.filled > 0 {
            let more = (self.room(map) * GROWTH).min(most_entries(map));
            self.resize(map, more.max(self.room(map)));
        }
        self.began = self.cursor.bucket();
        let mut tries = 0;
        loop {
            let read = map.fd().read_batch(
                &mut self.cursor,
                &mut self.keys,
                &mut self.values,
                self.reading,
            );
            match read.map_err(|error| map.error("read the entries of", error))? {
                Batch::Unsupported => return Ok(None),
                Batch::More(0) | Batch::TooSmall => self.grow(map)?,
                Batch::Busy if tries < MOST_TRIES => {
                    tries += 1;
                    thread::yield_now();
                }
                Batch::Busy => return Err(map.too_fast()),
                Batch::More(filled) => {
                    self.filled = filled;
                    return Ok(Some(true));
                }
                Batch::Last(filled) => {
                    self.filled = filled;
                    self.is_last = true;
                    return Ok(Some(true));
                }
            }
        }
    }

    /// The entry that [`advance`](Self::advance) went to.
    pub(super) fn current(&self, map: &RawMap) -> (&[u8], &[u8]) {
        let at = self.used.saturating_sub(1);
        let part = |bytes, size| slice_of(bytes, at, size);
        (
            part(&self.keys, map.key_size()),
            part(&self.values, map.lookup_size()),
        )
    }

    /// Makes room for a bucket that has more entries than the buffers.
    fn grow(&mut self, map: &RawMap) -> Result<()> {
        let entries = self.room(map);
        let most = map.max_entries() as usize + SPARE_ENTRIES;
        if entries >= most {
            return Err(map.too_fast());
        }
        self.resize(map, (entries * 2).min(most));
        Ok(())
    }

    fn resize(&mut self, map: &RawMap, entries: usize) {
        self.keys.resize(entries * map.key_size(), 0);
        self.values.resize(entries * map.lookup_size(), 0);
    }
}

/// How many entries of a map are read with one system call at most, unless one bucket has more.
fn most_entries(map: &RawMap) -> usize {
    let entries = BATCH_BYTES / (map.key_size() + map.lookup_size()).max(1);
    let entries = entries.clamp(*BATCH_ENTRIES.start(), *BATCH_ENTRIES.end());
    entries.min(map.max_entries() as usize).max(1)
}

fn slice_of(bytes: &[u8], at: usize, size: usize) -> &[u8] {
    &bytes[at * size..(at + 1) * size]
}

/// Whether the kernel reads entries of this kind of map in batches without missing any.
///
/// It has batches for tries too, but starts them again from the front when a program removes the
/// key where it is.
pub(super) fn exist(kind: MapType) -> bool {
    are_of_buckets(kind) || matches!(kind, MapType::Array | MapType::PercpuArray)
}

/// Whether the kernel's place between two batches is the number of a bucket.
pub(super) fn are_of_buckets(kind: MapType) -> bool {
    matches!(
        kind,
        MapType::Hash | MapType::LruHash | MapType::PercpuHash | MapType::LruPercpuHash
    )
}
