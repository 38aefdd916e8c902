//! USDT probes: places in a binary that its authors marked, with arguments.
//!
//! In: a binary or a process, and the name of a probe. Out: a link to all places that have it.
//!
//! Functions that ask for arguments are attached by libbpf, which tells them where the
//! arguments are; others need only the places. Semaphores are left to the kernel, which counts them
//! up for as long as somebody is attached.

mod argument;
mod list;
mod methods;
mod notes;

pub(super) use self::notes::{Note, read_notes};

pub use self::argument::UsdtArgument;
pub use self::list::{Usdt, UsdtLocation, UsdtProbe};

use super::uprobe;
use crate::error::{Error, ErrorKind, Evidence, Result};
use crate::link::{Attachment, Link};
use crate::program::Core;
use libbpf_rs::UsdtOpts as LibbpfOpts;
use std::collections::BTreeSet;
use std::path::Path;

/// In which process to attach, and with what.
#[derive(Clone, Debug, Default)]
pub struct UsdtOpts {
    pid: Option<u32>,
    cookie: Option<u64>,
}

impl UsdtOpts {
    /// In all processes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only in this process. The library is then the one that it has loaded, also from within its
    /// container.
    #[must_use]
    pub fn pid(mut self, pid: u32) -> Self {
        self.pid = Some(pid);
        self
    }

    /// What `bpf_usdt_cookie(ctx)` gives the program, to tell probes apart; 0 by default.
    ///
    /// A program that reads neither arguments nor this, and calls no other one, has it from
    /// `bpf_get_attach_cookie(ctx)`, as at other probes; that needs Linux 5.15, and attaching with a
    /// cookie is an error before.
    #[must_use]
    pub fn cookie(mut self, cookie: u64) -> Self {
        self.cookie = Some(cookie);
        self
    }
}

/// Attaches to a probe of a file.
pub(crate) fn in_file(program: &Core, binary: &Path, probe: &str, opts: &UsdtOpts) -> Result<Link> {
    let probes = Usdt::in_file(binary, opts.pid)?.find(probe)?;
    attach(program, &probes, opts)
}

/// Attaches to a probe of whatever a process has mapped.
pub(crate) fn in_process(program: &Core, pid: u32, probe: &str) -> Result<Link> {
    let probes = Usdt::from_pid(pid)?.find(probe)?;
    attach(program, &probes, &UsdtOpts::new())
}

/// Attaches to probes, mostly one.
pub(crate) fn attach(program: &Core, probes: &[UsdtProbe], opts: &UsdtOpts) -> Result<Link> {
    let mut attachments = Vec::new();
    for probe in probes {
        let pid = opts.pid.or(probe.pid);
        if program.reads_usdt() {
            attachments.push(with_arguments(
                program,
                probe,
                pid,
                opts.cookie.unwrap_or(0),
            )?);
        } else {
            attachments.extend(without_arguments(program, probe, pid, opts.cookie)?);
        }
    }
    let target = probes.first().map(words).unwrap_or_default();
    Ok(Link::new(program.name(), target, attachments))
}

fn words(probe: &UsdtProbe) -> String {
    format!("USDT probe `{probe}` in `{}`", probe.path.display())
}

fn with_arguments(
    program: &Core,
    probe: &UsdtProbe,
    pid: Option<u32>,
    cookie: u64,
) -> Result<Attachment> {
    // A process that was found has no number beyond this.
    let pid = pid.map_or(-1, |pid| i32::try_from(pid).unwrap_or(i32::MAX));
    let opts = LibbpfOpts {
        cookie,
        ..LibbpfOpts::default()
    };
    let attached = program.attach_usdt(pid, &probe.path, (&probe.provider, &probe.name), opts);
    attached.map_err(|error| {
        let why = explain(probe, &error);
        let text = format!(
            "failed to attach `{}` to {}{why}",
            program.name(),
            words(probe)
        );
        Error::new(ErrorKind::Attach, text).with_cause(error)
    })
}

/// What libbpf means, where its error alone does not tell.
fn explain(probe: &UsdtProbe, error: &Error) -> String {
    let said = match error.evidence() {
        Some(Evidence::Text(said)) => said.as_str(),
        _ => "",
    };
    if said.contains("unrecognized") || said.contains("unsupported arg") {
        let lists = probe.locations.iter().map(UsdtLocation::list);
        let lists = lists.collect::<BTreeSet<_>>();
        let lists = Vec::from_iter(lists).join("` or `");
        return format!(
            ": libbpf does not know where its arguments are (`{lists}`); a text that reads no \
             arguments can be attached"
        );
    }
    if error.kind() == ErrorKind::Unsupported {
        return ": before Linux 5.15 the arguments of a probe in a library, or in a program that is \
                loaded anywhere (`-pie`), can be found in one process only; give its pid"
            .to_owned();
    }
    if said.contains("IP collision") {
        return ": before Linux 5.15 the arguments at a place can be read through one link of a \
                program only; detach the other one"
            .to_owned();
    }
    // E2BIG: the table of argument lists is full.
    if format!("{error:#}").contains("Argument list too long") {
        return ": no room for the places of more probes; make some with \
                `.cflags([\"-DBPF_USDT_MAX_SPEC_CNT=1024\"])`"
            .to_owned();
    }
    String::new()
}

fn without_arguments(
    program: &Core,
    probe: &UsdtProbe,
    pid: Option<u32>,
    cookie: Option<u64>,
) -> Result<Vec<Attachment>> {
    let open = |location: &UsdtLocation| {
        let place = uprobe::Place {
            path: probe.path.clone(),
            offset: location.offset,
            words: words(probe),
        };
        uprobe::open(
            program,
            &place,
            uprobe::counter(&place, location.semaphore)?,
            pid,
            cookie,
        )
    };
    probe.locations.iter().map(open).collect()
}
