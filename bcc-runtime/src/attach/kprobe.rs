//! Kernel functions: kprobes and kretprobes.
//!
//! In: the name of a kernel function. Out: a link. Kernels without kprobes and functions that
//! cannot be probed are told apart.

use super::pmu::Pmu;
use super::{attach_event, failed, offer, put_on, syscall};
use crate::error::{Error, ErrorKind, Result};
use crate::kernel::pseudo;
use crate::link::{Attachment, Link};
use crate::program::Core;
use crate::sys::perf::Event;
use crate::targets::functions::Lists;
use libbpf_rs::ProgramType;
use std::ffi::CString;
use std::io;
use std::os::fd::OwnedFd;

/// Where in a kernel function to attach, and with what.
#[derive(Clone, Debug, Default)]
pub struct KprobeOpts {
    offset: u64,
    cookie: Option<u64>,
}

impl KprobeOpts {
    /// At the entry of the function.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// At the entry of the function, with this cookie.
    pub(super) fn with_cookie(cookie: Option<u64>) -> Self {
        Self { offset: 0, cookie }
    }

    /// So many bytes into the function, at the start of an instruction. bcc's `event_off`.
    #[must_use]
    pub fn offset(mut self, bytes: u64) -> Self {
        self.offset = bytes;
        self
    }

    /// What `bpf_get_attach_cookie(ctx)` gives the program, to tell its attachments apart; 0 by default.
    ///
    /// # Minimum kernel version
    /// 5.15; attaching with a cookie is an error before
    #[must_use]
    pub fn cookie(mut self, cookie: u64) -> Self {
        self.cookie = Some(cookie);
        self
    }
}

/// Attaches into a kernel function.
pub(crate) fn kprobe(program: &Core, function: &str, opts: &KprobeOpts) -> Result<Link> {
    attach(program, function, opts, false, None)
}

/// Attaches to the return of a kernel function.
pub(crate) fn kretprobe(program: &Core, function: &str, opts: &KprobeOpts) -> Result<Link> {
    if opts.offset == 0 {
        return attach(program, function, opts, true, None);
    }
    let text = format!(
        "the return of `{function}` has no offset; leave out `KprobeOpts::offset`, or attach to an \
         instruction with `attach_kprobe_with_opts`"
    );
    Err(Error::new(ErrorKind::InvalidInput, text))
}

/// Attaches to the function that the program text names, where there may be a probe already.
pub(super) fn own(
    program: &Core,
    function: &str,
    at_return: bool,
    made: Option<OwnedFd>,
) -> Result<Link> {
    attach(program, function, &KprobeOpts::new(), at_return, made)
}

fn attach(
    program: &Core,
    function: &str,
    opts: &KprobeOpts,
    at_return: bool,
    made: Option<OwnedFd>,
) -> Result<Link> {
    let offset = opts.offset;
    let function = &*syscall::resolve(function);
    let target = words(function, offset, at_return);
    let attached = match made {
        Some(event) => put_on(program, ProgramType::Kprobe, Ok(event), opts.cookie)?,
        None => open(program, function, opts, at_return)?,
    };
    match attached {
        Ok(attachment) => Ok(Link::new(program.name(), target, vec![attachment]).with_kprobes(1)),
        Err(cause) if cause.kind() == io::ErrorKind::InvalidInput && program.overrides_return() => {
            Err(not_overridable(function, &target, offset, at_return).with_cause(cause))
        }
        Err(cause) => Err(explain(program.name(), function, &target, cause)),
    }
}

fn words(function: &str, offset: u64, at_return: bool) -> String {
    match (at_return, offset) {
        (true, _) => format!("the return of kernel function `{function}`"),
        (false, 0) => format!("kernel function `{function}`"),
        (false, _) => format!("kernel function `{function}+{offset:#x}`"),
    }
}

/// Has the kernel make a probe, if it lets the function be probed. Nothing runs before a program is
/// put on it. To make one and to take it away again takes the kernel tens of milliseconds: whoever is
/// going to attach keeps it.
pub(crate) fn make(program: &str, function: &str, at_return: bool) -> Result<OwnedFd> {
    let function = &*syscall::resolve(function);
    event(function, 0, at_return)?.open().map_err(|cause| {
        let target = words(function, 0, at_return);
        explain(program, function, &target, cause)
    })
}

/// Opens a probe and puts the program on it.
pub(super) fn open(
    program: &Core,
    function: &str,
    opts: &KprobeOpts,
    at_return: bool,
) -> Result<io::Result<Attachment>> {
    let event = event(function, opts.offset, at_return)?;
    attach_event(program, ProgramType::Kprobe, &event, opts.cookie)
}

fn event(function: &str, offset: u64, at_return: bool) -> Result<Event> {
    let name = CString::new(function).map_err(|cause| {
        let text = format!(
            "`{}` is no name of a kernel function",
            function.escape_debug()
        );
        Error::new(ErrorKind::NotFound, text).with_cause(cause)
    })?;
    Ok(Event {
        // First, since it says that there are no kprobes.
        kind: Pmu::Kprobe.kind()?,
        config: if at_return {
            Pmu::Kprobe.return_bit()?
        } else {
            0
        },
        name: Some(name),
        offset,
        cpu: Some(0),
        ..Event::default()
    })
}

/// Why a program that overrides a function's result cannot be there.
fn not_overridable(function: &str, target: &str, offset: u64, at_return: bool) -> Error {
    if at_return || offset != 0 {
        let text =
            format!("`bpf_override_return` works at the entry of a function only, not on {target}");
        return Error::new(ErrorKind::InvalidInput, text);
    }
    let listed = pseudo::overridable_functions();
    let way_out = match &listed {
        Some(names) if names.is_empty() => "; it lists none".to_owned(),
        Some(names) => offer(function, names.iter().cloned()),
        None => "; `/sys/kernel/debug/error_injection/list` has those it does".to_owned(),
    };
    let text = format!(
        "the kernel does not let a program override the result of `{function}` (it is not marked \
         with `ALLOW_ERROR_INJECTION`){way_out}"
    );
    Error::new(ErrorKind::Attach, text)
}

/// Says which of the reasons it is that a function cannot be probed.
fn explain(program: &str, function: &str, target: &str, cause: io::Error) -> Error {
    let lists = Lists::names();
    if let Some(absent) = lists.absent(function) {
        return absent.with_cause(cause);
    }
    let refused = matches!(
        cause.kind(),
        io::ErrorKind::InvalidInput | io::ErrorKind::NotFound
    );
    let error = failed(program, target, cause);
    if !refused {
        return error;
    }
    let text = format!("{error}: {}", lists.with_limits().refusal(function));
    Error::new(ErrorKind::Attach, text).with_cause(error)
}
