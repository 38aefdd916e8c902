//! Hash tables: `BPF_HASH`, `BPF_TABLE("lru_hash", ...)` and their per-CPU kinds.
//!
//! In: keys and values of the types the program text gives the map. Out: the kernel's entries.

use super::keys::KeyWalk;
use super::raw::RawMap;
use super::{FromMap, MapSource, Value, check_key, check_value};
use crate::decode::{self, Data};
use crate::error::Result;
use crate::histogram::{Histogram, HistogramKey};
use libbpf_rs::MapType;
use std::fmt;
use std::hash::Hash as StdHash;
use std::iter::FusedIterator;
use std::marker::PhantomData;
use std::sync::Arc;

/// A hash table in the kernel.
///
/// Clones share the table, and a clone keeps it alive after its `Bpf` is gone, so they can go to
/// other threads and into callbacks. For a key or value of type [`Bytes`](super::Bytes), slices of
/// bytes are handed in and `Vec<u8>` handed out.
pub struct Hash<K, V> {
    pub(super) raw: Arc<RawMap>,
    types: PhantomData<fn() -> (K, V)>,
}

impl<K: Data, V: Value> Hash<K, V> {
    /// The value of a key; `None` if there is no such key. bcc's `table[key]`.
    ///
    /// # Errors
    /// If the kernel refuses the lookup.
    pub fn get(&self, key: &K::View) -> Result<Option<V::Owned>> {
        self.get_bytes(K::bytes(key))
    }

    /// Whether there is such a key.
    ///
    /// # Errors
    /// If the kernel refuses the lookup.
    pub fn contains_key(&self, key: &K::View) -> Result<bool> {
        Ok(self.get(key)?.is_some())
    }

    /// Inserts an entry whose key must be new, like `insert` in the program text.
    ///
    /// # Errors
    /// `AlreadyExists` if there is such a key, `MapFull` if there is no room.
    pub fn insert(&self, key: &K::View, value: &V::View) -> Result<()> {
        let send = |value: &[u8]| self.raw.insert(K::bytes(key), value);
        V::write(value, self.raw.lookup_size(), send)
    }

    /// Inserts an entry or replaces its value. bcc's `table[key] = value`.
    ///
    /// # Errors
    /// `MapFull` if the key is new and there is no room.
    pub fn update(&self, key: &K::View, value: &V::View) -> Result<()> {
        let send = |value: &[u8]| self.raw.update(K::bytes(key), value);
        V::write(value, self.raw.lookup_size(), send)
    }

    /// Removes an entry and tells whether it existed. bcc's `del table[key]`.
    ///
    /// # Errors
    /// If the kernel refuses it.
    pub fn remove(&self, key: &K::View) -> Result<bool> {
        self.raw.remove(K::bytes(key))
    }

    /// Goes through the entries while programs may change them.
    ///
    /// An entry that is neither removed nor replaced by `update` meanwhile comes exactly once; one
    /// that is may be missed. No entry comes twice. Removing entries on the way is fine.
    #[must_use]
    pub fn iter(&self) -> Iter<'_, K, V> {
        Iter {
            map: self,
            keys: KeyWalk::new(&self.raw),
        }
    }

    /// All entries, with the guarantee of [`iter`](Self::iter). bcc's `items()`.
    ///
    /// # Errors
    /// If the kernel refuses a lookup, or if keys come and go faster than they can be listed.
    pub fn items(&self) -> Result<Vec<(K::Owned, V::Owned)>> {
        self.iter().collect()
    }

    /// All keys, with the guarantee of [`iter`](Self::iter). bcc's `keys()`.
    ///
    /// # Errors
    /// If keys come and go faster than they can be listed.
    pub fn keys(&self) -> Result<Vec<K::Owned>> {
        let keys = KeyWalk::new(&self.raw);
        keys.map(|key| Ok(decode::copy::<K>(&key?))).collect()
    }

    /// All values, with the guarantee of [`iter`](Self::iter). bcc's `values()`.
    ///
    /// # Errors
    /// If the kernel refuses a lookup, or if keys come and go faster than they can be listed.
    pub fn values(&self) -> Result<Vec<V::Owned>> {
        self.iter().map(|entry| Ok(entry?.1)).collect()
    }

    /// Removes all entries that are there now. bcc's `clear()`.
    ///
    /// # Errors
    /// If the kernel refuses it, or if keys come and go faster than they can be listed.
    pub fn clear(&self) -> Result<()> {
        KeyWalk::new(&self.raw).try_for_each(|key| self.raw.remove(&key?).map(drop))
    }

    /// The number of entries, found by going through them. bcc's `len(table)`.
    ///
    /// # Errors
    /// If keys come and go faster than they can be listed.
    pub fn len(&self) -> Result<usize> {
        KeyWalk::new(&self.raw).try_fold(0, |count, key| key.map(|_| count + 1))
    }

    /// Whether there is no entry.
    ///
    /// # Errors
    /// If the kernel refuses to look.
    pub fn is_empty(&self) -> Result<bool> {
        Ok(self.raw.next_key(None)?.is_none())
    }

    /// The number of entries there is room for.
    #[must_use]
    pub fn max_entries(&self) -> u32 {
        self.raw.max_entries()
    }

    /// The map's name in the program text.
    #[must_use]
    pub fn name(&self) -> &str {
        self.raw.name()
    }

    fn get_bytes(&self, key: &[u8]) -> Result<Option<V::Owned>> {
        V::read(self.raw.lookup_size(), |value| self.raw.lookup(key, value))
    }
}

impl<K: Data, V: Value> Hash<K, V>
where
    V::Owned: Into<u64>,
{
    /// The counts by a key of two parts: `split` gives the section and the slot of a key.
    ///
    /// ```no_run
    /// # use bcc_runtime::{Result, map::Hash};
    /// # fn show(dist: &Hash<[u64; 2], u64>) -> Result<()> {
    /// let by_disk = dist.histogram_by(|key| (key[0], key[1]))?;
    /// by_disk.section_header("disk").print_log2_hist("usecs")
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the kernel refuses a lookup, or if the slot of a count is negative or above 1024.
    pub fn histogram_by<S, N>(
        &self,
        mut split: impl FnMut(&K::Owned) -> (S, N),
    ) -> Result<Histogram<S>>
    where
        S: Eq + StdHash + Clone,
        N: TryInto<usize>,
    {
        let counts = self.iter().map(|entry| {
            let (key, count) = entry?;
            Ok((split(&key), count.into()))
        });
        Histogram::from_sections(counts)
    }

    /// The counts by slot.
    ///
    /// # Errors
    /// If the kernel refuses a lookup, or if the slot of a count is negative or above 1024.
    pub fn histogram(&self) -> Result<Histogram>
    where
        K::Owned: HistogramKey,
    {
        let counts = self.iter().map(|entry| {
            let (key, count) = entry?;
            Ok((key, count.into()))
        });
        Histogram::from_slots(counts)
    }

    /// Prints the counts as a histogram of powers of two. bcc's `print_log2_hist`.
    ///
    /// # Errors
    /// If the kernel refuses a lookup, if a slot above 64 has a count, or if the standard output
    /// cannot be written.
    pub fn print_log2_hist(&self, val_type: &str) -> Result<()>
    where
        K::Owned: HistogramKey,
    {
        self.histogram()?.print_log2_hist(val_type)
    }

    /// Prints the counts as a linear histogram. bcc's `print_linear_hist`.
    ///
    /// # Errors
    /// If the kernel refuses a lookup, if a slot above 1024 has a count, or if the standard output
    /// cannot be written.
    pub fn print_linear_hist(&self, val_type: &str) -> Result<()>
    where
        K::Owned: HistogramKey,
    {
        self.histogram()?.print_linear_hist(val_type)
    }
}

/// The entries of a hash table; see [`Hash::iter`] for what it promises.
pub struct Iter<'map, K, V> {
    map: &'map Hash<K, V>,
    keys: KeyWalk<'map>,
}

impl<K: Data, V: Value> Iterator for Iter<'_, K, V> {
    type Item = Result<(K::Owned, V::Owned)>;

    fn next(&mut self) -> Option<Self::Item> {
        // A key that is gone by the time of its lookup is skipped.
        self.keys.find_map(|key| {
            let entry = key.and_then(|key| {
                let value = self.map.get_bytes(&key)?;
                Ok(value.map(|value| (decode::copy::<K>(&key), value)))
            });
            entry.transpose()
        })
    }
}

impl<K: Data, V: Value> FusedIterator for Iter<'_, K, V> {}

impl<'map, K: Data, V: Value> IntoIterator for &'map Hash<K, V> {
    type Item = Result<(K::Owned, V::Owned)>;
    type IntoIter = Iter<'map, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<K, V> Clone for Hash<K, V> {
    fn clone(&self) -> Self {
        Self {
            raw: Arc::clone(&self.raw),
            types: PhantomData,
        }
    }
}

impl<K, V> fmt::Debug for Hash<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Hash").field(&self.raw.name()).finish()
    }
}

impl<K, V> fmt::Debug for Iter<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Iter").field(&self.map).finish()
    }
}

impl<K: Data, V: Value> FromMap for Hash<K, V> {
    fn from_map(source: &MapSource<'_>) -> Result<Self> {
        let kinds = if V::PER_CPU {
            &[
                MapType::PercpuHash,
                MapType::LruPercpuHash,
                MapType::PercpuCgroupStorage,
            ][..]
        } else {
            &[
                MapType::Hash,
                MapType::LruHash,
                MapType::LpmTrie,
                MapType::CgroupStorage,
            ][..]
        };
        let raw = source.open(kinds)?;
        check_key::<K>(&raw)?;
        check_value::<V>(&raw)?;
        Ok(Self {
            raw,
            types: PhantomData,
        })
    }
}
