//! Raw tracepoints: the tracepoint's own arguments, not its record.
//!
//! In: the name of a tracepoint without its category. Out: a link.

use super::{failed, offer};
use crate::error::{Error, ErrorKind, Result};
use crate::kernel::btf::{Btf, KERNEL_BTF};
use crate::kernel::functions::tracepoint_arguments;
use crate::kernel::tracefs;
use crate::link::{Attachment, Link};
use crate::program::Core;
use crate::sys::perf;
use libbpf_rs::ProgramType;
use std::ffi::CString;
use std::io;
use std::os::fd::AsFd as _;
use std::path::Path;

/// Attaches to a raw tracepoint.
pub(crate) fn raw_tracepoint(program: &Core, event: &str) -> Result<Link> {
    let name = CString::new(event).map_err(|cause| not_found(event).with_cause(cause))?;
    let fd = program.fd_as(ProgramType::RawTracepoint)?;
    let target = format!("raw tracepoint `{event}`");
    match perf::open_raw_tracepoint(&name, fd.as_fd()) {
        Ok(fd) => {
            let attachment = Attachment::Descriptor { fd };
            Ok(Link::new(program.name(), target, vec![attachment]))
        }
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
            Err(not_found(event).with_cause(cause))
        }
        Err(cause) if cause.kind() == io::ErrorKind::InvalidInput => {
            Err(too_far(program, event, &target, cause))
        }
        Err(cause) => Err(failed(program, &target, cause)),
    }
}

/// The kernel refuses a program that reads arguments the tracepoint does not have.
fn too_far(program: &Core, event: &str, target: &str, cause: io::Error) -> Error {
    let btf = Btf::read(Path::new(KERNEL_BTF)).ok();
    let Some(count) = btf.and_then(|btf| tracepoint_arguments(&btf, event)) else {
        return failed(program, target, cause);
    };
    let text = format!(
        "failed to attach `{}` to {target}: it has {count} arguments, counted from \
         `ctx->args[0]`, and the program reads others",
        program.name()
    );
    Error::new(ErrorKind::Attach, text).with_cause(cause)
}

fn not_found(event: &str) -> Error {
    let text = if let Some((_, bare)) = event.split_once(':') {
        format!("raw tracepoints have no category; write `{bare}` instead of `{event}`")
    } else {
        let known = tracefs::events().unwrap_or_default();
        let offer = offer(event, known.into_iter().map(|(_, event)| event));
        format!("raw tracepoint `{event}` does not exist in this kernel{offer}")
    };
    Error::new(ErrorKind::NotFound, text)
}
