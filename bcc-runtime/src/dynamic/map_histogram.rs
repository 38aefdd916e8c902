//! Histograms of what maps of a text that came at run time count.
//!
//! In: keys that are slots, or that name a section and a slot, and counts. Out: a [`Histogram`].

use super::map::Map;
use super::value::Value;
use crate::error::Result;
use crate::histogram::{Histogram, SectionName};

/// Histograms.
impl Map {
    /// The counts by slot. If the key is a struct, its first member names a section and its second
    /// one is the slot, as in bcc. Where each CPU has a count of its own, they are added.
    ///
    /// # Errors
    /// `InvalidInput` if keys are no slots, values no counts, or if the slot of a count is negative
    /// or above 1024; otherwise if the kernel refuses a lookup.
    pub fn histogram(&self) -> Result<Histogram<SectionName>> {
        let counts = self.items()?.into_iter().map(|(key, value)| {
            let (section, slot) = self.section_and_slot(&key)?;
            let count = value.as_u64().or_else(|| value.sum()?.try_into().ok());
            let count = count.ok_or_else(|| self.wrong_kind("holds no counts"))?;
            Ok(((section, slot), count))
        });
        Histogram::from_parts(counts)
    }

    /// Prints the counts as a histogram of powers of two. bcc's `print_log2_hist`.
    ///
    /// # Errors
    /// As [`histogram`](Self::histogram), if a slot above 64 has a count, or if the standard output
    /// cannot be written.
    pub fn print_log2_hist(&self, val_type: &str) -> Result<()> {
        self.histogram()?.print_log2_hist(val_type)
    }

    /// Prints the counts as a linear histogram. bcc's `print_linear_hist`.
    ///
    /// # Errors
    /// As [`histogram`](Self::histogram), or if the standard output cannot be written.
    pub fn print_linear_hist(&self, val_type: &str) -> Result<()> {
        self.histogram()?.print_linear_hist(val_type)
    }

    /// Prints a histogram of powers of two for other programs. bcc's `print_json_hist`; see
    /// [`Histogram::to_json`] for JSON.
    ///
    /// # Errors
    /// As [`print_log2_hist`](Self::print_log2_hist).
    pub fn print_json_hist(&self, val_type: &str) -> Result<()> {
        self.histogram()?.print_json_hist(val_type)
    }

    fn section_and_slot(&self, key: &Value) -> Result<(Option<SectionName>, i128)> {
        let Some(record) = key.as_record() else {
            let slot = key.as_i128();
            return match slot {
                Some(slot) => Ok((None, slot)),
                None => Err(self.wrong_kind("has keys that are no slots of a histogram")),
            };
        };
        let mut members = record.iter().map(|(_, value)| value);
        match (members.next(), members.next().and_then(Value::as_i128)) {
            (Some(section), Some(slot)) => {
                let number = section.as_i128().map(SectionName::Number);
                let name = number.unwrap_or_else(|| SectionName::Text(section.to_string()));
                Ok((Some(name), slot))
            }
            _ => Err(self.wrong_kind("has keys without a slot as their second member")),
        }
    }
}
