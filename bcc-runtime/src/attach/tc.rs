//! Traffic control: packets on their way in and out of a device.
//!
//! In: a device's name and a direction. Out: a link. Since Linux 6.6 the kernel has such links;
//! before, the program becomes a filter that is removed with the link.

use super::{device, failed};
use crate::error::Result;
use crate::link::{Attachment, Link};
use crate::program::Core;
use crate::sys::object::{Echo, capture_log};
use crate::sys::{link, tc as filter};
use libbpf_rs::{ProgramAttachType, ProgramType};
use std::io;
use std::os::fd::OwnedFd;

/// Where in traffic control a program attaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TcHook {
    /// Packets that come in.
    Ingress,
    /// Packets that go out.
    Egress,
}

/// Attaches to a device.
pub(crate) fn tc(program: &Core, device: &str, hook: TcHook) -> Result<Link> {
    let index = device::index(device)?;
    let fd = program.fd_as(ProgramType::SchedCls)?;
    let (kind, way) = match hook {
        TcHook::Ingress => (ProgramAttachType::TcxIngress, "ingress"),
        TcHook::Egress => (ProgramAttachType::TcxEgress, "egress"),
    };
    let target = format!("the {way} of device `{device}`");
    let attached = match link::create(&fd, index, kind as u32, 0) {
        Ok(link) => Ok(Attachment::Created(link)),
        Err(error) if link::is_unknown(&error) => add_filter(&fd, index, hook),
        Err(error) => Err(error),
    };
    match attached {
        Ok(attachment) => Ok(Link::new(program.name(), target, vec![attachment])),
        Err(cause) => Err(failed(program.name(), &target, cause)),
    }
}

fn add_filter(program: &OwnedFd, device: i32, hook: TcHook) -> io::Result<Attachment> {
    let egress = hook == TcHook::Egress;
    // libbpf prints that a queueing discipline is there already, which is no error.
    let (added, _said) = capture_log(Echo::Attempt, || {
        filter::Filter::attach(program, device, egress)
    });
    Ok(Attachment::guard(added?))
}
