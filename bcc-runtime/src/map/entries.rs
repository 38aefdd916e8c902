//! Reading all entries of a map, many with each system call where the kernel can.
//!
//! In: a map. Out: its entries, as bytes, in the kernel's order.
//!
//! In a hash table the kernel reads bucket by bucket, each under its lock, and an entry never
//! changes buckets. So each entry that is there all the time comes exactly once, whatever comes and
//! goes meanwhile, and nothing starts again from the front.

use super::batch_read::{self, Batches};
use super::keys::KeyWalk;
use super::raw::RawMap;
use crate::error::Result;
use crate::sys::map_batch::Reading;

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
        let source = if batch_read::exist(map.kind()) {
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

    /// What is read in batches, if the last of them has been handed out to its end.
    pub(super) fn behind_batch(&self) -> Option<(&'map RawMap, &Batches)> {
        match &self.source {
            Source::Batches(batches) if batches.is_used_up() => Some((self.map, batches)),
            _ => None,
        }
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
            let reading = batches.reading();
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
