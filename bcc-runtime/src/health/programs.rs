//! What the functions of a program cost, as the kernel counts it.
//!
//! In: the programs and what they are attached to. Out: [`ProgramHealth`].

use crate::error::{Context as _, Result};
use crate::kernel::version::Version;
use crate::link::Link;
use crate::program::Core;
use crate::sys::stats;
use std::time::Duration;

/// A function that runs in the kernel.
///
/// A function that is loaded under several types, because it is attached to several kinds of things,
/// counts as one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProgramHealth {
    /// The C function's name.
    pub name: String,
    /// How often it has run while that was [measured](crate::system::measure_run_time).
    pub runs: u64,
    /// How long it has run in these runs, all CPUs together.
    pub run_time: Duration,
    /// How often it was skipped because a program was running on the same CPU; 0 before Linux 5.12.
    pub recursion_misses: u64,
    /// How many instructions the verifier went through; 0 before Linux 5.16.
    pub verified_instructions: u32,
    /// How often its kprobes and kretprobes were skipped, because too many calls were under way or
    /// because a probe was hit inside of a probe. `None` before Linux 6.7 and for what is not
    /// attached to such, or with links that were not handed to [`Bpf::keep`](crate::Bpf::keep).
    pub probes_missed: Option<u64>,
}

impl ProgramHealth {
    /// The mean time of a run; `None` if no run was measured.
    #[must_use]
    pub fn mean_run_time(&self) -> Option<Duration> {
        let nanos = self.run_time.as_nanos().checked_div(self.runs.into())?;
        Some(Duration::from_nanos(
            u64::try_from(nanos).unwrap_or(u64::MAX),
        ))
    }
}

/// What the kernel says of a function, which is attached by some of these links.
pub(crate) fn program_health(core: &Core, links: &[Link]) -> Result<ProgramHealth> {
    let name = core.name();
    let mut health = ProgramHealth {
        name: name.to_owned(),
        runs: 0,
        run_time: Duration::ZERO,
        recursion_misses: 0,
        verified_instructions: 0,
        probes_missed: missed(links.iter().filter(|link| link.program() == name)),
    };
    let context = || format!("failed to ask the kernel about program `{name}`");
    for info in core.infos().with_context(context)? {
        health.runs += info.run_cnt;
        health.run_time += Duration::from_nanos(info.run_time_ns);
        health.recursion_misses += info.recursion_misses;
        health.verified_instructions = health.verified_instructions.max(info.verified_insns);
    }
    Ok(health)
}

/// The first kernel whose links tell it.
const TELLS_MISSED: Version = Version::new(6, 7, 0);

fn missed<'a>(links: impl Iterator<Item = &'a Link>) -> Option<u64> {
    if !Version::running().is_ok_and(|running| running >= TELLS_MISSED) {
        return None;
    }
    let counts = links
        .flat_map(Link::kernel_links)
        .filter_map(|link| stats::missed(link).ok().flatten());
    counts.reduce(|sum, count| sum + count)
}
