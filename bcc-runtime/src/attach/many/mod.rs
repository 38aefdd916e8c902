//! Probes by regular expression: many of them in one link.
//!
//! In: an expression. Out: a link to all that match it and can be probed.

mod methods;

use super::functions::{get_kprobe_functions, get_tracepoints, user_functions};
use super::pattern::Pattern;
use super::pmu::Pmu;
use super::{elf, kprobe, library, tracepoint, uprobe};
use crate::error::{Error, ErrorKind, Result};
use crate::link::{Attachment, Link};
use crate::program::Core;
use crate::sys::perf::{self, is_out_of_descriptors};
use libbpf_rs::ProgramType;
use std::collections::BTreeMap;
use std::ffi::CString;
use std::io;
use std::os::fd::AsFd as _;
use std::path::Path;

/// How many probes an expression may stand for, unless somebody says so.
const LIMIT: usize = 1000;
/// Where somebody may say so, as for bcc.
const LIMIT_VARIABLE: &str = "BCC_PROBE_LIMIT";

/// How many probes a regular expression may stand for, and in which process.
#[derive(Clone, Debug, Default)]
pub struct RegexOpts {
    limit: Option<usize>,
    pid: Option<u32>,
}

impl RegexOpts {
    /// At most 1000, or as many as the environment variable `BCC_PROBE_LIMIT` says; in all
    /// processes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// At most so many: more are an error.
    #[must_use]
    pub fn limit(mut self, probes: usize) -> Self {
        self.limit = Some(probes);
        self
    }

    /// Functions of libraries and binaries: only in this process.
    #[must_use]
    pub fn pid(mut self, pid: u32) -> Self {
        self.pid = Some(pid);
        self
    }

    fn most(&self) -> usize {
        let from_environment = || std::env::var(LIMIT_VARIABLE).ok()?.trim().parse().ok();
        self.limit.or_else(from_environment).unwrap_or(LIMIT)
    }
}

/// Attaches to the entries or returns of kernel functions.
pub(crate) fn kprobes(
    program: &Core,
    expression: &str,
    at_return: bool,
    opts: &RegexOpts,
) -> Result<Link> {
    let functions = get_kprobe_functions(expression)?;
    // A kernel without kprobes says so first, whatever matches.
    Pmu::Kprobe.kind()?;
    let many = Many {
        program,
        expression,
        what: if at_return {
            "returns of kernel functions"
        } else {
            "kernel functions"
        },
    };
    many.check_count(functions.len(), opts)?;
    if let Some(attachment) = all_at_once(program, &functions, at_return) {
        let target = many.target(functions.len(), 0);
        let link = Link::new(program.name(), target, vec![attachment]);
        return Ok(link.with_kprobes(functions.len()));
    }
    let link = many.attach(functions, |name| kprobe::open(program, &name, 0, at_return))?;
    Ok(link.probes_kernel())
}

/// One link to all functions, if the kernel can, and if none of them stands in the way.
fn all_at_once(program: &Core, functions: &[String], at_return: bool) -> Option<Attachment> {
    let names: Option<Vec<_>> = functions
        .iter()
        .map(|name| CString::new(name.as_str()).ok())
        .collect();
    let fd = program
        .fd_for(ProgramType::Kprobe, Some(perf::KPROBE_MULTI))
        .ok()?;
    let attached = perf::attach_kprobe_multi(fd.as_fd(), &names?, at_return);
    Some(Attachment::Descriptor { fd: attached.ok()? })
}

/// Attaches to the entries or returns of functions of a library or binary.
pub(crate) fn uprobes(
    program: &Core,
    binary: &Path,
    expression: &str,
    at_return: bool,
    opts: &RegexOpts,
) -> Result<Link> {
    let path = library::find(binary, opts.pid)?;
    let named = user_functions(&path, &Pattern::start(expression)?)?;
    // Functions can have several names; each place is probed once.
    let named: BTreeMap<_, _> = named.into_iter().map(|(name, at)| (at, name)).collect();
    let what = format!("functions of `{}`", path.display());
    let many = Many {
        program,
        expression,
        what: &what,
    };
    many.check_count(named.len(), opts)?;
    let config = if at_return {
        Pmu::Uprobe.return_bit()?
    } else {
        0
    };
    many.attach(named.into_values(), |name| {
        let place = uprobe::Place {
            offset: elf::symbol_offset(&path, &name)?,
            path: path.clone(),
            words: what.clone(),
        };
        uprobe::try_open(program, &place, config, opts.pid)
    })
}

/// Attaches to tracepoints.
pub(crate) fn tracepoints(program: &Core, expression: &str, opts: &RegexOpts) -> Result<Link> {
    let names = get_tracepoints(expression)?;
    let many = Many {
        program,
        expression,
        what: "tracepoints",
    };
    many.check_count(names.len(), opts)?;
    many.attach(names, |name| {
        let (category, event) = name.split_once(':').unwrap_or_default();
        tracepoint::open(program, category, event)
    })
}

/// Something to attach to many times.
struct Many<'a> {
    program: &'a Core,
    expression: &'a str,
    /// What matches: `kernel functions`.
    what: &'a str,
}

impl Many<'_> {
    fn check_count(&self, count: usize, opts: &RegexOpts) -> Result<()> {
        let (what, expression, most) = (self.what, self.expression, opts.most());
        let (kind, text) = if count == 0 {
            let text = format!("no {what} that can be probed match `{expression}`");
            (ErrorKind::NotFound, text)
        } else if count > most {
            let text = format!(
                "{count} {what} match `{expression}`, and {most} is the limit; narrow the \
                 expression, or raise the limit with `RegexOpts::limit` or `{LIMIT_VARIABLE}`"
            );
            (ErrorKind::InvalidInput, text)
        } else {
            return Ok(());
        };
        Err(Error::new(kind, text))
    }

    /// Attaches to each; what cannot be attached to is left out, unless nothing else is left.
    fn attach(
        &self,
        names: impl IntoIterator<Item = String>,
        mut open: impl FnMut(String) -> Result<io::Result<Attachment>>,
    ) -> Result<Link> {
        let mut attachments = Vec::new();
        let mut failures = Vec::new();
        for name in names {
            match open(name.clone()) {
                Ok(Ok(attachment)) => attachments.push(attachment),
                Ok(Err(cause)) if is_out_of_descriptors(&cause) => {
                    return Err(self.no_room(attachments.len(), cause));
                }
                Ok(Err(cause)) => failures.push((name, cause.into())),
                Err(error) => failures.push((name, error)),
            }
        }
        if attachments.is_empty() {
            return Err(self.none(failures));
        }
        let target = self.target(attachments.len(), failures.len());
        Ok(Link::new(self.program.name(), target, attachments))
    }

    fn target(&self, attached: usize, left_out: usize) -> String {
        let (what, expression) = (self.what, self.expression);
        match left_out {
            0 => format!("{attached} {what} that match `{expression}`"),
            _ => format!("{attached} {what} that match `{expression}`, without {left_out} more"),
        }
    }

    /// Nothing could be attached to; the first failure stands for all.
    fn none(&self, failures: Vec<(String, Error)>) -> Error {
        let (count, what) = (failures.len(), self.what);
        let (program, expression) = (self.program.name(), self.expression);
        let text = format!(
            "failed to attach `{program}` to any of {count} {what} that match `{expression}`"
        );
        match failures.into_iter().next() {
            Some((name, cause)) => {
                let kind = match cause.kind() {
                    ErrorKind::PermissionDenied => ErrorKind::PermissionDenied,
                    _ => ErrorKind::Attach,
                };
                Error::new(kind, format!("{text}; the first is `{name}`")).with_cause(cause)
            }
            None => Error::new(ErrorKind::Attach, text),
        }
    }

    /// Leaving out the rest would be an accident of how many came first.
    fn no_room(&self, attached: usize, cause: io::Error) -> Error {
        let (program, what, expression) = (self.program.name(), self.what, self.expression);
        let text = format!(
            "failed to attach `{program}` to all {what} that match `{expression}`: this process \
             has no descriptors left after {attached}; raise their number (`ulimit -n`), or narrow \
             the expression"
        );
        Error::new(ErrorKind::Attach, text).with_cause(cause)
    }
}
