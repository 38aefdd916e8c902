//! Whether the running kernel has what the programs of a text attach to, looked into before
//! anything is loaded.
//!
//! In: what each program attaches to, and what to do where that is missing. Out: the programs that
//! are left out, each with the reason; or one error that names all that is missing.

pub(crate) mod functions;
mod hooks;
mod leave_out;
pub(crate) mod tracepoints;

pub(crate) use leave_out::leave_out;

use crate::attach;
use crate::error::{Error, ErrorKind, Result};
use crate::kernel::btf::Btf;
use crate::nearest::offer;
use crate::requirements::Target as Named;
use crate::spec::{AttachSpec, ProbeSpec, Spec};
use crate::stderr;
use crate::support;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};
use std::os::fd::OwnedFd;

/// What happens to a program whose target the kernel does not have, or does not let be probed.
///
/// bpftrace's `missing_probes`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingProbes {
    /// Nothing is loaded, and the error names all that is missing.
    #[default]
    Error,
    /// The program is left out, with a line on standard error.
    Warn,
    /// The program is left out without a word.
    Ignore,
}

/// A program that was left out because of its target.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Skipped {
    /// The function of the program text.
    pub program: String,
    /// The kind of error it would have been.
    pub kind: ErrorKind,
    /// Why it cannot be attached.
    pub reason: String,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not attached: {}", self.program, self.reason)
    }
}

/// What to do about which program.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    /// For all that are not named below.
    pub(crate) all: MissingProbes,
    /// The programs that may be missing.
    pub(crate) optional: BTreeSet<String>,
    /// The programs that are left out whatever the kernel has.
    pub(crate) unwanted: BTreeSet<String>,
    /// Whether programs attach at load.
    pub(crate) attaches: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            all: MissingProbes::default(),
            optional: BTreeSet::new(),
            unwanted: BTreeSet::new(),
            attaches: true,
        }
    }
}

impl Policy {
    fn of(&self, program: &str) -> MissingProbes {
        if self.optional.contains(program) {
            return MissingProbes::Ignore;
        }
        self.all
    }

    /// Whether the program is to be loaded, as far as it is about what the caller wants.
    pub(crate) fn wants(&self, program: &str) -> bool {
        !self.unwanted.contains(program)
    }

    pub(crate) fn may_miss(&self, program: &str) -> bool {
        self.of(program) != MissingProbes::Error
    }

    /// Leaves a program out, if that may be; a right that is missing is no missing target.
    pub(crate) fn skip(&self, program: &str, error: Error) -> Result<Skipped> {
        let policy = self.of(program);
        if policy == MissingProbes::Error || !is_about_target(error.kind()) {
            return Err(error);
        }
        let skipped = Skipped {
            program: program.to_owned(),
            kind: error.kind(),
            reason: error.to_string(),
        };
        if policy == MissingProbes::Warn {
            stderr::line(format_args!("warning: {skipped}"));
        }
        Ok(skipped)
    }

    /// Refuses names that the text does not have.
    pub(crate) fn check_names(&self, spec: &Spec) -> Result<()> {
        let is_unknown = |name: &&String| spec.probes.iter().all(|probe| probe.name != **name);
        let optional = self.optional.iter().map(|name| ("optional_probe", name));
        let unwanted = self.unwanted.iter().map(|name| ("without", name));
        let mut named = optional.chain(unwanted);
        let Some((option, name)) = named.find(|(_, name)| is_unknown(name)) else {
            return Ok(());
        };
        let offer = offer(name, spec.probes.iter().map(|probe| probe.name.to_string()));
        let text =
            format!("`{option}` names `{name}`, which is no program of the program text{offer}");
        Err(Error::new(ErrorKind::NotFound, text))
    }
}

const fn is_about_target(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::NotFound
            | ErrorKind::Unsupported
            | ErrorKind::Attach
            | ErrorKind::InvalidInput
            | ErrorKind::KernelTypes
    )
}

/// What became of the targets.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    /// The programs to be left out; the targets of the others are there.
    pub(crate) skipped: Vec<Skipped>,
    /// Probes that were made on the way, by program, to be attached to.
    pub(crate) probes: BTreeMap<String, OwnedFd>,
}

/// Looks into the targets of the programs for which `is_there` says so.
pub(crate) fn check(
    spec: &Spec,
    policy: &Policy,
    is_there: impl Fn(&str) -> bool,
) -> Result<Checked> {
    let mut kernel = None;
    let mut checked = Checked::default();
    let mut missing = Vec::new();
    let probes = spec.probes.iter();
    for probe in probes.filter(|probe| policy.wants(&probe.name) && is_there(&probe.name)) {
        match check_probe(probe, policy, &mut kernel) {
            Ok(made) => checked
                .probes
                .extend(made.map(|made| (probe.name.to_string(), made))),
            Err(error) => match policy.skip(&probe.name, error) {
                Ok(left_out) => checked.skipped.push(left_out),
                Err(error) => missing.push((probe, error)),
            },
        }
    }
    match together(spec, missing) {
        Some(error) => Err(error),
        None => Ok(checked),
    }
}

/// The error for a text that does not compile because a tracepoint is missing: names all else that
/// is, as far as it is certain without the compiled object.
pub(crate) fn all_missing(spec: &Spec, policy: &Policy, error: Error) -> Error {
    if error.kind() != ErrorKind::NotFound {
        return error;
    }
    let named = spec.requirements.targets.iter();
    let certain: BTreeSet<&str> = named
        .filter(|target| target.certain)
        .map(|target| &*target.program)
        .collect();
    let checked = check(spec, policy, |program| certain.contains(program));
    checked.err().unwrap_or(error)
}

/// Whether the target of one program is there, with the probe that was made to find out; `kernel`
/// keeps the kernel's types once somebody has needed them.
fn check_probe(
    probe: &ProbeSpec,
    policy: &Policy,
    kernel: &mut Option<Btf>,
) -> Result<Option<OwnedFd>> {
    match &probe.attach {
        AttachSpec::Trampoline { hook, .. } => {
            check_target(probe, kernel)?;
            // Where programs may be missing, hooks as a whole may be as well.
            if policy.may_miss(&probe.name) {
                // This process has the rights to load, or it would not have come here: a kernel that
                // refuses all the same is locked down.
                support::hook(*hook).map_err(|reason| {
                    let text = reason.to_string();
                    Error::new(ErrorKind::Unsupported, text).with_cause(reason)
                })?;
            }
            Ok(None)
        }
        // What is not there cannot be loaded.
        AttachSpec::Iter { .. } => check_target(probe, kernel),
        attach if policy.attaches && attach::is_automatic(attach) => check_target(probe, kernel),
        _ => Ok(None),
    }
}

/// Whether the kernel has what a program names, attached by itself or not. The kernel tells of
/// functions by making the probe, which is returned.
pub(crate) fn check_target(probe: &ProbeSpec, kernel: &mut Option<Btf>) -> Result<Option<OwnedFd>> {
    let program = &*probe.name;
    let make = |function: &str, at_return| attach::make_kprobe(program, function, at_return);
    let checked = match &probe.attach {
        AttachSpec::Kprobe { function } => return make(function, false).map(Some),
        AttachSpec::Kretprobe { function } => return make(function, true).map(Some),
        AttachSpec::Syscall { call } => {
            return make(&attach::get_syscall_fnname(call), false).map(Some);
        }
        AttachSpec::Trampoline {
            hook,
            module,
            function,
            arguments,
        } => {
            let target = hooks::Target {
                program,
                hook: *hook,
                module: module.as_deref(),
                function,
                arguments: *arguments,
            };
            hooks::check_trampoline(&target, kernel)
        }
        AttachSpec::Iter { target } => hooks::check_iterator(target, kernel),
        AttachSpec::Tracepoint { category, event }
        | AttachSpec::TracepointFn { category, event } => tracepoints::check(category, event),
        AttachSpec::RawTracepoint { event } => tracepoints::check_raw(event, kernel),
        AttachSpec::Section { name } => check_section(program, name, kernel),
        AttachSpec::Registers
        | AttachSpec::Any
        | AttachSpec::RawTracepointFn
        | AttachSpec::PerfEvent
        | AttachSpec::Network { .. } => Ok(()),
    };
    checked.map(|()| None)
}

/// What a section of libbpf's names, as far as it is one of those above.
fn check_section(program: &str, section: &str, kernel: &mut Option<Btf>) -> Result<()> {
    let Some((kind, target)) = section.split_once('/') else {
        return Ok(());
    };
    match kind {
        // libbpf may have another way to them.
        "kprobe" | "kretprobe" if attach::has_kprobes().is_err() || target.contains('+') => Ok(()),
        "kprobe" | "kretprobe" => {
            attach::make_kprobe(program, target, kind == "kretprobe").map(drop)
        }
        "tp" | "tracepoint" => match target.split_once('/') {
            Some((category, event)) => tracepoints::check(category, event),
            None => Ok(()),
        },
        "raw_tp" | "raw_tracepoint" => tracepoints::check_raw(target, kernel),
        _ => Ok(()),
    }
}

/// One error for all that is missing; the same reason is given once.
fn together(spec: &Spec, mut missing: Vec<(&ProbeSpec, Error)>) -> Option<Error> {
    let texts: BTreeSet<String> = missing.iter().map(|(_, error)| error.to_string()).collect();
    if texts.len() <= 1 {
        return missing.pop().map(|(_, error)| error);
    }
    let kind = missing[0].1.kind();
    let same = missing.iter().all(|(_, error)| error.kind() == kind);
    let mut text = format!(
        "{} programs of `{}` cannot be attached, and nothing was loaded:",
        missing.len(),
        spec.name
    );
    for (probe, error) in &missing {
        let place = place_of(spec, &probe.name).unwrap_or_default();
        // A `String` takes everything.
        let _ = write!(text, "\n  {place}`{}`: {error}", probe.name);
    }
    Some(Error::new(
        if same { kind } else { ErrorKind::Attach },
        text,
    ))
}

/// Where the text has a program, as the start of a message.
fn place_of(spec: &Spec, program: &str) -> Option<String> {
    let requirements = &spec.requirements;
    let Named { place, .. } = requirements
        .targets
        .iter()
        .find(|it| it.program == program)?;
    Some(format!("{}:{}: ", requirements.file, place.line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probe(name: &'static str) -> ProbeSpec {
        ProbeSpec {
            name: name.into(),
            attach: AttachSpec::Any,
            hook_arguments: None,
        }
    }

    fn error(text: &'static str) -> Error {
        Error::new(ErrorKind::NotFound, text)
    }

    /// One reason stands for itself; of several each is named.
    #[test]
    fn words_errors_together() {
        let spec = Spec {
            name: "demo".into(),
            ..Spec::default()
        };
        let (a, b) = (probe("a"), probe("b"));
        let same = together(&spec, vec![(&a, error("no x")), (&b, error("no x"))]);
        assert_eq!(same.map(|error| error.to_string()).as_deref(), Some("no x"));
        let both = together(&spec, vec![(&a, error("no x")), (&b, error("no y"))]);
        let both = both.expect("two errors");
        assert_eq!(both.kind(), ErrorKind::NotFound);
        assert_eq!(
            both.to_string(),
            "2 programs of `demo` cannot be attached, and nothing was loaded:\n  `a`: no x\n  \
             `b`: no y"
        );
        assert!(together(&spec, Vec::new()).is_none());
    }

    /// Only what concerns the target may be ignored.
    #[test]
    fn leaves_out_what_may_be_missing() {
        let policy = Policy {
            optional: ["a".to_owned()].into(),
            ..Policy::default()
        };
        let skipped = policy.skip("a", error("no x")).expect("it may be missing");
        assert_eq!(skipped.to_string(), "`a` is not attached: no x");
        assert!(policy.skip("b", error("no x")).is_err());
        let denied = Error::new(ErrorKind::PermissionDenied, "no right");
        assert!(policy.skip("a", denied).is_err());
    }
}
