//! What the functions of a program cost, as the kernel counts it.
//!
//! In: the programs and what they are attached to. Out: [`ProgramHealth`].

use super::misses;
use crate::error::{Context as _, Result};
use crate::link::Link;
use crate::program::Core;
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
    /// How often it was skipped because a program was running on the same CPU. `None` where the kernel
    /// does not count it: before Linux 5.12 on hooks, before 6.1 on raw tracepoints, before 6.7 on
    /// kprobes and tracepoints, and for other types of programs.
    pub recursion_misses: Option<u64>,
    /// How many instructions the verifier went through; `None` before Linux 5.16.
    pub verified_instructions: Option<u32>,
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
        recursion_misses: None,
        verified_instructions: None,
        probes_missed: misses::of_probes(links.iter().filter(|link| link.program() == name)),
    };
    let context = || format!("failed to ask the kernel about program `{name}`");
    for facts in core.facts().with_context(context)? {
        health.runs += facts.info.run_cnt;
        health.run_time += Duration::from_nanos(facts.info.run_time_ns);
        if let Some(misses) = misses::recursion_misses(&facts) {
            *health.recursion_misses.get_or_insert(0) += misses;
        }
        let verified = facts.verified_instructions();
        health.verified_instructions = health.verified_instructions.max(verified);
    }
    Ok(health)
}
