//! Probes by regular expression: many of them in one link.
//!
//! In: an expression. Out: a link to all that match it and can be probed.

mod methods;

use super::cookie::{self, Cookies};
use super::functions::{get_kprobe_functions, get_tracepoints, matching_functions};
use super::pmu::Pmu;
use super::{KprobeOpts, elf, failed, kprobe, library, tracepoint, uprobe};
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

/// How many probes a regular expression may stand for, in which process, and with what.
#[derive(Clone, Debug, Default)]
pub struct RegexOpts {
    limit: Option<usize>,
    pid: Option<u32>,
    cookies: Cookies,
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

    /// What `bpf_get_attach_cookie(ctx)` gives the program, the same at all probes; 0 by default.
    ///
    /// # Minimum kernel version
    /// 5.15; attaching with a cookie is an error before
    #[must_use]
    pub fn cookie(self, cookie: u64) -> Self {
        self.cookies(move |_| cookie)
    }

    /// What `bpf_get_attach_cookie(ctx)` gives the program at each probe, by the name of the function,
    /// or of the tracepoint as `category:event`. A function of a binary that has several names is
    /// called by one of them.
    ///
    /// ```no_run
    /// use bcc_runtime::attach::{RegexOpts, get_kprobe_functions};
    ///
    /// bcc_runtime::bpf_program! {
    ///     mod calls;
    ///     BPF_HASH(counts, u64, u64);
    ///     int count(struct pt_regs *ctx) {
    ///         counts.increment(bpf_get_attach_cookie(ctx));
    ///         return 0;
    ///     }
    /// }
    ///
    /// # fn main() -> bcc_runtime::Result<()> {
    /// let names = get_kprobe_functions("vfs_.*")?;
    /// let number = names.clone();
    /// let opts = RegexOpts::new().cookies(move |name| {
    ///     number.binary_search(&name.to_owned()).unwrap_or(usize::MAX) as u64
    /// });
    /// let bpf = calls::load()?;
    /// let _link = bpf.progs.count.attach_kprobe_regex("vfs_.*", &opts)?;
    /// std::thread::sleep(std::time::Duration::from_secs(10));
    /// for entry in bpf.maps.counts.iter() {
    ///     let (number, count) = entry?;
    ///     println!("{count:>8} {}", names[number as usize]);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Minimum kernel version
    /// 5.15; attaching with cookies is an error before
    #[must_use]
    pub fn cookies(mut self, cookie: impl Fn(&str) -> u64 + Send + Sync + 'static) -> Self {
        self.cookies = Cookies::by_name(cookie);
        self
    }

    fn place<P>(&self, name: String, at: P) -> Place<P> {
        Place {
            cookie: self.cookies.of(&name),
            name,
            at,
        }
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
    let at_once = |group: &[Place<()>], cookies: Option<&[u64]>| {
        let names = group.iter();
        let names = names.map(|place| CString::new(place.name.as_str()).ok());
        let names: Vec<_> = names.collect::<Option<_>>()?;
        perf::attach_kprobe_multi(fd.as_ref().ok()?.as_fd(), &names, at_return, cookies).ok()
    };
    let places = functions.into_iter().map(|name| opts.place(name, ()));
    let (link, probes) = many.attach(places.collect(), at_once, |place| {
        let opts = KprobeOpts::with_cookie(place.cookie);
        kprobe::open(program, &place.name, &opts, at_return)
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
        opts.place(function.name, offset)
    };
    let places = named.into_values().map(place).collect();
    let file = CString::new(path.as_os_str().as_bytes()).ok();
    let fd = if opts.pid.is_none() || sees_all_threads() {
        let purpose = Some(perf::UPROBE_MULTI);
        program.fd_for(ProgramType::Kprobe, purpose).ok()
    } else {
        None
    };
    let at_once = |group: &[Place<Result<u64>>], cookies: Option<&[u64]>| {
        let offsets = group.iter();
        let offsets = offsets.map(|place| place.at.as_ref().ok().copied());
        let offsets: Vec<_> = offsets.collect::<Option<_>>()?;
        let (fd, file) = (fd.as_ref()?.as_fd(), file.as_ref()?);
        perf::attach_uprobe_multi(fd, file, &offsets, at_return, opts.pid, cookies, None).ok()
    };
    let config = if at_return {
        Pmu::Uprobe.return_bit()?
    } else {
        0
    };
    let (link, _) = many.attach(places, at_once, |place| {
        let cookie = place.cookie;
        let place = uprobe::Place {
            offset: place.at?,
            path: path.clone(),
            words: what.clone(),
        };
        uprobe::try_open(program, &place, config, opts.pid, cookie)
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
    let places = names.into_iter().map(|name| opts.place(name, ()));
    let (link, _) = many.attach(
        places.collect(),
        |_, _| None,
        |place| {
            let (category, event) = place.name.split_once(':').unwrap_or_default();
            tracepoint::open(program, category, event, place.cookie)
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

/// Something that an expression stands for.
struct Place<P> {
    name: String,
    at: P,
    cookie: Option<u64>,
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
        places: Vec<Place<P>>,
        at_once: impl Fn(&[Place<P>], Option<&[u64]>) -> Option<OwnedFd>,
        mut open: impl FnMut(Place<P>) -> Result<io::Result<Attachment>>,
    ) -> Result<(Link, usize)> {
        let count = places.len();
        // The options give all places a cookie or none of them.
        let wanted = places.first().and_then(|place| place.cookie);
        let default = cookie::choose(self.program, wanted)?;
        let mut at_once = |group: &[Place<P>]| {
            let cookies = group.iter().map(|place| place.cookie.or(default));
            let cookies: Option<Vec<_>> = cookies.collect();
            at_once(group, cookies.as_deref())
        };
        let mut attachments = Vec::new();
        let mut failures = Vec::new();
        for place in in_groups(places, &mut at_once, &mut attachments) {
            let name = place.name.clone();
            match open(place) {
                Ok(Ok(attachment)) => attachments.push(attachment),
                Ok(Err(cause)) if is_out_of_descriptors(&cause) => {
                    return Err(self.no_room(attachments.len(), cause));
                }
                Ok(Err(cause)) if perf::is_without_cookies(&cause) => {
                    let target = format!("{} that match `{}`", self.what, self.expression);
                    return Err(failed(self.program.name(), &target, cause));
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
