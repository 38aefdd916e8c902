//! Hash tables: `BPF_HASH`, `BPF_TABLE("lru_hash", ...)` and their per-CPU kinds.
//!
//! In: keys and values of the types the program text gives the map. Out: the kernel's entries.

use super::batch_write::Writer;
use super::entries::Entries;
use super::raw::RawMap;
use super::spread::{self, Make};
use super::{FromMap, MapSource, Value, check_key, check_value};
use crate::decode::{self, Data};
use crate::error::Result;
use libbpf_rs::MapType;
use std::borrow::Borrow;
use std::fmt;
use std::iter::FusedIterator;
use std::marker::PhantomData;
use std::sync::Arc;

/// A hash table in the kernel: `BPF_HASH`, with room for 10240 entries by default, its per-CPU and
/// LRU kinds, `BPF_LPM_TRIE`, and a `BPF_HISTOGRAM` over anything but `int`.
///
/// Clones share the table, and a clone keeps it alive after its `Bpf` is gone, so they can go to
/// other threads and into callbacks. For a key or value of type [`Bytes`](super::Bytes), slices of
/// bytes are handed in and `Vec<u8>` handed out.
///
/// Minimum kernel: 3.19; 4.6 with a value for each CPU, 4.10 for LRU kinds, 4.11 for tries.
pub struct Hash<K, V> {
    pub(super) raw: Arc<RawMap>,
    types: PhantomData<fn() -> (K, V)>,
}

impl<K: Data, V: Value> Hash<K, V> {
    /// The value of a key, copied; `None` if there is no such key. bcc's `table[key]`.
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

    /// Inserts entries or replaces their values, thousands with each system call. bcc's
    /// `items_update_batch`.
    ///
    /// ```no_run
    /// # use bcc_runtime::{Result, map::Hash};
    /// # fn fill(names: &Hash<u32, [u8; 16]>) -> Result<()> {
    /// names.update_batch([(1, *b"init            "), (2, *b"kthreadd        ")])
    /// # }
    /// ```
    ///
    /// Programs may see some of the entries before the others. Before Linux 5.6, and for tries
    /// before 5.13, there is a system call for each.
    ///
    /// # Errors
    /// `MapFull` if there is no room, and whatever else [`update`](Self::update) says; the entries
    /// in front of the one that is refused have been written then, and the error says how many.
    pub fn update_batch<KeyRef, ValueRef>(
        &self,
        entries: impl IntoIterator<Item = (KeyRef, ValueRef)>,
    ) -> Result<()>
    where
        KeyRef: Borrow<K::View>,
        ValueRef: Borrow<V::View>,
    {
        let mut writer = Writer::new(&self.raw);
        for (key, value) in entries {
            let push = |value: &[u8]| writer.push(K::bytes(key.borrow()), value);
            V::write(value.borrow(), self.raw.lookup_size(), push)?;
        }
        writer.finish()
    }

    /// Removes the entries of these keys, thousands with each system call, and returns how many of
    /// them existed. bcc's `items_delete_batch`, which stops at a key that does not exist.
    ///
    /// Before Linux 5.6, and for tries before 5.13, there is a system call for each.
    ///
    /// # Errors
    /// If the kernel refuses it; entries in front of the refused one are gone then.
    #[doc(alias = "delete_batch")]
    pub fn remove_batch<KeyRef: Borrow<K::View>>(
        &self,
        keys: impl IntoIterator<Item = KeyRef>,
    ) -> Result<usize> {
        let mut bytes = Vec::new();
        for key in keys {
            let key = K::bytes(key.borrow());
            self.raw.check_sizes(key, None)?;
            bytes.extend_from_slice(key);
        }
        self.raw.remove_all(&bytes)
    }

    /// Goes through the entries while programs may change them. bcc's `items_lookup_batch`.
    ///
    /// Thousands of entries come with each system call, so a value may be some thousand entries
    /// old when it is handed out; removing entries on the way is fine. What is promised:
    ///
    /// - An entry that is there all the time comes exactly once, with a value it had meanwhile.
    /// - One that is inserted or removed meanwhile may come or not. No key comes twice.
    /// - The list is never cut short: what ends it too early is an error, and the last item.
    ///
    /// All entries together are no picture of one moment, since programs do not wait.
    ///
    /// Before Linux 5.6, and for tries and storages of cgroups, the kernel has no batches: there
    /// are two system calls for each entry then, and an entry that programs replace by `update`
    /// meanwhile may be missed.
    #[must_use]
    pub fn iter(&self) -> Iter<'_, K, V> {
        Iter::new(Entries::read(&self.raw))
    }

    /// Takes all entries out of the map; each is removed as it is read. bcc's
    /// `items_lookup_and_delete_batch`.
    ///
    /// No count is lost between reading and removing: what a program adds later starts a new entry,
    /// which may come as well or stay in the map.
    ///
    /// Entries are taken by the thousand, like those of [`iter`](Self::iter). If the iterator is
    /// dropped early, those that it has taken and not handed out are gone.
    ///
    /// ```no_run
    /// # use bcc_runtime::{Result, map::Hash};
    /// # fn report(bytes: &Hash<u32, u64>) -> Result<()> {
    /// for entry in bytes.drain() {
    ///     let (pid, bytes) = entry?;
    ///     println!("{pid:<7} {bytes}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Before Linux 5.6, and for tries, what programs change between the reading and the removal of
    /// an entry is lost.
    #[doc(alias = "items_lookup_and_delete_batch")]
    #[must_use = "entries are taken as the iterator goes on"]
    pub fn drain(&self) -> Iter<'_, K, V> {
        Iter::new(Entries::take(&self.raw))
    }

    /// All entries, with the guarantee of [`iter`](Self::iter). bcc's `items()` and
    /// `items_lookup_batch`.
    ///
    /// A hash of more than some ten thousand entries is read by up to four threads, where there are
    /// as many CPUs: they are there for this call alone.
    ///
    /// # Errors
    /// If the kernel refuses a lookup, or if keys come and go faster than they can be listed.
    #[doc(alias = "items_lookup_batch")]
    pub fn items(&self) -> Result<Vec<(K::Owned, V::Owned)>> {
        spread::collect(Entries::read(&self.raw), &Pairs::<K, V>(PhantomData))
    }

    /// All keys, with the guarantee of [`iter`](Self::iter). bcc's `keys()`.
    ///
    /// # Errors
    /// As [`items`](Self::items).
    pub fn keys(&self) -> Result<Vec<K::Owned>> {
        let entries = Entries::read(&self.raw).without_values();
        spread::collect(entries, &Keys::<K>(PhantomData))
    }

    /// All values, with the guarantee of [`iter`](Self::iter). bcc's `values()`.
    ///
    /// # Errors
    /// As [`items`](Self::items).
    pub fn values(&self) -> Result<Vec<V::Owned>> {
        let items = self.items()?;
        Ok(items.into_iter().map(|(_, value)| value).collect())
    }

    /// Removes all entries that are there now. bcc's `clear()`, and `items_delete_batch` without
    /// keys.
    ///
    /// # Errors
    /// If the kernel refuses it, or if keys come and go faster than they can be listed.
    pub fn clear(&self) -> Result<()> {
        Entries::take(&self.raw).count().map(drop)
    }

    /// Sets the values of all entries to zero, and keeps the keys. bcc's `zero()`.
    ///
    /// An entry that a program removes meanwhile does not come back.
    ///
    /// # Errors
    /// As [`items`](Self::items).
    pub fn zero(&self) -> Result<()> {
        let zeros = vec![0; self.raw.lookup_size()];
        let mut entries = Entries::read(&self.raw).without_values();
        while let Some((key, _)) = entries.next()? {
            self.raw.replace(key, &zeros)?;
        }
        Ok(())
    }

    /// The number of entries, found by going through them. bcc's `len(table)`.
    ///
    /// # Errors
    /// As [`items`](Self::items).
    pub fn len(&self) -> Result<usize> {
        Entries::read(&self.raw).count()
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

/// Makes pairs of entries.
struct Pairs<K, V>(PhantomData<fn() -> (K, V)>);

impl<K: Data, V: Value> Make for Pairs<K, V> {
    type Item = (K::Owned, V::Owned);

    fn make(&self, key: &[u8], value: &[u8]) -> Result<Self::Item> {
        Ok((decode::copy::<K>(key), V::decode(value)?))
    }

    fn key((key, _): &Self::Item) -> &[u8] {
        K::bytes(K::view(key))
    }
}

/// Makes keys of entries.
struct Keys<K>(PhantomData<fn() -> K>);

impl<K: Data> Make for Keys<K> {
    type Item = K::Owned;

    fn make(&self, key: &[u8], _value: &[u8]) -> Result<K::Owned> {
        Ok(decode::copy::<K>(key))
    }

    fn key(key: &K::Owned) -> &[u8] {
        K::bytes(K::view(key))
    }
}

/// The entries of a hash table; see [`Hash::iter`] and [`Hash::drain`] for what it promises.
#[derive(Debug)]
pub struct Iter<'map, K, V> {
    entries: Entries<'map>,
    types: PhantomData<fn() -> (K, V)>,
}

impl<'map, K, V> Iter<'map, K, V> {
    pub(super) fn new(entries: Entries<'map>) -> Self {
        Self {
            entries,
            types: PhantomData,
        }
    }
}

impl<K: Data, V: Value> Iterator for Iter<'_, K, V> {
    type Item = Result<(K::Owned, V::Owned)>;

    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.entries.next().transpose()?;
        Some(entry.and_then(|(key, value)| Ok((decode::copy::<K>(key), V::decode(value)?))))
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
