//! How long each phase of a start took.
//!
//! In: the start and the end of each phase, from whoever runs it. Out: [`Phases`], readable by
//! program and printable.

use std::fmt;
use std::time::{Duration, Instant};

/// A phase of a program's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Phase {
    /// Looking for the compiled object in the cache, and leaving it there.
    Cache,
    /// Reading the kernel's types and writing them as C.
    KernelTypes,
    /// From the start of clang to its end, less what overlaps with [`Phase::KernelTypes`].
    Compile,
    /// Parsing the object and comparing layouts.
    Open,
    /// Creating maps and having programs verified.
    Load,
    /// Attaching what attaches by itself.
    Attach,
}

impl Phase {
    /// A word for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cache => "cache",
            Self::KernelTypes => "kernel types",
            Self::Compile => "clang",
            Self::Open => "open",
            Self::Load => "load",
            Self::Attach => "attach",
        }
    }
}

/// What became of the cache of compiled objects; see [`Builder::cache`](crate::Builder::cache).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum CacheUse {
    /// The object came from the cache, and clang did not run.
    Hit,
    /// The object was compiled [when the crate was built](crate::ahead), or is one given by
    /// [`Builder::object`](crate::Builder::object), and clang did not run.
    Ahead,
    /// The object was compiled, and is in the cache now.
    #[default]
    Miss,
    /// The object was compiled, and is not in the cache, for this reason.
    Off(String),
}

impl fmt::Display for CacheUse {
    /// `hit`, `ahead of time`, `miss` or `off: WHY`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hit => f.write_str("hit"),
            Self::Ahead => f.write_str("ahead of time"),
            Self::Miss => f.write_str("miss"),
            Self::Off(why) => write!(f, "off: {why}"),
        }
    }
}

/// The time each phase took, in the order they first ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Phases {
    list: Vec<(Phase, Duration)>,
    cache: CacheUse,
    not_ahead: Option<String>,
}

impl Phases {
    /// Runs a phase and notes its time, whether it works or not.
    pub(crate) fn time<T>(&mut self, phase: Phase, run: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = run();
        let time = start.elapsed();
        log::debug!("{} took {:.1} ms", phase.name(), time.as_secs_f64() * 1e3);
        match self.list.iter_mut().find(|(known, _)| *known == phase) {
            Some((_, sum)) => *sum += time,
            None => self.list.push((phase, time)),
        }
        result
    }

    pub(crate) fn set_cache(&mut self, cache: CacheUse) {
        self.cache = cache;
    }

    pub(crate) fn set_not_ahead(&mut self, why: String) {
        self.not_ahead = Some(why);
    }

    /// Why no object that was compiled [when the crate was built](crate::ahead) or given by
    /// [`Builder::object`](crate::Builder::object) was used; `None` if one was, or if there is none.
    #[must_use]
    pub fn not_ahead(&self) -> Option<&str> {
        self.not_ahead.as_deref()
    }

    /// Whether the object came from the cache, and if not, why.
    #[must_use]
    pub fn cache(&self) -> &CacheUse {
        &self.cache
    }

    /// The time a phase took; `None` if it did not run.
    #[must_use]
    pub fn get(&self, phase: Phase) -> Option<Duration> {
        self.iter()
            .find(|(known, _)| *known == phase)
            .map(|(_, time)| time)
    }

    /// All phases that ran, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Phase, Duration)> + '_ {
        self.list.iter().copied()
    }

    /// The sum over all phases, which never overlap.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.iter().map(|(_, time)| time).sum()
    }
}

impl fmt::Display for Phases {
    /// One line: `cache 0.2 ms, kernel types 8.1 ms, clang 71.0 ms, ..., total 90.2 ms, cache miss`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (phase, time) in self.iter() {
            write!(f, "{} {:.1} ms, ", phase.name(), time.as_secs_f64() * 1e3)?;
        }
        let total = self.total().as_secs_f64() * 1e3;
        write!(f, "total {total:.1} ms, cache {}", self.cache)?;
        match &self.not_ahead {
            Some(why) => write!(f, ", not ahead of time: {why}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A phase that ran has a time; the line names it and the total.
    #[test]
    fn notes_what_ran() {
        let mut phases = Phases::default();
        assert_eq!(phases.time(Phase::Open, || 7), 7);
        assert!(phases.get(Phase::Open).is_some());
        assert_eq!(phases.get(Phase::Load), None);
        assert!(phases.to_string().starts_with("open 0.0 ms, total "));
    }
}
