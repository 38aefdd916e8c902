//! Counts with what they mean.
//!
//! In: counts by call and error number. Out: [`HealthReport`], plain data at one moment.

use super::failures::Failures;
use super::maps::MapHealth;
use super::programs::ProgramHealth;
use std::collections::BTreeMap;

/// Where a running program has failed, what was lost, and what its functions cost, at one moment.
///
/// Made by [`Bpf::health`](crate::Bpf::health). It prints as text for people, a line for each thing
/// that went wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HealthReport {
    /// The file of the program text, which lines refer to.
    pub file: String,
    /// The calls that are counted, in the order of their numbers, those that never failed included;
    /// empty with [`Health::Off`](super::Health::Off).
    pub sites: Vec<SiteHealth>,
    /// The lines whose reads have failed; `None` if they are not counted: see
    /// [`Health::CallsAndReads`](super::Health::CallsAndReads).
    pub reads: Option<Vec<ReadHealth>>,
    /// The maps that carry events, by name.
    pub events: Vec<EventsHealth>,
    /// The maps that have entries by key, by name, and how full they are; arrays, whose entries are
    /// always there, are not among them.
    pub maps: Vec<MapHealth>,
    /// The functions that run in the kernel, by name.
    pub programs: Vec<ProgramHealth>,
}

impl HealthReport {
    /// How many counted calls have failed, since the program was loaded.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.sites.iter().map(SiteHealth::failures).sum()
    }

    /// How many events were lost, where that is known, since the program was loaded.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.events.iter().filter_map(|events| events.lost).sum()
    }

    /// How many reads have failed, if they are counted.
    #[must_use]
    pub fn faults(&self) -> Option<u64> {
        let reads = self.reads.as_ref()?;
        Some(reads.iter().map(|read| read.faults).sum())
    }

    /// The calls that have failed.
    pub fn failed_sites(&self) -> impl Iterator<Item = &SiteHealth> {
        self.sites.iter().filter(|site| !site.causes.is_empty())
    }
}

/// A call of a map, and how often it has failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SiteHealth {
    /// The map.
    pub map: String,
    /// How many entries the map has room for: bytes for a ring buffer. `None` if another program has
    /// the map.
    pub max_entries: Option<u32>,
    /// The method, such as `perf_submit`.
    pub method: String,
    /// The C function that the call stands in; `None` if it stands in a macro of which an `#if`
    /// chooses the definition.
    pub function: Option<String>,
    /// Line of the file, from 1; that of the macro's use if the call is in a macro.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// Why it has failed and how often, most frequent first; empty if it never has.
    pub causes: Vec<Failure>,
}

impl SiteHealth {
    /// How often it has failed, since the program was loaded.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.causes.iter().map(|failure| failure.count).sum()
    }

    /// How often it has failed for one cause.
    #[must_use]
    pub fn failures_by(&self, cause: Cause) -> u64 {
        let same = self.causes.iter().filter(|failure| failure.cause == cause);
        same.map(|failure| failure.count).sum()
    }
}

/// How often a call has failed for one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// The reason.
    pub cause: Cause,
    /// The kernel's error number, such as 7 for `E2BIG`; `None` for a call that gives none, and for
    /// numbers from 31 on.
    pub errno: Option<i32>,
    /// How often.
    pub count: u64,
}

/// Why a call has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Cause {
    /// The map is full, or the buffer is: `E2BIG`, `ENOSPC`, `EAGAIN`, or `NULL` instead of an entry
    /// or a record. For a record it can also mean that it is larger than the buffer.
    Full,
    /// The kernel had no memory at that moment: `ENOMEM`. A hash map that is not allocated in
    /// advance, and a map of stacks that is full.
    NoMemory,
    /// Something else is there: `EEXIST`. Another stack with the same hash for `get_stackid`, an
    /// entry that another CPU made at the same time for `increment`, whose count is then lost.
    Taken,
    /// Nothing is there: `ENOENT`. No reader on this CPU for `perf_submit`, no such entry for
    /// `increment` of a map in which it makes none, no program in the slot for `call`, which also
    /// comes back when too many calls follow each other.
    Missing,
    /// There is no stack to walk: `EFAULT`, as for the user's stack of a kernel thread.
    Fault,
    /// The map was being changed on this CPU: `EBUSY`.
    Busy,
    /// Any other error.
    Other,
}

impl Cause {
    /// What an error number means for a method; 0 is a call that gives no number.
    pub(crate) fn of(method: &str, errno: usize) -> Self {
        match (errno, method) {
            (0, "call") | (2, _) => Self::Missing,
            (0 | 7 | 11 | 28, _) => Self::Full,
            (12, _) => Self::NoMemory,
            (14, _) => Self::Fault,
            (16, _) => Self::Busy,
            (17, _) => Self::Taken,
            (_, _) => Self::Other,
        }
    }
}

/// A line whose reads of memory outside the program have failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReadHealth {
    /// Line of the file on which the statement ends, from 1; `None` for reads in other files.
    pub line: Option<u32>,
    /// How many have failed.
    pub faults: u64,
}

/// A map that carries events.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventsHealth {
    /// The map.
    pub map: String,
    /// How many events were handed to callbacks and readers.
    pub received: u64,
    /// How many of them were too short for their type.
    pub malformed: u64,
    /// How many did not fit into the buffer; `None` for ring buffers of a program that does not
    /// [count](super::Health) them.
    pub lost: Option<u64>,
}

/// All calls that are counted; `entries` tells the size of a map.
pub(crate) fn sites(
    failures: &Failures,
    entries: &BTreeMap<&str, u32>,
    is_external: impl Fn(&str) -> bool,
) -> Vec<SiteHealth> {
    let all = failures.sites().map(|(number, site)| SiteHealth {
        map: site.map.to_string(),
        max_entries: entries
            .get(&*site.map)
            .copied()
            .filter(|_| !is_external(&site.map)),
        method: site.method.to_string(),
        function: site.function.as_ref().map(ToString::to_string),
        line: site.line,
        column: site.column,
        causes: causes(&site.method, &failures.of_site(number)),
    });
    all.collect()
}

fn causes(method: &str, counts: &[u64]) -> Vec<Failure> {
    let known = 1..counts.len() - 1;
    let failed = counts.iter().enumerate().filter(|(_, count)| **count > 0);
    let mut list: Vec<Failure> = failed
        .map(|(errno, count)| Failure {
            cause: Cause::of(method, errno),
            errno: i32::try_from(errno).ok().filter(|_| known.contains(&errno)),
            count: *count,
        })
        .collect();
    list.sort_by_key(|failure| std::cmp::Reverse(failure.count));
    list
}

/// The lines whose reads have failed; `None` if they are not counted.
pub(crate) fn reads(failures: &Failures) -> Option<Vec<ReadHealth>> {
    let lines = failures.reads()?.into_iter();
    let reads = lines.map(|(line, faults)| ReadHealth {
        line: (line > 0).then_some(line),
        faults,
    });
    Some(reads.collect())
}
