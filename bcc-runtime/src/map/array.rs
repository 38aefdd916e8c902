//! Arrays: `BPF_ARRAY`, `BPF_PERCPU_ARRAY` and `BPF_HISTOGRAM` with an `int` key.
//!
//! In: an index and a value of the type the program text gives the map. Out: the kernel's elements,
//! all of which always exist.

use super::batch_write::Writer;
use super::entries::Entries;
use super::hash::Iter;
use super::raw::RawMap;
use super::{FromMap, MapSource, Value, check_value};
use crate::error::Result;
use libbpf_rs::MapType;
use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// An array in the kernel: `BPF_ARRAY`, with 10240 values by default, and a `BPF_HISTOGRAM` over
/// `int`, with 64.
///
/// All values are always there, zero at first. Clones share the array, and a clone keeps it alive
/// after its `Bpf` is gone.
///
/// Minimum kernel: 3.19; 4.6 with a value for each CPU.
pub struct Array<V> {
    pub(super) raw: Arc<RawMap>,
    types: PhantomData<fn() -> V>,
}

impl<V: Value> Array<V> {
    /// The element at an index. bcc's `table[index]`.
    ///
    /// # Errors
    /// `InvalidInput` if the array has no such index.
    pub fn get(&self, index: u32) -> Result<V::Owned> {
        let key = index.to_ne_bytes();
        let fill = |value: &mut [u8]| self.raw.lookup(&key, value);
        V::read(self.raw.lookup_size(), fill)?.ok_or_else(|| self.raw.out_of_range(index))
    }

    /// Replaces the element at an index. bcc's `table[index] = value`.
    ///
    /// # Errors
    /// `InvalidInput` if the array has no such index.
    pub fn update(&self, index: u32, value: &V::View) -> Result<()> {
        let send = |value: &[u8]| self.update_bytes(index, value);
        V::write(value, self.raw.lookup_size(), send)
    }

    /// Replaces the elements from index 0 on, thousands with each system call; those behind the
    /// last of `values` stay. bcc's `items_update_batch`.
    ///
    /// Before Linux 5.6, and for per-CPU arrays before 5.13, there is a system call for each.
    ///
    /// # Errors
    /// `InvalidInput` if there are more values than elements; as many as there is room for have
    /// been written then.
    pub fn update_all<ValueRef: Borrow<V::View>>(
        &self,
        values: impl IntoIterator<Item = ValueRef>,
    ) -> Result<()> {
        let mut writer = Writer::new(&self.raw);
        let mut values = values.into_iter();
        for (index, value) in (0..self.max_entries()).zip(&mut values) {
            let push = |value: &[u8]| writer.push(&index.to_ne_bytes(), value);
            V::write(value.borrow(), self.raw.lookup_size(), push)?;
        }
        writer.finish()?;
        match values.next() {
            None => Ok(()),
            Some(_) => Err(self.raw.out_of_range(self.max_entries())),
        }
    }

    /// Goes through the elements by index, thousands of which come with each system call. bcc's
    /// `items_lookup_batch`.
    ///
    /// Before Linux 5.6, and for per-CPU arrays before 5.13, there are two system calls for each.
    pub fn iter(&self) -> impl Iterator<Item = Result<(u32, V::Owned)>> + '_ {
        Iter::<u32, V>::new(Entries::read(&self.raw))
    }

    /// All elements with their indices. bcc's `items()` and `items_lookup_batch`.
    ///
    /// # Errors
    /// If the kernel refuses a lookup.
    #[doc(alias = "items_lookup_batch")]
    pub fn items(&self) -> Result<Vec<(u32, V::Owned)>> {
        self.iter().collect()
    }

    /// All elements. bcc's `values()`.
    ///
    /// # Errors
    /// If the kernel refuses a lookup.
    pub fn values(&self) -> Result<Vec<V::Owned>> {
        self.iter().map(|entry| Ok(entry?.1)).collect()
    }

    /// Sets all elements to zero. bcc's `clear()` and `zero()`.
    ///
    /// # Errors
    /// If the kernel refuses it.
    #[doc(alias = "zero")]
    pub fn clear(&self) -> Result<()> {
        let zeros = vec![0; self.raw.lookup_size()];
        let mut writer = Writer::new(&self.raw);
        (0..self.max_entries()).try_for_each(|index| writer.push(&index.to_ne_bytes(), &zeros))?;
        writer.finish()
    }

    /// The number of elements.
    #[must_use]
    pub fn max_entries(&self) -> u32 {
        self.raw.max_entries()
    }

    /// The map's name in the program text.
    #[must_use]
    pub fn name(&self) -> &str {
        self.raw.name()
    }

    fn update_bytes(&self, index: u32, value: &[u8]) -> Result<()> {
        if index >= self.max_entries() {
            return Err(self.raw.out_of_range(index));
        }
        self.raw.update(&index.to_ne_bytes(), value)
    }
}

impl<V> Clone for Array<V> {
    fn clone(&self) -> Self {
        Self {
            raw: Arc::clone(&self.raw),
            types: PhantomData,
        }
    }
}

impl<V> fmt::Debug for Array<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Array").field(&self.raw.name()).finish()
    }
}

impl<V: Value> FromMap for Array<V> {
    fn from_map(source: &MapSource<'_>) -> Result<Self> {
        let kind = if V::PER_CPU {
            MapType::PercpuArray
        } else {
            MapType::Array
        };
        let raw = source.open(&[kind])?;
        check_value::<V>(&raw)?;
        Ok(Self {
            raw,
            types: PhantomData,
        })
    }
}
