//! Kernel functions: kprobes and kretprobes.
//!
//! In: the name of a kernel function. Out: a link. Kernels without kprobes and functions that
//! cannot be probed are told apart.

use super::pmu::Pmu;
use super::{attach_event, failed, offer, syscall};
use crate::error::{Error, ErrorKind, Result};
use crate::kernel::{pseudo, symbols};
use crate::link::{Attachment, Link};
use crate::program::Core;
use crate::sys::perf::Event;
use libbpf_rs::ProgramType;
use std::ffi::CString;
use std::io;

/// Where in a kernel function to attach.
#[derive(Clone, Debug, Default)]
pub struct KprobeOpts {
    offset: u64,
}

impl KprobeOpts {
    /// At the entry of the function.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// So many bytes into the function, at the start of an instruction. bcc's `event_off`.
    #[must_use]
    pub fn offset(mut self, bytes: u64) -> Self {
        self.offset = bytes;
        self
    }
}

/// Attaches into a kernel function.
pub(crate) fn kprobe(program: &Core, function: &str, opts: &KprobeOpts) -> Result<Link> {
    attach(program, function, opts.offset, false)
}

/// Attaches to the return of a kernel function.
pub(crate) fn kretprobe(program: &Core, function: &str) -> Result<Link> {
    attach(program, function, 0, true)
}

fn attach(program: &Core, function: &str, offset: u64, at_return: bool) -> Result<Link> {
    let function = &*syscall::resolve(function);
    let target = match (at_return, offset) {
        (true, _) => format!("the return of kernel function `{function}`"),
        (false, 0) => format!("kernel function `{function}`"),
        (false, _) => format!("kernel function `{function}+{offset:#x}`"),
    };
    match open(program, function, offset, at_return)? {
        Ok(attachment) => Ok(Link::new(program.name(), target, vec![attachment]).with_kprobes(1)),
        Err(cause) if cause.kind() == io::ErrorKind::InvalidInput && program.overrides_return() => {
            Err(not_overridable(function, &target, offset, at_return).with_cause(cause))
        }
        Err(cause) => Err(explain(program, function, &target, cause)),
    }
}

/// Opens a probe and puts the program on it.
pub(super) fn open(
    program: &Core,
    function: &str,
    offset: u64,
    at_return: bool,
) -> Result<io::Result<Attachment>> {
    let name = CString::new(function)
        .map_err(|cause| not_found(function, Vec::new()).with_cause(cause))?;
    let event = Event {
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
    };
    attach_event(program, ProgramType::Kprobe, &event)
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
fn explain(program: &Core, function: &str, target: &str, cause: io::Error) -> Error {
    let names = kernel_functions();
    if !names.is_empty() && !names.iter().any(|name| name == function) {
        return not_found(function, names).with_cause(cause);
    }
    let refused = matches!(
        cause.kind(),
        io::ErrorKind::InvalidInput | io::ErrorKind::NotFound
    );
    let error = failed(program, target, cause);
    if !refused {
        return error;
    }
    let text = format!(
        "{error}: the kernel does not let it be probed (marked `notrace`, on the kprobe \
         blacklist, or not at the start of an instruction)"
    );
    Error::new(ErrorKind::Attach, text).with_cause(error)
}

fn not_found(function: &str, names: Vec<String>) -> Error {
    // What the compiler makes of a function that it has split or specialised.
    let is_part = |name: &&String| {
        let rest = name.strip_prefix(function);
        rest.is_some_and(|rest| rest.starts_with('.'))
    };
    let way_out = match names.iter().find(is_part) {
        Some(part) => format!("; the compiler made `{part}` of it, whose arguments may differ"),
        None => offer(function, names),
    };
    let text = format!(
        "this kernel has no function `{function}`: inlined, renamed, or of another \
         version{way_out}"
    );
    Error::new(ErrorKind::NotFound, text)
}

/// The names of all functions of the kernel; none if they cannot be read.
fn kernel_functions() -> Vec<String> {
    let text = symbols::read();
    let names = symbols::functions(&text).map(|symbol| symbol.name.to_owned());
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A part of the function is named before functions that are only spelt alike.
    #[test]
    fn explains_what_is_missing() {
        let names = ["do_fork", "do_work.isra.0"].map(str::to_owned).to_vec();
        let error = not_found("do_work", names.clone());
        let expected = "this kernel has no function `do_work`: inlined, renamed, or of another \
                        version; the compiler made `do_work.isra.0` of it, whose arguments may \
                        differ";
        assert_eq!(error.to_string(), expected);
        let error = not_found("do_fokr", names);
        assert!(
            error.to_string().ends_with("; nearest names: `do_fork`"),
            "{error}"
        );
    }
}
