//! Probes by regular expression: many of them in one link.
//!
//! In: an expression. Out: a link to all that match it and can be probed.

mod methods;

use super::functions::{get_kprobe_functions, get_tracepoints, matching_functions};
use super::pmu::Pmu;
use super::{elf, kprobe, library, tracepoint, uprobe};
use crate::error::{Error, ErrorKind, Result};
use crate::kernel::version::Version;
use crate::link::{Attachment, Link};
use crate::program::Core;
use crate::sys::perf::{self, is_out_of_descriptors};
use libbpf_rs::ProgramType;
use std::collections::BTreeMap;
use std::ffi::CString;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
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
    let fd = program.fd_for(ProgramType::Kprobe, Some(perf::KPROBE_MULTI));
    let at_once = |group: &[(String, ())]| {
        let names = group
            .iter()
            .map(|(name, ())| CString::new(name.as_str()).ok());
        let names: Vec<_> = names.collect::<Option<_>>()?;
        perf::attach_kprobe_multi(fd.as_ref().ok()?.as_fd(), &names, at_return).ok()
    };
    let places = functions.into_iter().map(|name| (name, ())).collect();
    let (link, probes) = many.attach(places, at_once, |name, ()| {
        kprobe::open(program, name, 0, at_return)
    })?;
    Ok(link.with_kprobes(probes))
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
    let image = elf::Image::open(&path)?;
    let named = matching_functions(&image, expression)?;
    // Functions can have several names; each place is probed once.
    let named: BTreeMap<_, _> = named.into_iter().map(|one| (one.address, one)).collect();
    let what = format!("functions of `{}`", path.display());
    let many = Many {
        program,
        expression,
        what: &what,
    };
    many.check_count(named.len(), opts)?;
    let place = |function: elf::Function| {
        let offset = image.offset_of_function(&function);
        (function.name, offset)
    };
    let places = named.into_values().map(place).collect();
    let file = CString::new(path.as_os_str().as_bytes()).ok();
    let fd = if opts.pid.is_none() || sees_all_threads() {
        let purpose = Some(perf::UPROBE_MULTI);
        program.fd_for(ProgramType::Kprobe, purpose).ok()
    } else {
        None
    };
    let at_once = |group: &[(String, Result<u64>)]| {
        let offsets = group
            .iter()
            .map(|(_, offset)| offset.as_ref().ok().copied());
        let offsets: Vec<_> = offsets.collect::<Option<_>>()?;
        let fd = fd.as_ref()?.as_fd();
        perf::attach_uprobe_multi(fd, file.as_ref()?, &offsets, at_return, opts.pid).ok()
    };
    let config = if at_return {
        Pmu::Uprobe.return_bit()?
    } else {
        0
    };
    let (link, _) = many.attach(places, at_once, |_, offset| {
        let place = uprobe::Place {
            offset: offset?,
            path: path.clone(),
            words: what.clone(),
        };
        uprobe::try_open(program, &place, config, opts.pid)
    })?;
    Ok(link)
}

/// Whether a link to many places in one process sees all its threads; before Linux 6.10 it only saw
/// the first, which cannot be asked from the kernel.
fn sees_all_threads() -> bool {
    Version::new(6, 10, 0).is_reached()
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
    let places = names.into_iter().map(|name| (name, ())).collect();
    let (link, _) = many.attach(
        places,
        |_| None,
        |name, ()| {
            let (category, event) = name.split_once(':').unwrap_or_default();
            tracepoint::open(program, category, event)
        },
    )?;
    Ok(link)
}

/// Attaches to all places at once or, since one that cannot be probed fails the others, to as large
/// groups as go together; returns the places that go with none.
fn in_groups<P>(
    mut places: Vec<P>,
    at_once: &mut impl FnMut(&[P]) -> Option<OwnedFd>,
    attachments: &mut Vec<Attachment>,
) -> Vec<P> {
    if let Some(fd) = at_once(&places) {
        attachments.push(Attachment::Descriptor(fd));
        return Vec::new();
    }
    if places.len() <= 1 {
        return places;
    }
    let second = places.split_off(places.len() / 2);
    let mut left = in_groups(places, at_once, attachments);
    left.extend(in_groups(second, at_once, attachments));
    left
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

    /// Attaches to all places, to many at once where that works and else to each by itself. What
    /// cannot be attached to is left out, unless nothing else is left. Returns how many there are.
    fn attach<P>(
        &self,
        places: Vec<(String, P)>,
        mut at_once: impl FnMut(&[(String, P)]) -> Option<OwnedFd>,
        mut open: impl FnMut(&str, P) -> Result<io::Result<Attachment>>,
    ) -> Result<(Link, usize)> {
        let count = places.len();
        let mut attachments = Vec::new();
        let mut failures = Vec::new();
        for (name, place) in in_groups(places, &mut at_once, &mut attachments) {
            match open(&name, place) {
                Ok(Ok(attachment)) => attachments.push(attachment),
                Ok(Err(cause)) if is_out_of_descriptors(&cause) => {
                    return Err(self.no_room(attachments.len(), cause));
                }
                Ok(Err(cause)) => failures.push((name, cause.into())),
                Err(error) => match File::open("/dev/null") {
                    // What was read on the way, the kernel's lists, could not be opened.
                    Err(cause) if is_out_of_descriptors(&cause) => {
                        return Err(self.no_room(attachments.len(), cause));
                    }
                    _ => failures.push((name, error)),
                },
            }
        }
        if attachments.is_empty() {
            return Err(self.none(failures));
        }
        let attached = count - failures.len();
        let target = self.target(attached, failures.len());
        Ok((
            Link::new(self.program.name(), target, attachments),
            attached,
        ))
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
