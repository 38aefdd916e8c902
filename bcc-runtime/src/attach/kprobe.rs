//! Kernel functions: kprobes and kretprobes.
//!
//! In: the name of a kernel function. Out: a link. Kernels without kprobes and functions that
//! cannot be probed are told apart.

use super::pmu::Pmu;
use super::{attach_event, failed, functions, offer};
use crate::error::{Error, ErrorKind, Result};
use crate::link::{Attachment, Link};
use crate::program::Core;
use crate::sys::perf::Event;
use libbpf_rs::ProgramType;
use std::ffi::CString;
use std::{fs, io};

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
    let target = match (at_return, offset) {
        (true, _) => format!("the return of kernel function `{function}`"),
        (false, 0) => format!("kernel function `{function}`"),
        (false, _) => format!("kernel function `{function}+{offset:#x}`"),
    };
    match open(program, function, offset, at_return)? {
        Ok(attachment) => Ok(Link::new(program.name(), target, vec![attachment]).with_kprobes(1)),
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
    let config = if at_return {
        Pmu::Kprobe.return_bit()?
    } else {
        0
    };
    let event = Event {
        kind: Pmu::Kprobe.kind()?,
        config,
        name: Some(name),
        offset,
        cpu: Some(0),
        ..Event::default()
    };
    attach_event(program, ProgramType::Kprobe, &event)
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

/// The names of all functions that `/proc/kallsyms` lists; none if it cannot be read.
fn kernel_functions() -> Vec<String> {
    let text = fs::read_to_string("/proc/kallsyms").unwrap_or_default();
    text.lines()
        .filter_map(functions::function_in)
        .map(str::to_owned)
        .collect()
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
