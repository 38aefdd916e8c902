//! Arrays: `BPF_ARRAY`, `BPF_PERCPU_ARRAY` and `BPF_HISTOGRAM` with an `int` key.
//!
//! In: an index and a value of the type the program text gives the map. Out: the kernel's elements,
//! all of which always exist.

use super::raw::RawMap;
use super::{FromMap, MapSource, Value, check_value};
use crate::error::Result;
use crate::histogram::Histogram;
use libbpf_rs::MapType;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// An array in the kernel.
///
/// Clones share the array, and a clone keeps it alive after its `Bpf` is gone.
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

    /// Goes through the elements by index.
    pub fn iter(&self) -> impl Iterator<Item = Result<(u32, V::Owned)>> + '_ {
        (0..self.max_entries()).map(|index| Ok((index, self.get(index)?)))
    }

    /// All elements with their indices. bcc's `items()`.
    ///
    /// # Errors
    /// If the kernel refuses a lookup.
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

    /// Sets all elements to zero. bcc's `clear()`.
    ///
    /// # Errors
    /// If the kernel refuses it.
    pub fn clear(&self) -> Result<()> {
        let zeros = vec![0; self.raw.lookup_size()];
        (0..self.max_entries()).try_for_each(|index| self.update_bytes(index, &zeros))
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

impl<V: Value> Array<V>
where
    V::Owned: Into<u64>,
{
    /// The counts by slot.
    ///
    /// # Errors
    /// If the kernel refuses a lookup, or if a slot above 1024 has a count.
    pub fn histogram(&self) -> Result<Histogram> {
        let counts = self.iter().map(|entry| {
            let (slot, count) = entry?;
            Ok((slot, count.into()))
        });
        Histogram::from_slots(counts)
    }

    /// Prints the counts as a histogram of powers of two. bcc's `print_log2_hist`.
    ///
    /// # Errors
    /// If the kernel refuses a lookup, if a slot above 64 has a count, or if the standard output
    /// cannot be written.
    pub fn print_log2_hist(&self, val_type: &str) -> Result<()> {
        self.histogram()?.print_log2_hist(val_type)
    }

    /// Prints the counts as a linear histogram. bcc's `print_linear_hist`.
    ///
    /// # Errors
    /// If the kernel refuses a lookup, if a slot above 1024 has a count, or if the standard output
    /// cannot be written.
    pub fn print_linear_hist(&self, val_type: &str) -> Result<()> {
        self.histogram()?.print_linear_hist(val_type)
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
