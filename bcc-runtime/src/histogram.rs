//! Histograms as bcc prints them.
//!
//! In: counts by slot, and by section if the key has two parts, from a map. Out: the text that
//! bcc's `print_log2_hist` and `print_linear_hist` print, byte for byte.

use crate::error::{Error, ErrorKind, Result};
use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt::{self, Write as _};
use std::hash::Hash;
use std::io::{self, Write as _};

/// Slots of a linear histogram, as in bcc.
const LINEAR_SLOTS: usize = 1025;
/// Slots of a log2 histogram: `bpf_log2l` gives 1 to 64.
const LOG2_SLOTS: usize = 65;
/// Width of the longest bar.
const STARS: usize = 40;
/// Up to this slot the bounds of a log2 histogram fit into the narrow columns.
const NARROW_SLOTS: usize = 32;

/// A key that tells where its count belongs in a histogram.
///
/// Integers are slots. A key with two parts goes through `histogram_by` of its map instead.
pub trait HistogramKey {
    /// The number of the slot; `None` if there can be no such slot.
    fn slot(&self) -> Option<usize>;
}

macro_rules! integer_keys {
    ($($integer:ty)*) => {$(
        impl HistogramKey for $integer {
            fn slot(&self) -> Option<usize> {
                usize::try_from(*self).ok()
            }
        }
    )*};
}

integer_keys!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize);

/// Counts by slot, read from a map at one time: what `print_log2_hist` and `print_linear_hist`
/// print in bcc.
///
/// `S` is the first part of the map's key, if it has two: each of its values makes a section.
#[derive(Clone, Debug)]
pub struct Histogram<S = Infallible> {
    sections: Vec<Section<S>>,
    header: String,
    strip_leading_zero: bool,
}

#[derive(Clone, Debug)]
struct Section<S> {
    name: Option<S>,
    /// No longer than [`LINEAR_SLOTS`], and without zeros at its end.
    slots: Vec<u64>,
}

impl Histogram {
    /// A histogram of one section without a name.
    pub(crate) fn from_slots(
        counts: impl IntoIterator<Item = Result<(impl HistogramKey, u64)>>,
    ) -> Result<Self> {
        let mut slots = Vec::new();
        for entry in counts {
            let (key, count) = entry?;
            set_slot(&mut slots, key.slot(), count)?;
        }
        Ok(Self::new(vec![Section { name: None, slots }]))
    }
}

impl<S> Histogram<S> {
    fn new(sections: Vec<Section<S>>) -> Self {
        let header = "Bucket ptr".to_owned();
        Self {
            sections,
            header,
            strip_leading_zero: false,
        }
    }

    /// What stands before the name of each section; `Bucket ptr` by default, as in bcc.
    #[must_use]
    pub fn section_header(mut self, header: impl Into<String>) -> Self {
        self.header = header.into();
        self
    }

    /// Turns the names of the sections into what is to be printed: bcc's `section_print_fn`.
    #[must_use]
    pub fn section_print_fn<T>(self, mut print: impl FnMut(S) -> T) -> Histogram<T> {
        let sections = self.sections.into_iter().map(|section| Section {
            name: section.name.map(&mut print),
            slots: section.slots,
        });
        Histogram {
            sections: sections.collect(),
            header: self.header,
            strip_leading_zero: self.strip_leading_zero,
        }
    }

    /// Sorts the sections by a key made of their name; without it they stand in the order of the
    /// map, which is none. bcc's `bucket_sort_fn`.
    #[must_use]
    pub fn sort_sections_by_key<K: Ord>(mut self, mut key: impl FnMut(&S) -> K) -> Self {
        self.sections
            .sort_by_key(|section| section.name.as_ref().map(&mut key));
        self
    }

    /// Leaves out the lines before the first count that is not zero.
    #[must_use]
    pub fn strip_leading_zero(mut self) -> Self {
        self.strip_leading_zero = true;
        self
    }

    /// The sections: their name, if the key has two parts, and the count of each slot from 0 on.
    pub fn sections(&self) -> impl Iterator<Item = (Option<&S>, &[u64])> {
        self.sections
            .iter()
            .map(|section| (section.name.as_ref(), section.slots.as_slice()))
    }
}

impl<S: Eq + Hash + Clone> Histogram<S> {
    /// A histogram with a section for each different first part of the key.
    pub(crate) fn from_sections<N: TryInto<usize>>(
        counts: impl IntoIterator<Item = Result<((S, N), u64)>>,
    ) -> Result<Self> {
        let counts = counts.into_iter();
        Self::from_parts(counts.map(|entry| entry.map(|((name, slot), n)| ((Some(name), slot), n))))
    }

    /// A histogram with a section for each different first part, and one without a name for keys
    /// that have none.
    pub(crate) fn from_parts<N: TryInto<usize>>(
        counts: impl IntoIterator<Item = Result<((Option<S>, N), u64)>>,
    ) -> Result<Self> {
        let mut sections = Vec::<Section<S>>::new();
        let mut index_of = HashMap::<Option<S>, usize>::new();
        for entry in counts {
            let ((name, slot), count) = entry?;
            let index = *index_of.entry(name.clone()).or_insert(sections.len());
            if index == sections.len() {
                let slots = Vec::new();
                sections.push(Section { name, slots });
            }
            set_slot(&mut sections[index].slots, slot.try_into().ok(), count)?;
        }
        Ok(Self::new(sections))
    }
}

impl<S: fmt::Display> Histogram<S> {
    /// The text of a log2 histogram; `val_type` heads the column of values.
    ///
    /// # Errors
    /// If a slot above 64 has a count: no value has such a logarithm.
    pub fn to_log2_text(&self, val_type: &str) -> Result<String> {
        self.text(val_type, LOG2_SLOTS, write_log2)
    }

    /// The text of a linear histogram; `val_type` heads the column of values.
    ///
    /// # Errors
    /// None: slots that cannot be printed are refused when the map is read.
    pub fn to_linear_text(&self, val_type: &str) -> Result<String> {
        self.text(val_type, LINEAR_SLOTS, write_linear)
    }

    /// Prints a log2 histogram: bcc's `print_log2_hist`.
    ///
    /// # Errors
    /// If a slot above 64 has a count, or if the standard output cannot be written.
    pub fn print_log2_hist(&self, val_type: &str) -> Result<()> {
        print(&self.to_log2_text(val_type)?)
    }

    /// Prints a linear histogram: bcc's `print_linear_hist`.
    ///
    /// # Errors
    /// If the standard output cannot be written.
    pub fn print_linear_hist(&self, val_type: &str) -> Result<()> {
        print(&self.to_linear_text(val_type)?)
    }

    fn text(&self, val_type: &str, limit: usize, write: WriteSlots) -> Result<String> {
        let mut text = String::new();
        for section in &self.sections {
            if section.slots.len() > limit {
                return Err(no_such_slot(section.slots.len() - 1, limit));
            }
            if let Some(name) = &section.name {
                push(&mut text, format_args!("\n{} = {name}\n", self.header));
            }
            write(&mut text, &section.slots, val_type, self.strip_leading_zero);
        }
        Ok(text)
    }
}

fn print(text: &str) -> Result<()> {
    Ok(io::stdout().lock().write_all(text.as_bytes())?)
}

/// Notes a count; zeros are what an absent slot has anyway.
fn set_slot(slots: &mut Vec<u64>, slot: Option<usize>, count: u64) -> Result<()> {
    let slot = slot.unwrap_or(usize::MAX);
    if count == 0 {
        return Ok(());
    }
    if slot >= LINEAR_SLOTS {
        return Err(no_such_slot(slot, LINEAR_SLOTS));
    }
    slots.resize(slots.len().max(slot + 1), 0);
    slots[slot] = count;
    Ok(())
}

fn no_such_slot(slot: usize, limit: usize) -> Error {
    let last = limit - 1;
    let what = match slot {
        usize::MAX => "a negative or too large key".to_owned(),
        _ => format!("slot {slot}"),
    };
    let text = format!("this kind of histogram has slots 0 to {last}, the map has {what}");
    Error::new(ErrorKind::InvalidInput, text)
}

type WriteSlots = fn(out: &mut String, slots: &[u64], val_type: &str, strip: bool);

fn write_log2(out: &mut String, slots: &[u64], val_type: &str, strip: bool) {
    let wide = slots.len() > NARROW_SLOTS + 1;
    // Widths of the header's indent and its name, of a bound, and of the bar.
    let (indent, name, bound, width) = if wide {
        (15, 29, 20, STARS / 2)
    } else {
        (5, 19, 10, STARS)
    };
    if slots.len() > 1 {
        header(out, indent, name, val_type);
    }
    // Slot 0 has no line; a map that only has counts there has no header either.
    for (slot, count, bar) in lines(slots, 1, width, strip) {
        let (low, high) = log2_bounds(slot);
        push(
            out,
            format_args!("{low:>bound$} -> {high:<bound$} : {count:<8} |{bar:<width$}|\n"),
        );
    }
}

fn write_linear(out: &mut String, slots: &[u64], val_type: &str, strip: bool) {
    if !slots.is_empty() {
        header(out, 5, 13, val_type);
    }
    for (slot, count, bar) in lines(slots, 0, STARS, strip) {
        push(
            out,
            format_args!("        {slot:<10} : {count:<8} |{bar:<STARS$}|\n"),
        );
    }
}

fn header(out: &mut String, indent: usize, width: usize, val_type: &str) {
    push(
        out,
        format_args!(
            "{:indent$}{val_type:<width$} : count     distribution\n",
            ""
        ),
    );
}

fn push(out: &mut String, text: fmt::Arguments<'_>) {
    let result = out.write_fmt(text);
    debug_assert!(result.is_ok(), "a `String` takes everything");
}

/// The smallest and the largest value of a slot; slot 1 is shown as `0 -> 1`.
fn log2_bounds(slot: usize) -> (u128, u128) {
    let (low, high) = ((1_u128 << slot) / 2, (1_u128 << slot) - 1);
    (if low == high { low - 1 } else { low }, high)
}

/// Number, count and bar of each slot from `first` on.
fn lines(
    slots: &[u64],
    first: usize,
    width: usize,
    strip: bool,
) -> impl Iterator<Item = (usize, u64, String)> {
    let max = slots.iter().copied().max().unwrap_or(0);
    let counts = slots.iter().copied().enumerate().skip(first);
    counts
        .skip_while(move |(_, count)| strip && *count == 0)
        .map(move |(slot, count)| (slot, count, "*".repeat(stars(count, max, width))))
}

/// The length of a bar: `width * count / max`, rounded down.
///
/// bcc divides in floating point first. Above 2^47 that can round up to the next whole star, which
/// the shift below reproduces: doubles just below `whole + 1` are `2^(exponent - 52)` apart, and
/// what is at most half of that away becomes `whole + 1`.
fn stars(count: u64, max: u64, width: usize) -> usize {
    if count == 0 {
        return 0;
    }
    let (count, max) = (u128::from(count), u128::from(max));
    let product = width as u128 * count;
    let (whole, rest) = (product / max, product % max);
    let exponent = whole.checked_ilog2();
    let shift = exponent.map_or(54, |exponent| 53 - exponent);
    let rounds_up = (max - rest) << shift <= max;
    // No more than `width`, since no count is above `max`.
    usize::try_from(whole).map_or(width, |whole| whole + usize::from(rounds_up))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(counts: &[(u64, u64)]) -> Histogram {
        Histogram::from_slots(counts.iter().copied().map(Ok)).unwrap()
    }

    /// What bcc's own functions print for the same counts: a gap, zeros in front, slot 0, a bar of
    /// less than one star, narrow and wide columns.
    #[test]
    fn prints_as_bcc() {
        let counts = [
            (0, 5),
            (3, 1),
            (4, 17),
            (5, 1000),
            (6, 333),
            (9, 24),
            (10, 25),
        ];
        let few = histogram(&counts);
        let expected = include_str!("../tests/programs/expected/log2.txt");
        assert_eq!(few.to_log2_text("usecs").unwrap(), expected);
        let expected = include_str!("../tests/programs/expected/linear.txt");
        assert_eq!(few.to_linear_text("kbytes").unwrap(), expected);
        let expected = include_str!("../tests/programs/expected/log2_stripped.txt");
        let stripped = few.strip_leading_zero();
        assert_eq!(stripped.to_log2_text("usecs").unwrap(), expected);
        let wide = histogram(&[(33, 7), (64, 14)]);
        let expected = include_str!("../tests/programs/expected/log2_wide.txt");
        assert_eq!(wide.to_log2_text("value").unwrap(), expected);
    }

    /// Bounds of the first, the widest narrow and the last slot.
    #[test]
    fn log2_bounds_follow_bcc() {
        assert_eq!(log2_bounds(1), (0, 1));
        assert_eq!(log2_bounds(2), (2, 3));
        assert_eq!(log2_bounds(64), (1 << 63, u128::from(u64::MAX)));
    }

    /// Bars are rounded down, except where bcc's division in floating point rounds up.
    #[test]
    fn stars_follow_bcc() {
        assert_eq!(stars(0, 0, 40), 0);
        assert_eq!(stars(0, 7, 40), 0);
        assert_eq!(stars(7, 7, 40), 40);
        assert_eq!(stars(1, 41, 40), 0);
        assert_eq!(stars(2, 41, 40), 1);
        assert_eq!(stars((1 << 52) - 1, 1 << 52, 40), 39);
        assert_eq!(stars(u64::MAX - 1, u64::MAX, 40), 40);
    }

    /// Counts outside the slots are refused, zeros there are not counts.
    #[test]
    fn slots_are_bounded() {
        assert!(Histogram::from_slots([Ok((-1, 0)), Ok((5000, 0))]).is_ok());
        let error = Histogram::from_slots([Ok((-1, 3))]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let error = histogram(&[(65, 1)]).to_log2_text("n").unwrap_err();
        let expected = "this kind of histogram has slots 0 to 64, the map has slot 65";
        assert_eq!(error.to_string(), expected);
        assert!(histogram(&[(1024, 1)]).to_linear_text("n").is_ok());
    }

    /// Sections keep the order in which they came until they are sorted, and print as asked.
    #[test]
    fn sections_are_named_and_sorted() {
        let counts = [((9, 1), 1), ((4, 1), 2), ((9, 2), 3)];
        let by_disk = Histogram::from_sections(counts.into_iter().map(Ok)).unwrap();
        let slots: Vec<_> = by_disk.sections().collect();
        assert_eq!(
            slots,
            [(Some(&9), [0, 1, 3].as_slice()), (Some(&4), &[0, 2])]
        );
        let by_disk = by_disk
            .section_header("disk")
            .sort_sections_by_key(|disk| *disk)
            .section_print_fn(|disk| format!("sd{disk}"));
        let text = by_disk.to_linear_text("n").unwrap();
        let names: Vec<_> = text.lines().filter(|line| line.contains('=')).collect();
        assert_eq!(names, ["disk = sd4", "disk = sd9"]);
        assert!(text.starts_with("\ndisk = sd4\n     n  "));
    }
}
