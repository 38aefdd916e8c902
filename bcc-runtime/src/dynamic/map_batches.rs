//! Many entries at once of maps of a text that came at run time.
//!
//! In: keys and values. Out: the same changes as one by one, with few system calls.

use super::map::Map;
use super::value::Value;
use crate::error::Result;
use crate::map::batch_write::Writer;
use crate::map::entries::Entries;

/// Many entries at once.
impl Map {
    /// Takes all entries out of the map. bcc's `items_lookup_and_delete_batch`.
    ///
    /// No count is lost between reading and removing, as [`Hash::drain`](crate::map::Hash::drain)
    /// says.
    ///
    /// # Errors
    /// `InvalidInput` if the map has no keys or is an array, whose elements stay: use
    /// [`items`](Self::items) and [`clear`](Self::clear). Otherwise if the kernel refuses.
    pub fn drain(&self) -> Result<Vec<(Value, Value)>> {
        self.check_keys()?;
        if self.is_array() {
            return Err(self.wrong_kind("has elements that stay; use `items` and `clear`"));
        }
        self.collect(Entries::take(&self.raw))
    }

    /// Inserts entries or replaces their values, thousands with each system call. bcc's
    /// `items_update_batch`.
    ///
    /// ```no_run
    /// # use bcc_runtime::{Bpf, Result};
    /// # fn show(bpf: &Bpf) -> Result<()> {
    /// bpf.map("limits")?.update_batch([(1_u32, 10_u64), (2, 20)])
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`update`](Self::update); the entries in front of the one that is refused may have been
    /// written then.
    pub fn update_batch<K: Into<Value>, V: Into<Value>>(
        &self,
        entries: impl IntoIterator<Item = (K, V)>,
    ) -> Result<()> {
        let mut writer = Writer::new(&self.raw);
        for (key, value) in entries {
            let key = self.key(&key.into())?;
            self.check_index(&key)?;
            writer.push(&key, &self.value(&value.into())?)?;
        }
        writer.finish()
    }

    /// Removes the entries of these keys, thousands with each system call, and returns how many of
    /// them existed. bcc's `items_delete_batch`, which stops at a key that does not exist.
    ///
    /// # Errors
    /// As [`remove`](Self::remove); entries in front of the refused one are gone then.
    pub fn remove_batch<K: Into<Value>>(&self, keys: impl IntoIterator<Item = K>) -> Result<usize> {
        let mut bytes = Vec::new();
        for key in keys {
            bytes.extend(self.key(&key.into())?);
        }
        self.raw.remove_all(&bytes)
    }
}
