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

/// With what to attach to a tracepoint.
#[derive(Clone, Debug, Default)]
pub struct TracepointOpts {
    cookie: Option<u64>,
}

impl TracepointOpts {
    /// Without a cookie.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
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

/// Attaches to a tracepoint given as `category:event`.
pub(crate) fn tracepoint(program: &Core, tracepoint: &str, opts: &TracepointOpts) -> Result<Link> {
    let (category, event) = tracepoint
        .split_once(':')
        .ok_or_else(|| without_category(tracepoint))?;
    attach(program, category, event, opts)
}

/// Attaches to a tracepoint.
pub(super) fn attach(
    program: &Core,
    category: &str,
    event: &str,
    opts: &TracepointOpts,
) -> Result<Link> {
    let target = format!("tracepoint `{category}:{event}`");
    match open(program, category, event, opts.cookie)? {
        Ok(attachment) => Ok(Link::new(program.name(), target, vec![attachment])),
        Err(cause) => Err(failed(program.name(), &target, cause)),
    }
}

/// Opens a tracepoint and puts the program on it.
pub(super) fn open(
    program: &Core,
    category: &str,
    event: &str,
    cookie: Option<u64>,
) -> Result<io::Result<Attachment>> {
    let event = Event {
        kind: TYPE_TRACEPOINT,
        config: tracefs::id(category, event)?,
        // Programs on a tracepoint run on all CPUs, whichever one the event is opened for.
        cpu: Some(0),
        ..Event::default()
    };
    attach_event(program, ProgramType::Tracepoint, &event, cookie)
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
