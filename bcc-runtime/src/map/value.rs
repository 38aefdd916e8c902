//! What a map holds under one key: a value, or one value for each CPU.
//!
//! In: the bytes of a lookup. Out: a value, or [`PerCpu`] values; and back for an update.

use crate::cpu;
use crate::decode::{self, Data};
use crate::error::{Error, ErrorKind, Result};
use std::iter::Sum;
use std::ops::Deref;

/// What a map can hold under one key: any [`Data`], or [`PerCpu`] of it.
pub trait Value: 'static {
    /// How a value is handed in.
    type View: ?Sized;
    /// How a value is handed out.
    type Owned: Send;

    /// Size of one value in bytes; `None` if only the running kernel tells.
    #[doc(hidden)]
    const SIZE: Option<usize>;
    /// Whether each CPU has its own value.
    #[doc(hidden)]
    const PER_CPU: bool;

    /// Name of the type of one value.
    #[doc(hidden)]
    #[must_use]
    fn type_name() -> &'static str;

    /// A value from the bytes that `fill` writes; `None` if it says that there are none.
    #[doc(hidden)]
    fn read(
        size: usize,
        fill: impl FnOnce(&mut [u8]) -> Result<bool>,
    ) -> Result<Option<Self::Owned>>;

    /// A value from the bytes of one entry.
    #[doc(hidden)]
    fn decode(bytes: &[u8]) -> Result<Self::Owned>;

    /// Hands the bytes of a value to `send`.
    #[doc(hidden)]
    fn write(view: &Self::View, size: usize, send: impl FnOnce(&[u8]) -> Result<()>) -> Result<()>;
}

impl<T: Data> Value for T {
    type View = T::View;
    type Owned = T::Owned;

    const SIZE: Option<usize> = T::SIZE;
    const PER_CPU: bool = false;

    fn type_name() -> &'static str {
        std::any::type_name::<T>()
    }

    fn read(size: usize, fill: impl FnOnce(&mut [u8]) -> Result<bool>) -> Result<Option<T::Owned>> {
        let mut value = T::zeroed(size);
        let found = fill(T::bytes_mut(&mut value))?;
        Ok(found.then_some(value))
    }

    fn decode(bytes: &[u8]) -> Result<T::Owned> {
        Ok(decode::copy::<T>(bytes))
    }

    fn write(view: &T::View, _size: usize, send: impl FnOnce(&[u8]) -> Result<()>) -> Result<()> {
        send(T::bytes(view))
    }
}

/// One value for each possible CPU, in the order of their numbers.
///
/// It derefs to a slice; `values[cpu]` is the value of one CPU. What bcc's per-CPU tables compute
/// is here as [`sum`](Self::sum), [`max`](Self::max), [`average`](Self::average) and, for structs,
/// [`reduce`](Self::reduce).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PerCpu<V: Data> {
    values: Vec<V::Owned>,
}

impl<V: Data> PerCpu<V> {
    /// The same value for every CPU.
    ///
    /// # Errors
    /// If the number of CPUs cannot be read.
    pub fn all(value: V::Owned) -> Result<Self> {
        let values = vec![value; cpu::possible_count()?];
        Ok(Self { values })
    }

    /// A value for each possible CPU, in the order of their numbers. An update with more or fewer
    /// values than there are CPUs is refused.
    #[must_use]
    pub fn new(values: Vec<V::Owned>) -> Self {
        Self { values }
    }

    /// The values, without the wrapper.
    #[must_use]
    pub fn into_vec(self) -> Vec<V::Owned> {
        self.values
    }

    /// The sum over all CPUs, in the unit of the values. bcc's `sum`.
    ///
    /// The type of the sum is the caller's choice among those that the values add up to:
    /// `values.sum::<u64>()`.
    ///
    /// # Panics
    /// In a debug build, if the sum does not fit.
    #[must_use]
    pub fn sum<S: for<'value> Sum<&'value V::Owned>>(&self) -> S {
        self.values.iter().sum()
    }

    /// The largest value of any CPU; `None` if there is no value. bcc's `max`.
    #[must_use]
    pub fn max(&self) -> Option<&V::Owned>
    where
        V::Owned: Ord,
    {
        self.values.iter().max()
    }

    /// The smallest value of any CPU; `None` if there is no value.
    #[must_use]
    pub fn min(&self) -> Option<&V::Owned>
    where
        V::Owned: Ord,
    {
        self.values.iter().min()
    }

    /// The values put together by `combine`, from the first CPU's on; `None` if there is no value.
    /// bcc's `reducer`, for values that are structs.
    ///
    /// ```
    /// # use bcc_runtime::map::PerCpu;
    /// // Packets and bytes.
    /// let values = PerCpu::<[u64; 2]>::new(vec![[1, 60], [2, 3000]]);
    /// let total = values.reduce(|total, next| [total[0] + next[0], total[1] + next[1]]);
    /// assert_eq!(total, Some([3, 3060]));
    /// ```
    #[must_use]
    pub fn reduce(
        &self,
        mut combine: impl FnMut(V::Owned, &V::Owned) -> V::Owned,
    ) -> Option<V::Owned> {
        let (first, others) = self.values.split_first()?;
        Some(others.iter().fold(first.clone(), &mut combine))
    }
}

impl<V: Data> PerCpu<V>
where
    V::Owned: Copy + Into<i128> + TryFrom<i128>,
{
    /// The sum over all CPUs divided by their number, in the unit of the values, rounded towards
    /// zero; 0 if there is no value. bcc's `average`, which does not round.
    ///
    /// CPUs that never ran the program count as well, as they do in bcc.
    #[must_use]
    pub fn average(&self) -> V::Owned {
        let sum: i128 = self.values.iter().map(|value| (*value).into()).sum();
        let average = sum / (self.values.len() as i128).max(1);
        // An average lies between the smallest and the largest value, so it fits.
        let average = V::Owned::try_from(average).ok();
        average.unwrap_or_else(|| V::zeroed(V::SIZE.unwrap_or_default()))
    }
}

impl<V: Data> PerCpu<V> {
    /// Values that lie in memory as the kernel has them, so that they need not be copied one by one;
    /// `None` if it pads them.
    fn like_the_kernels(size: usize) -> Result<Option<Vec<V::Owned>>> {
        let cpus = cpu::possible_count()?;
        let is_same =
            V::SIZE.is_some_and(|value| value > 0 && value.checked_mul(cpus) == Some(size));
        Ok(is_same.then(|| vec![V::zeroed(0); cpus]))
    }
}

impl<V: Data> Deref for PerCpu<V> {
    type Target = [V::Owned];

    fn deref(&self) -> &[V::Owned] {
        &self.values
    }
}

impl<'values, V: Data> IntoIterator for &'values PerCpu<V> {
    type Item = &'values V::Owned;
    type IntoIter = std::slice::Iter<'values, V::Owned>;

    fn into_iter(self) -> Self::IntoIter {
        self.values.iter()
    }
}

impl<V: Data> Value for PerCpu<V> {
    type View = Self;
    type Owned = Self;

    const SIZE: Option<usize> = V::SIZE;
    const PER_CPU: bool = true;

    fn type_name() -> &'static str {
        std::any::type_name::<V>()
    }

    fn read(size: usize, fill: impl FnOnce(&mut [u8]) -> Result<bool>) -> Result<Option<Self>> {
        if let Some(mut values) = Self::like_the_kernels(size)? {
            let found = fill(V::bytes_of_all_mut(&mut values))?;
            return Ok(found.then_some(Self { values }));
        }
        let mut bytes = vec![0; size];
        let found = fill(&mut bytes)?;
        found.then(|| Self::decode(&bytes)).transpose()
    }

    fn decode(bytes: &[u8]) -> Result<Self> {
        if let Some(mut values) = Self::like_the_kernels(bytes.len())? {
            V::bytes_of_all_mut(&mut values).copy_from_slice(bytes);
            return Ok(Self { values });
        }
        let stride = (bytes.len() / cpu::possible_count()?).max(1);
        // The kernel pads each value to a multiple of eight bytes.
        let size = V::SIZE.unwrap_or(stride);
        let value = |slot: &[u8]| decode::copy::<V>(&slot[..size]);
        let values = bytes.chunks_exact(stride).map(value).collect();
        Ok(Self { values })
    }

    fn write(view: &Self, size: usize, send: impl FnOnce(&[u8]) -> Result<()>) -> Result<()> {
        let cpus = cpu::possible_count()?;
        if view.len() != cpus {
            let text = format!("there are {} values for {cpus} possible CPUs", view.len());
            return Err(Error::new(ErrorKind::InvalidInput, text));
        }
        let mut bytes = vec![0; size];
        for (slot, value) in bytes.chunks_exact_mut(size / cpus).zip(&view.values) {
            let value = V::bytes(V::view(value));
            let room = slot.get_mut(..value.len()).ok_or_else(value_too_long)?;
            room.copy_from_slice(value);
        }
        send(&bytes)
    }
}

fn value_too_long() -> Error {
    Error::new(
        ErrorKind::InvalidInput,
        "a value is longer than the values of the map",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::Bytes;

    fn round_trip<V: Data>(values: &PerCpu<V>, stride: usize) -> PerCpu<V> {
        let size = stride * cpu::possible_count().unwrap();
        let mut sent = Vec::new();
        PerCpu::write(values, size, |bytes| {
            sent.extend_from_slice(bytes);
            Ok(())
        })
        .unwrap();
        let read = PerCpu::read(size, |bytes| {
            bytes.copy_from_slice(&sent);
            Ok(true)
        });
        read.unwrap().unwrap()
    }

    /// Values shorter than the kernel's stride survive the way there and back.
    #[test]
    fn pads_values() {
        let values = PerCpu::<u32>::all(7).unwrap();
        assert_eq!(round_trip(&values, 8), values);
        let values = PerCpu::<[u8; 12]>::all([9; 12]).unwrap();
        assert_eq!(round_trip(&values, 16), values);
        let values = PerCpu::<Bytes>::all(vec![1; 8]).unwrap();
        assert_eq!(*round_trip(&values, 8), *values);
    }

    /// Those that are as long as the kernel's are read where they stay.
    #[test]
    fn reads_in_place() {
        let cpus = u64::try_from(cpu::possible_count().unwrap()).unwrap();
        let values = PerCpu::<[u64; 2]>::new((0..cpus).map(|cpu| [cpu, !cpu]).collect());
        assert_eq!(round_trip(&values, 16), values);
        let bytes: Vec<u8> = values
            .iter()
            .flatten()
            .flat_map(|n| n.to_ne_bytes())
            .collect();
        assert_eq!(PerCpu::<[u64; 2]>::decode(&bytes).unwrap(), values);
        let none = PerCpu::<u64>::read(bytes.len() / 2, |_| Ok(false));
        assert_eq!(none.unwrap(), None);
    }

    /// Values for another number of CPUs are refused.
    #[test]
    fn counts_cpus() {
        let cpus = cpu::possible_count().unwrap();
        let values = PerCpu::<u64>::new(vec![1; cpus + 1]);
        let error = PerCpu::write(&values, 8 * cpus, |_| Ok(())).unwrap_err();
        let expected = format!("there are {} values for {cpus} possible CPUs", cpus + 1);
        assert_eq!(error.to_string(), expected);
    }

    /// Sums as bcc's tables.
    #[test]
    fn computes() {
        let values = PerCpu::<u64>::new(vec![1, 2, 6]);
        assert_eq!(values.sum::<u64>(), 9);
        assert_eq!(values.max(), Some(&6));
        assert_eq!(values.min(), Some(&1));
        assert_eq!(values.average(), 3);
        assert_eq!(PerCpu::<u64>::new(vec![u64::MAX; 3]).average(), u64::MAX);
        assert_eq!(PerCpu::<i32>::new(vec![-5, -2]).average(), -3);
        let none = PerCpu::<u64>::new(Vec::new());
        assert_eq!((none.min(), none.average()), (None, 0));
        assert_eq!(none.reduce(|sum, next| sum + next), None);
        assert_eq!(values.reduce(|sum, next| sum * 10 + next), Some(126));
    }
}
