//! Histograms of what hash tables and arrays count.
//!
//! In: the counts of a map. Out: a [`Histogram`] of them, or its text on the standard output.

use super::{Array, Hash, Value};
use crate::decode::Data;
use crate::error::Result;
use crate::histogram::{Histogram, HistogramKey};
use std::hash::Hash as StdHash;

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

    /// Prints the counts as a histogram of powers of two for other programs. bcc's
    /// `print_json_hist`; see [`Histogram::to_json`] for JSON.
    ///
    /// # Errors
    /// If the kernel refuses a lookup, if a slot above 64 has a count, or if the standard output
    /// cannot be written.
    pub fn print_json_hist(&self, val_type: &str) -> Result<()>
    where
        K::Owned: HistogramKey,
    {
        self.histogram()?.print_json_hist(val_type)
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

    /// Prints the counts as a histogram of powers of two for other programs. bcc's
    /// `print_json_hist`; see [`Histogram::to_json`] for JSON.
    ///
    /// # Errors
    /// If the kernel refuses a lookup, if a slot above 64 has a count, or if the standard output
    /// cannot be written.
    pub fn print_json_hist(&self, val_type: &str) -> Result<()> {
        self.histogram()?.print_json_hist(val_type)
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
