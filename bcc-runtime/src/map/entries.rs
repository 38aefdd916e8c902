//! Reading all entries of a map, many with each system call where the kernel can.
//!
//! In: a map. Out: its entries, as bytes, in the kernel's order.
//!
//! In a hash table the kernel reads bucket by bucket, each under its lock, and an entry never
//! changes buckets. So each entry that is there all the time comes exactly once, whatever comes and
//! goes meanwhile, and nothing starts again from the front.

use super::keys::KeyWalk;
use super::raw::RawMap;
use crate::error::Result;
use crate::sys::map_batch::{Batch, Cursor, Reading};
use libbpf_rs::MapType;

/// About how many bytes of keys and values are read with one system call.
const BATCH_BYTES: usize = 512 << 10;
/// How many entries are, at least and at most.
const BATCH_ENTRIES: (usize, usize) = (16, 16 << 10);
/// How many more entries than a map has room for a bucket of it may seem to have.
const SPARE_ENTRIES: usize = 4 << 10;

/// All entries of a map, one after the other.
#[derive(Debug)]
pub(crate) struct Entries<'map> {
    map: &'map RawMap,
    source: Source<'map>,
    with_values: bool,
}

#[derive(Debug)]
enum Source<'map> {
    Batches(Batches),
    /// Where there are no batches.
    Keys {
        keys: KeyWalk<'map>,
        key: Box<[u8]>,
        value: Vec<u8>,
        reading: Reading,
        with_values: bool,
    },
    End,
}

/// Entries read ahead.
#[derive(Debug)]
struct Batches {
    cursor: Cursor,
    reading: Reading,
    keys: Vec<u8>,
    values: Vec<u8>,
    /// How many entries there are in the buffers, and how many of them were handed out.
    filled: usize,
    used: usize,
    is_last: bool,
}

impl<'map> Entries<'map> {
    /// The entries, which stay in the map.
    pub(crate) fn read(map: &'map RawMap) -> Self {
        Self::new(map, Reading::Copy)
    }

    /// The entries, removed from the map as they are read.
    pub(crate) fn take(map: &'map RawMap) -> Self {
        Self::new(map, Reading::Take)
    }

    fn new(map: &'map RawMap, reading: Reading) -> Self {
        let source = if has_batches(map.kind()) {
            Source::Batches(Batches::new(map, reading))
        } else {
            Source::key_by_key(map, reading, true)
        };
        Self {
            map,
            source,
            with_values: true,
        }
    }

    /// For callers that do not look at the values: no system call is made for them alone, and maps
    /// whose values cannot be read have entries too.
    pub(crate) fn without_values(mut self) -> Self {
        self.with_values = false;
        if let Source::Keys { with_values, .. } = &mut self.source {
            *with_values = false;
        }
        self
    }

    /// The key and value of the next entry.
    ///
    /// After an error there are no more.
    pub(crate) fn next(&mut self) -> Result<Option<(&[u8], &[u8])>> {
        let found = self.advance();
        if !matches!(found, Ok(true)) {
            self.source = Source::End;
        }
        found?;
        Ok(self.current())
    }

    /// How many entries are left.
    pub(crate) fn count(self) -> Result<usize> {
        let (mut entries, mut count) = (self.without_values(), 0);
        while entries.next()?.is_some() {
            count += 1;
        }
        Ok(count)
    }

    /// Goes on to the next entry and tells whether there is one.
    fn advance(&mut self) -> Result<bool> {
        if let Source::Batches(batches) = &mut self.source {
            if let Some(found) = batches.advance(self.map)? {
                return Ok(found);
            }
            let reading = batches.reading;
            self.source = Source::key_by_key(self.map, reading, self.with_values);
        }
        self.advance_key()
    }

    fn advance_key(&mut self) -> Result<bool> {
        let Source::Keys {
            keys,
            key,
            value,
            reading,
            with_values,
        } = &mut self.source
        else {
            return Ok(false);
        };
        for next in keys {
            *key = next?;
            // A key that is gone by the time of its lookup is skipped.
            let found = !*with_values || self.map.lookup(key, value)?;
            if found && (*reading == Reading::Copy || self.map.remove(key)?) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn current(&self) -> Option<(&[u8], &[u8])> {
        match &self.source {
            Source::Batches(batches) => Some(batches.current(self.map)),
            Source::Keys { key, value, .. } => Some((key, value)),
            Source::End => None,
        }
    }
}

impl<'map> Source<'map> {
    fn key_by_key(map: &'map RawMap, reading: Reading, with_values: bool) -> Self {
        Self::Keys {
            keys: KeyWalk::new(map),
            key: Box::default(),
            value: vec![0; map.lookup_size()],
            reading,
            with_values,
        }
    }
}

impl Batches {
    fn new(map: &RawMap, reading: Reading) -> Self {
        let (least, most) = BATCH_ENTRIES;
        let entries = BATCH_BYTES / (map.key_size() + map.lookup_size()).max(1);
        let entries = entries.clamp(least, most).min(map.max_entries() as usize);
        let mut batches = Self {
            cursor: map.fd().cursor(),
            reading,
            keys: Vec::new(),
            values: Vec::new(),
            filled: 0,
            used: 0,
            is_last: false,
        };
        batches.resize(map, entries.max(1));
        batches
    }

    fn resize(&mut self, map: &RawMap, entries: usize) {
        self.keys.resize(entries * map.key_size(), 0);
        self.values.resize(entries * map.lookup_size(), 0);
    }

    /// Goes on to the next entry and tells whether there is one; `None` if there are no batches.
    fn advance(&mut self, map: &RawMap) -> Result<Option<bool>> {
        self.used += 1;
        while self.used > self.filled {
            if self.is_last {
                return Ok(Some(false));
            }
            let read = map.fd().read_batch(
                &mut self.cursor,
                &mut self.keys,
                &mut self.values,
                self.reading,
            );
            match read.map_err(|error| map.error("read the entries of", error))? {
                Batch::Unsupported => return Ok(None),
                Batch::More(0) | Batch::TooSmall => self.grow(map)?,
                Batch::More(filled) => (self.filled, self.used) = (filled, 1),
                Batch::Last(filled) => {
                    (self.filled, self.used) = (filled, 1);
                    self.is_last = true;
                }
            }
        }
        Ok(Some(true))
    }

    /// Makes room for a bucket that has more entries than the buffers.
    fn grow(&mut self, map: &RawMap) -> Result<()> {
        let entries = self.keys.len() / map.key_size();
        let most = map.max_entries() as usize + SPARE_ENTRIES;
        if entries >= most {
            return Err(map.too_fast());
        }
        self.resize(map, (entries * 2).min(most));
        Ok(())
    }

    fn current(&self, map: &RawMap) -> (&[u8], &[u8]) {
        let at = self.used.saturating_sub(1);
        let part = |bytes, size| slice_of(bytes, at, size);
        (
            part(&self.keys, map.key_size()),
            part(&self.values, map.lookup_size()),
        )
    }
}

fn slice_of(bytes: &[u8], at: usize, size: usize) -> &[u8] {
    &bytes[at * size..(at + 1) * size]
}

/// Whether the kernel reads entries of this kind of map in batches without missing any.
///
/// It has batches for tries too, but starts them again from the front when a program removes the
/// key where it is.
fn has_batches(kind: MapType) -> bool {
    matches!(
        kind,
        MapType::Hash
            | MapType::LruHash
            | MapType::PercpuHash
            | MapType::LruPercpuHash
            | MapType::Array
            | MapType::PercpuArray
    )
}
