//! A histogram for other programs: what bcc's `print_json_hist` prints, and the same as JSON.
//!
//! In: counts by slot of a log2 histogram. Out: one line for each section.

use super::{Histogram, LOG2_SLOTS, print, text};
use crate::error::Result;
use crate::format::local_time;
use std::convert::Infallible;
use std::fmt::{self, Write as _};
use std::time::SystemTime;

/// How bcc writes when the histogram was made.
const TIME: &str = "%Y-%m-%d %H:%M:%S";

/// The name of a section in the text for other programs: numbers and texts look different there.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SectionName {
    /// A number, such as a process id.
    Number(i128),
    /// A text, such as the name of a disk.
    Text(String),
}

impl fmt::Display for SectionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => f.pad(text),
        }
    }
}

macro_rules! number_names {
    ($($integer:ty)*) => {$(
        impl From<$integer> for SectionName {
            fn from(number: $integer) -> Self {
                Self::Number(number.into())
            }
        }
    )*};
}

number_names!(u8 u16 u32 u64 i8 i16 i32 i64 i128);

impl From<String> for SectionName {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for SectionName {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// A histogram without sections has no names.
impl From<Infallible> for SectionName {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// How texts are written.
type Quote = fn(&str) -> String;

impl<S: Clone + Into<SectionName>> Histogram<S> {
    /// A log2 histogram as JSON, an object on a line of its own for each section.
    ///
    /// The keys are those of bcc's `print_json_hist`: `ts`, the local time; `val_type`, what the
    /// values are; `data`, a list of objects with `interval-start`, `interval-end` and `count`, the
    /// bounds in the unit of `val_type`; and for a section its header with its name. As in bcc, slot
    /// 0 and the empty slots at the end are left out.
    ///
    /// ```no_run
    /// # use bcc_runtime::{Result, map::Array};
    /// # fn show(dist: &Array<u64>) -> Result<()> {
    /// print!("{}", dist.histogram()?.to_json("usecs")?);
    /// // {"ts": "2024-05-06 07:08:09", "val_type": "usecs", "data":
    /// //  [{"interval-start": 0, "interval-end": 1, "count": 5}]}
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If a slot above 64 has a count: no value has such a logarithm.
    pub fn to_json(&self, val_type: &str) -> Result<String> {
        self.objects(val_type, &local_time(SystemTime::now(), TIME), json_text)
    }

    /// What bcc's `print_json_hist` prints, byte for byte: [`to_json`](Self::to_json) in the
    /// notation of Python, with `'` around texts, which readers of JSON refuse.
    ///
    /// # Errors
    /// As [`to_json`](Self::to_json).
    pub fn to_python_text(&self, val_type: &str) -> Result<String> {
        self.objects(val_type, &local_time(SystemTime::now(), TIME), python_text)
    }

    /// Prints [`to_python_text`](Self::to_python_text): bcc's `print_json_hist`.
    ///
    /// # Errors
    /// As [`to_json`](Self::to_json), or if the standard output cannot be written.
    pub fn print_json_hist(&self, val_type: &str) -> Result<()> {
        print(&self.to_python_text(val_type)?)
    }

    fn objects(&self, val_type: &str, time: &str, quote: Quote) -> Result<String> {
        let mut out = String::new();
        for section in &self.sections {
            section.check(LOG2_SLOTS)?;
            let name = section.name.clone().map(Into::into);
            let head = [("ts", time), ("val_type", val_type)].map(|(key, value)| {
                let (key, value) = (quote(key), quote(value));
                format!("{key}: {value}")
            });
            let data = data(&section.slots, quote);
            let tail = name.map_or_else(String::new, |name| {
                let header = quote(&self.header);
                match name {
                    SectionName::Number(number) => format!(", {header}: {number}"),
                    SectionName::Text(text) => format!(", {header}: {}", quote(&text)),
                }
            });
            let key = quote("data");
            text::push(
                &mut out,
                format_args!("{{{}, {key}: [{data}]{tail}}}\n", head.join(", ")),
            );
        }
        Ok(out)
    }
}

fn data(slots: &[u64], quote: Quote) -> String {
    let [start, end, key] = ["interval-start", "interval-end", "count"].map(quote);
    let slots = slots.iter().enumerate().skip(1);
    let intervals = slots.map(|(slot, count)| {
        let (low, high) = text::log2_bounds(slot);
        format!("{{{start}: {low}, {end}: {high}, {key}: {count}}}")
    });
    intervals.collect::<Vec<_>>().join(", ")
}

fn json_text(text: &str) -> String {
    let mut quoted = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            '\0'..' ' => escape(&mut quoted, "\\u", 4, letter),
            _ => quoted.push(letter),
        }
    }
    quoted + "\""
}

/// As Python's `repr`: in `'`, or in `"` if that saves escapes.
fn python_text(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut quoted = String::from(quote);
    for letter in text.chars() {
        match letter {
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\\' => quoted.push_str("\\\\"),
            '\0'..' ' | '\x7f' => escape(&mut quoted, "\\x", 2, letter),
            _ if letter == quote => quoted.extend(['\\', letter]),
            _ => quoted.push(letter),
        }
    }
    quoted.push(quote);
    quoted
}

fn escape(out: &mut String, prefix: &str, width: usize, letter: char) {
    let result = write!(out, "{prefix}{:0width$x}", u32::from(letter));
    debug_assert!(result.is_ok(), "a `String` takes everything");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::histogram::tests::histogram;

    const TIME: &str = "2024-05-06 07:08:09";

    /// What bcc 0.26 prints for the same counts, byte for byte. `expected/json.txt` was made by
    /// `python3` out of
    ///
    /// ```text
    /// from bcc import table
    /// table.strftime = lambda _: '2024-05-06 07:08:09'
    /// table._print_json_hist([5, 0, 0, 1, 17, 1000] + 59 * [0], 'usecs')
    /// table._print_json_hist(65 * [0], 'none')
    /// table._print_json_hist([3] + 64 * [0], 'zero')
    /// table._print_json_hist(64 * [0] + [2**64 - 1], 'wide')
    /// table._print_json_hist([0, 7] + 63 * [0], 'n', ('disk', -3))
    /// table._print_json_hist([0, 7] + 63 * [0], 'n', ('disk', 'sda'))
    /// table._print_json_hist(65 * [0], 'it\'s', ('a\\b', 'x"\'\ty\x01'))
    /// ```
    #[test]
    fn prints_as_bcc() {
        let mut text = String::new();
        let plain = [
            (&[(0, 5), (3, 1), (4, 17), (5, 1000)][..], "usecs"),
            (&[], "none"),
            (&[(0, 3)], "zero"),
            (&[(64, u64::MAX)], "wide"),
        ];
        for (counts, val_type) in plain {
            text += &histogram(counts)
                .objects(val_type, TIME, python_text)
                .unwrap();
        }
        let section = |name: SectionName| {
            let counts = [Ok(((name, 1), 7))];
            Histogram::from_sections(counts).unwrap()
        };
        for name in [SectionName::from(-3), SectionName::from("sda")] {
            let named = section(name).section_header("disk");
            text += &named.objects("n", TIME, python_text).unwrap();
        }
        let odd = Histogram::from_sections([Ok((("x\"'\ty\x01", 1), 0))]).unwrap();
        let odd = odd.section_header("a\\b");
        text += &odd.objects("it's", TIME, python_text).unwrap();
        let expected = include_str!("../../tests/programs/expected/json.txt");
        assert_eq!(text, expected);
    }

    /// The same as JSON.
    #[test]
    fn is_json() {
        let counts = [Ok((("a\"\\\n", 1), 7)), Ok((("b", 2), 1))];
        let named = Histogram::from_sections(counts).unwrap();
        let expected = "{\"ts\": \"2024-05-06 07:08:09\", \"val_type\": \"n\", \"data\": \
             [{\"interval-start\": 0, \"interval-end\": 1, \"count\": 7}], \
             \"Bucket ptr\": \"a\\\"\\\\\\u000a\"}\n\
             {\"ts\": \"2024-05-06 07:08:09\", \"val_type\": \"n\", \"data\": \
             [{\"interval-start\": 0, \"interval-end\": 1, \"count\": 0}, \
             {\"interval-start\": 2, \"interval-end\": 3, \"count\": 1}], \
             \"Bucket ptr\": \"b\"}\n";
        assert_eq!(named.objects("n", TIME, json_text).unwrap(), expected);
        assert!(histogram(&[(65, 1)]).to_json("n").is_err());
        let text = histogram(&[(1, 1)]).to_json("n").unwrap();
        assert!(text.starts_with("{\"ts\": \"20"), "{text}");
    }
}
