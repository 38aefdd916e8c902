//! What is counted, and the flags that have it counted.

use super::failures::{COUNT_FAILURES, COUNT_READS};
use crate::kernel::version::Version;
use crate::spec::Spec;

/// The first kernel whose counts this process can read while programs run.
const SHARED_MEMORY: Version = Version::new(5, 5, 0);

/// Which failures a program counts by itself: see [`Builder::health`](crate::Builder::health).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Health {
    /// None: the program is what it is in bcc.
    Off,
    /// Calls of maps that can fail without a word: events that do not fit, maps that are full,
    /// stacks that have no place, tail calls that come back. The default. A call that succeeds costs
    /// one comparison more.
    #[default]
    Calls,
    /// And reads of memory outside the program that fail: those that the text writes, and those that
    /// `a->b` becomes. Each read costs one comparison more.
    CallsAndReads,
}

/// The flags for clang.
pub(crate) fn flags(spec: &Spec, health: Health) -> Vec<String> {
    let mut flags = Vec::new();
    if !SHARED_MEMORY.is_reached() {
        return flags;
    }
    if health >= Health::Calls && !spec.sites.is_empty() {
        flags.push(format!("-D{COUNT_FAILURES}={}", spec.sites.len()));
    }
    if health >= Health::CallsAndReads && spec.source.contains(COUNT_READS) {
        flags.push(format!("-D{COUNT_READS}={}", lines(&spec.source) + 1));
    }
    flags
}

/// A number that no line of the text goes beyond.
fn lines(source: &str) -> usize {
    let marks = source
        .lines()
        .filter_map(|line| line.strip_prefix("#line "));
    let numbers = marks.filter_map(|rest| rest.split(' ').next()?.parse::<usize>().ok());
    numbers.max().unwrap_or(0) + source.lines().count()
}
