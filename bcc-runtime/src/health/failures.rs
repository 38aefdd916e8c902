//! Failures that a program counts by itself, where its calls stand.
//!
//! In: the loaded object, and what the text says of its calls. Out: counts, read from memory that the
//! programs share with this process.

use crate::error::{Context as _, Result};
use crate::spec::{List, SiteSpec, Spec};
use crate::sys::shared::SharedMemory;
use libbpf_rs::{MapCore as _, Object};
use std::sync::Arc;

/// The macro that has calls of maps counted, and how many there are.
pub(crate) const COUNT_FAILURES: &str = "BCC_COUNT_FAILURES";
/// The macro that has reads counted, and how many lines there are.
pub(crate) const COUNT_READS: &str = "BCC_COUNT_READS";

/// The section of the counts of calls; the emitted C names it.
const FAILURES: &str = ".bss.bcc_fails";
/// The section of the counts of reads.
const FAULTS: &str = ".bss.bcc_faults";

/// Over how many places CPUs spread what they count.
const STRIPES: usize = 8;
/// Errors that are told apart: 0 has no number, the last stands for itself and all behind it.
const ERRORS: usize = 32;
/// The size of a count in bytes.
const COUNT: usize = size_of::<u64>();

/// How often a call has failed, by the number of the error.
pub(crate) type ByError = [u64; ERRORS];

/// The counts of one program text.
#[derive(Debug, Default)]
pub(crate) struct Failures {
    sites: List<SiteSpec>,
    /// `None` if calls are not counted.
    calls: Option<SharedMemory>,
    /// `None` if reads are not counted.
    reads: Option<SharedMemory>,
}

impl Failures {
    pub(crate) fn open(object: &Object, spec: &Spec) -> Result<Self> {
        Ok(Self {
            sites: spec.sites.clone(),
            calls: map_section(object, FAILURES)?,
            reads: map_section(object, FAULTS)?,
        })
    }

    /// The calls that are counted, by their numbers.
    pub(crate) fn sites(&self) -> impl Iterator<Item = (usize, &SiteSpec)> {
        let counted = self.calls.as_ref().map(|_| self.sites.iter().enumerate());
        counted.into_iter().flatten()
    }

    /// How often a call has failed, by the number of the error.
    pub(crate) fn of_site(&self, site: usize) -> ByError {
        let mut sums = [0; ERRORS];
        let Some(memory) = &self.calls else {
            return sums;
        };
        let mut counts = [0; STRIPES * ERRORS * COUNT];
        memory.read(site.saturating_mul(counts.len()), &mut counts);
        let (counts, _) = counts.as_chunks::<COUNT>();
        for (place, count) in counts.iter().enumerate() {
            sums[place % ERRORS] += u64::from_ne_bytes(*count);
        }
        sums
    }

    /// The lines in which reads have failed, and how often; line 0 stands for reads in other files.
    /// `None` if they are not counted.
    pub(crate) fn reads(&self) -> Option<Vec<(u32, u64)>> {
        let memory = self.reads.as_ref()?;
        let mut counts = vec![0; memory.len() / COUNT * COUNT];
        memory.read(0, &mut counts);
        let (counts, _) = counts.as_chunks::<COUNT>();
        let counts = counts.iter().map(|count| u64::from_ne_bytes(*count));
        Some((0..).zip(counts).filter(|(_, count)| *count > 0).collect())
    }
}

/// A section of counts; `None` if the program has none.
fn map_section(object: &Object, section: &str) -> Result<Option<SharedMemory>> {
    let mut maps = object.maps();
    let Some(map) = maps.find(|map| map.name() == section) else {
        return Ok(None);
    };
    let memory = SharedMemory::map(&map, false);
    let memory = memory.with_context(|| format!("failed to map the counts in `{section}`"))?;
    Ok(Some(memory))
}

/// What the calls of one map have lost.
#[derive(Clone, Debug)]
pub(crate) struct Losses {
    failures: Arc<Failures>,
    sites: Vec<usize>,
}

impl Losses {
    /// Those of a map; `None` if they are not counted.
    pub(crate) fn of_map(failures: &Arc<Failures>, map: &str) -> Option<Self> {
        failures.calls.as_ref()?;
        let sites = failures.sites().filter(|(_, site)| site.map == map);
        Some(Self {
            sites: sites.map(|(number, _)| number).collect(),
            failures: Arc::clone(failures),
        })
    }

    /// How many calls have failed since the program was loaded.
    pub(crate) fn total(&self) -> u64 {
        let sites = self.sites.iter();
        let all = sites.flat_map(|site| self.failures.of_site(*site));
        all.sum()
    }
}
