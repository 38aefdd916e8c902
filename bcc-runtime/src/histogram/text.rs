//! The text of a histogram for people, as bcc prints it.
//!
//! In: counts by slot. Out: the lines of `print_log2_hist` and `print_linear_hist`, byte for byte.

use super::{Histogram, LINEAR_SLOTS, LOG2_SLOTS, print};
use crate::error::Result;
use std::fmt::{self, Write as _};

/// Width of the longest bar.
const STARS: usize = 40;
/// Up to this slot the bounds of a log2 histogram fit into the narrow columns.
const NARROW_SLOTS: usize = 32;

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
            section.check(limit)?;
            if let Some(name) = &section.name {
                push(&mut text, format_args!("\n{} = {name}\n", self.header));
            }
            write(&mut text, &section.slots, val_type, self.strip_leading_zero);
        }
        Ok(text)
    }
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

pub(super) fn push(out: &mut String, text: fmt::Arguments<'_>) {
    let result = out.write_fmt(text);
    debug_assert!(result.is_ok(), "a `String` takes everything");
}

/// The smallest and the largest value of a slot; slot 1 is shown as `0 -> 1`.
pub(super) fn log2_bounds(slot: usize) -> (u128, u128) {
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
    use crate::histogram::tests::histogram;

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
        let expected = include_str!("../../tests/programs/expected/log2.txt");
        assert_eq!(few.to_log2_text("usecs").unwrap(), expected);
        let expected = include_str!("../../tests/programs/expected/linear.txt");
        assert_eq!(few.to_linear_text("kbytes").unwrap(), expected);
        let expected = include_str!("../../tests/programs/expected/log2_stripped.txt");
        let stripped = few.strip_leading_zero();
        assert_eq!(stripped.to_log2_text("usecs").unwrap(), expected);
        let wide = histogram(&[(33, 7), (64, 14)]);
        let expected = include_str!("../../tests/programs/expected/log2_wide.txt");
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
}
