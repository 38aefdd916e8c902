//! Raw tracepoints: the tracepoint's own arguments, not its record.
//!
//! In: the name of a tracepoint without its category. Out: a link.

use super::{failed, offer};
use crate::error::{Error, ErrorKind, Result};
use crate::kernel::tracefs;
use crate::link::{Attachment, Link};
use crate::program::Core;
use crate::sys::perf;
use libbpf_rs::ProgramType;
use std::ffi::CString;
use std::io;
use std::os::fd::AsFd as _;

/// Attaches to a raw tracepoint.
pub(crate) fn raw_tracepoint(program: &Core, event: &str) -> Result<Link> {
    let name = CString::new(event).map_err(|cause| not_found(event).with_cause(cause))?;
    let fd = program.fd_as(ProgramType::RawTracepoint)?;
    let target = format!("raw tracepoint `{event}`");
    match perf::open_raw_tracepoint(&name, fd.as_fd()) {
        Ok(fd) => {
            let attachment = Attachment::Descriptor { _fd: fd };
            Ok(Link::new(program.name(), target, vec![attachment]))
        }
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
            Err(not_found(event).with_cause(cause))
        }
        Err(cause) => Err(failed(program, &target, cause)),
    }
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
