//! Changing many entries of a map with each system call where the kernel can.
//!
//! In: keys, and values for them, as bytes. Out: the same changes as one by one, in their order.

use super::raw::RawMap;
use crate::error::{Error, Result};
use std::io;

/// About how many bytes of keys and values are handed over with one system call.
const BATCH_BYTES: usize = 512 << 10;

/// Changes that wait for being handed over.
#[derive(Debug)]
pub(crate) struct Writer<'map> {
    map: &'map RawMap,
    keys: Vec<u8>,
    values: Vec<u8>,
    written: usize,
}

impl<'map> Writer<'map> {
    pub(crate) fn new(map: &'map RawMap) -> Self {
        Self {
            map,
            keys: Vec::new(),
            values: Vec::new(),
            written: 0,
        }
    }

    /// Adds a value under a key. Both must have the map's sizes.
    pub(crate) fn push(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        self.map.check_sizes(key, Some(value))?;
        self.keys.extend_from_slice(key);
        self.values.extend_from_slice(value);
        if self.keys.len() + self.values.len() >= BATCH_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    /// Hands over the rest.
    pub(crate) fn finish(mut self) -> Result<()> {
        self.flush()
    }

    fn flush(&mut self) -> Result<()> {
        let written = self.write();
        let (keys, values) = (&mut self.keys, &mut self.values);
        keys.clear();
        values.clear();
        written
    }

    fn write(&mut self) -> Result<()> {
        if self.keys.is_empty() {
            return Ok(());
        }
        let changed = self.map.fd().update_batch(&self.keys, &self.values);
        match changed.map_err(|error| self.failure(error))? {
            None => self.write_one_by_one(),
            Some(changed) => {
                self.written += changed.done;
                let failure = changed.failure.map(|error| self.failure(error));
                failure.map_or(Ok(()), Err)
            }
        }
    }

    fn write_one_by_one(&mut self) -> Result<()> {
        let keys = self.keys.chunks_exact(self.map.key_size());
        let values = self.values.chunks_exact(self.map.lookup_size());
        for (key, value) in keys.zip(values) {
            let updated = self.map.update(key, value);
            updated.map_err(|error| with_count(error, self.written))?;
            self.written += 1;
        }
        Ok(())
    }

    fn failure(&self, error: io::Error) -> Error {
        with_count(self.map.update_error(error), self.written)
    }
}

/// Says how far a batch got.
fn with_count(error: Error, written: usize) -> Error {
    let kind = error.kind();
    let text = format!("{written} entries of a batch were written, the next was not");
    Error::new(kind, text).with_cause(error)
}

impl RawMap {
    /// Removes the entries of these keys, one behind the other, and tells how many there were.
    pub(crate) fn remove_all(&self, keys: &[u8]) -> Result<usize> {
        let mut removed = 0;
        let most = (BATCH_BYTES / self.key_size().max(1)).max(1) * self.key_size();
        for part in keys.chunks(most.max(1)) {
            removed += self.remove_part(part)?;
        }
        Ok(removed)
    }

    fn remove_part(&self, mut keys: &[u8]) -> Result<usize> {
        let mut removed = 0;
        while !keys.is_empty() {
            let changed = self.fd().delete_batch(keys);
            let changed = changed.map_err(|error| self.error("remove entries from", error))?;
            let Some(changed) = changed else {
                return Ok(removed + self.remove_one_by_one(keys)?);
            };
            removed += changed.done;
            // The kernel stops at a key that is not there.
            let passed = match changed.failure {
                None => changed.done,
                Some(error) if error.kind() == io::ErrorKind::NotFound => changed.done + 1,
                Some(error) => return Err(self.error("remove entries from", error)),
            };
            keys = keys.get(passed * self.key_size()..).unwrap_or_default();
        }
        Ok(removed)
    }

    fn remove_one_by_one(&self, keys: &[u8]) -> Result<usize> {
        let keys = keys.chunks_exact(self.key_size());
        keys.map(|key| self.remove(key).map(usize::from)).sum()
    }
}
