//! How often programs were skipped, where the kernel counts it.
//!
//! In: what the kernel says of programs and links. Out: counts; `None` where it does not count, which
//! it does not say: it then has a zero.

use crate::kernel::version::Version;
use crate::link::Link;
use crate::sys::stats;
use crate::sys::system::ProgramFacts;
use libbpf_rs::ProgramType;

/// The types of programs that the kernel skips while another program runs on the CPU, and since when
/// it counts that.
const COUNTS_RECURSION: &[(ProgramType, Version)] = &[
    (ProgramType::Tracing, Version::new(5, 12, 0)),
    (ProgramType::Lsm, Version::new(5, 12, 0)),
    (ProgramType::RawTracepoint, Version::new(6, 1, 0)),
    (ProgramType::Kprobe, Version::new(6, 7, 0)),
    (ProgramType::Tracepoint, Version::new(6, 7, 0)),
];

/// The first kernel whose links tell how often their probes were skipped.
const TELLS_MISSED: Version = Version::new(6, 7, 0);

/// How often a program was skipped because one was running on the same CPU.
pub(crate) fn recursion_misses(facts: &ProgramFacts) -> Option<u64> {
    let kind = ProgramType::from(facts.info.type_);
    let mut rows = COUNTS_RECURSION.iter();
    let (_, since) = rows.find(|(counted, _)| *counted == kind)?;
    facts.recursion_misses().filter(|_| since.is_reached())
}

/// How often probes of the kernel were skipped that these links attach to.
pub(super) fn of_probes<'a>(links: impl Iterator<Item = &'a Link>) -> Option<u64> {
    if !TELLS_MISSED.is_reached() {
        return None;
    }
    let counts = links
        .flat_map(Link::kernel_links)
        .filter_map(|link| stats::missed(link).ok().flatten());
    counts.reduce(|sum, count| sum + count)
}
