//! Histograms as bcc prints them.
//!
//! In: counts by slot, and by section if the key has two parts, from a map. Out: the text that
//! bcc's `print_log2_hist`, `print_linear_hist` and `print_json_hist` print, byte for byte.

#[cfg(test)]
mod golden;
mod json;
mod text;

pub use self::json::SectionName;
use crate::error::{Error, ErrorKind, Result};
use std::collections::HashMap;
use std::convert::Infallible;
use std::hash::Hash;
use std::io::{self, Write as _};

/// Slots of a linear histogram, as in bcc.
const LINEAR_SLOTS: usize = 1025;
/// Slots of a log2 histogram: `bpf_log2l` gives 1 to 64.
const LOG2_SLOTS: usize = 65;

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
///
/// ```no_run
/// bcc_runtime::bpf_program! {
///     mod sizes;
///     struct key_t { char comm[TASK_COMM_LEN]; u64 slot; };
///     BPF_HISTOGRAM(dist, struct key_t);
///     TRACEPOINT_PROBE(syscalls, sys_enter_write) {
///         struct key_t key = {};
///         bpf_get_current_comm(&key.comm, sizeof(key.comm));
///         key.slot = bpf_log2l(args->count);
///         dist.atomic_increment(key);
///         return 0;
///     }
/// }
///
/// # fn main() -> bcc_runtime::Result<()> {
/// let bpf = sizes::load()?;
/// std::thread::sleep(Duration::from_secs(5));
/// bpf.maps
///     .dist
///     .histogram_by(|key| (key.comm, key.slot))?
///     .section_header("process")
///     .print_log2_hist("bytes")
/// # }
/// ```
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

impl<S> Section<S> {
    /// An error if there are more slots than this kind of histogram has.
    fn check(&self, limit: usize) -> Result<()> {
        match self.slots.len() {
            len if len > limit => Err(no_such_slot(len - 1, limit)),
            _ => Ok(()),
        }
    }
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

    /// Puts sections together whose names `bucket` turns into the same: bcc's `bucket_fn`.
    ///
    /// Their counts are added; in bcc the last one that it reads hides the others.
    ///
    /// ```no_run
    /// # use bcc_runtime::{Result, map::Hash};
    /// # fn show(dist: &Hash<[u64; 2], u64>) -> Result<()> {
    /// // The upper half of this key is a process, the lower one a thread.
    /// let by_thread = dist.histogram_by(|key| (key[0], key[1]))?;
    /// let by_process = by_thread.bucket_fn(|id| id >> 32).section_header("pid");
    /// by_process.print_log2_hist("usecs")
    /// # }
    /// ```
    #[must_use]
    pub fn bucket_fn<T: Eq + Hash + Clone>(self, mut bucket: impl FnMut(S) -> T) -> Histogram<T> {
        let mut merged = Vec::<Section<T>>::new();
        let mut index_of = HashMap::new();
        for section in self.sections {
            let name = section.name.map(&mut bucket);
            let target = section_of(&mut merged, &mut index_of, name);
            target.resize(target.len().max(section.slots.len()), 0);
            for (sum, count) in target.iter_mut().zip(section.slots) {
                *sum = sum.saturating_add(count);
            }
        }
        Histogram {
            sections: merged,
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

    /// Leaves out the lines before the first count that is not zero, of what is for people. bcc's
    /// `strip_leading_zero`.
    #[must_use]
    pub fn strip_leading_zero(mut self) -> Self {
        self.strip_leading_zero = true;
        self
    }

    /// What stands before the name of each section.
    #[cfg(feature = "serde")]
    pub(crate) fn header(&self) -> &str {
        &self.header
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
            let slots = section_of(&mut sections, &mut index_of, name);
            set_slot(slots, slot.try_into().ok(), count)?;
        }
        Ok(Self::new(sections))
    }
}

/// The slots of the section of a name, which is made if there is none.
fn section_of<'sections, S: Eq + Hash + Clone>(
    sections: &'sections mut Vec<Section<S>>,
    index_of: &mut HashMap<Option<S>, usize>,
    name: Option<S>,
) -> &'sections mut Vec<u64> {
    let index = *index_of.entry(name.clone()).or_insert(sections.len());
    if index == sections.len() {
        let slots = Vec::new();
        sections.push(Section { name, slots });
    }
    &mut sections[index].slots
}

fn print(text: &str) -> Result<()> {
    Ok(io::stdout().lock().write_all(text.as_bytes())?)
}

/// Adds a count; zeros are what an absent slot has anyway.
fn set_slot(slots: &mut Vec<u64>, slot: Option<usize>, count: u64) -> Result<()> {
    let slot = slot.unwrap_or(usize::MAX);
    if count == 0 {
        return Ok(());
    }
    if slot >= LINEAR_SLOTS {
        return Err(no_such_slot(slot, LINEAR_SLOTS));
    }
    slots.resize(slots.len().max(slot + 1), 0);
    slots[slot] = slots[slot].saturating_add(count);
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

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn histogram(counts: &[(u64, u64)]) -> Histogram {
        Histogram::from_slots(counts.iter().copied().map(Ok)).unwrap()
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

    /// Sections of the same bucket become one, and their counts are added.
    #[test]
    fn sections_are_merged() {
        let counts = [((19, 1), 1), ((4, 3), 2), ((13, 1), 3), ((12, 4), 4)];
        let by_id = Histogram::from_sections(counts.into_iter().map(Ok)).unwrap();
        let by_ten = by_id.section_header("ten").bucket_fn(|id| id / 10);
        let sections: Vec<_> = by_ten.sections().collect();
        let expected = [
            (Some(&1), [0, 4, 0, 0, 4].as_slice()),
            (Some(&0), &[0, 0, 0, 2]),
        ];
        assert_eq!(sections, expected);
        assert!(by_ten.to_log2_text("n").unwrap().starts_with("\nten = 1\n"));
    }
}
