//! Tracepoints.
//!
//! In: `category:event`. Out: a link. The tracepoint's number is read from tracefs, which need not
//! be mounted.

use super::{attach_event, failed};
use crate::error::{Error, ErrorKind, Result};
use crate::kernel::tracefs;
use crate::link::{Attachment, Link};
use crate::perf_event::TYPE_TRACEPOINT;
use crate::program::Core;
use crate::sys::perf::Event;
use libbpf_rs::ProgramType;
use std::io;

/// Attaches to a tracepoint given as `category:event`.
pub(crate) fn tracepoint(program: &Core, tracepoint: &str) -> Result<Link> {
    let (category, event) = tracepoint
        .split_once(':')
        .ok_or_else(|| without_category(tracepoint))?;
    attach(program, category, event)
}

/// Attaches to a tracepoint.
pub(super) fn attach(program: &Core, category: &str, event: &str) -> Result<Link> {
    let target = format!("tracepoint `{category}:{event}`");
    match open(program, category, event)? {
        Ok(attachment) => Ok(Link::new(program.name(), target, vec![attachment])),
        Err(cause) => Err(failed(program.name(), &target, cause)),
    }
}

/// Opens a tracepoint and puts the program on it.
pub(super) fn open(program: &Core, category: &str, event: &str) -> Result<io::Result<Attachment>> {
    let event = Event {
        kind: TYPE_TRACEPOINT,
        config: tracefs::id(category, event)?,
        // Programs on a tracepoint run on all CPUs, whichever one the event is opened for.
        cpu: Some(0),
        ..Event::default()
    };
    attach_event(program, ProgramType::Tracepoint, &event)
}

fn without_category(event: &str) -> Error {
    let mut known = tracefs::events().unwrap_or_default().into_iter();
    let way_out = match known.find(|(_, known)| known == event) {
        Some((category, event)) => format!("write `{category}:{event}`"),
        None => "write `category:event`".to_owned(),
    };
    let text = format!("tracepoint `{event}` has no category; {way_out}");
    Error::new(ErrorKind::InvalidInput, text)
}
