//! Sockets: filters of what they receive, and the choice between several on one port.
//!
//! In: a device's name, or a socket. Out: a socket of our own with the program on it, or a link.

use super::{device, failed};
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::link::{Attachment, Link};
use crate::program::Core;
use crate::sys::net::{self, SocketProgram, SocketRole};
use crate::sys::poll;
use libbpf_rs::{ProgramAttachType, ProgramType};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

/// A socket that gets the packets of a device that its program lets pass.
///
/// The program returns how many bytes of a packet the socket gets, 0 for none and -1 for all.
/// Dropping the socket ends it all.
#[derive(Debug)]
pub struct RawSocket {
    // Fields drop in this order, so that the program is there as long as packets come.
    socket: OwnedFd,
    _program: SocketProgram,
}

impl RawSocket {
    /// Copies the next packet into `buffer` and returns its length, or `None` if none comes within
    /// `timeout`. A signal ends the wait.
    ///
    /// A length greater than the buffer's says how much of the packet was cut off.
    ///
    /// # Errors
    /// If the device goes down, or the kernel refuses.
    pub fn receive(&self, buffer: &mut [u8], timeout: Duration) -> Result<Option<usize>> {
        let what = "failed to receive a packet";
        if let Some(length) = net::receive(self.as_fd(), buffer).context(what)? {
            return Ok(Some(length));
        }
        poll::readable(&[self.as_fd()], timeout).context(what)?;
        net::receive(self.as_fd(), buffer).context(what)
    }
}

impl AsFd for RawSocket {
    /// The socket, to wait for it with others.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Puts a program on a new socket for the packets of a device.
pub(crate) fn raw_socket(program: &Core, device: &str) -> Result<RawSocket> {
    let index = device::index(device)?;
    let target = format!("packets of device `{device}`");
    let fd = program.fd_as(ProgramType::SocketFilter)?;
    let open = || {
        // Bound only when the program is there: no packet passes it by.
        let socket = net::packet_socket()?;
        let on_socket = SocketProgram::attach(&fd, socket.as_fd(), SocketRole::Filter)?;
        net::bind_to_device(socket.as_fd(), index)?;
        Ok(RawSocket {
            socket,
            _program: on_socket,
        })
    };
    open().map_err(|cause| failed(program.name(), &target, cause))
}

/// Puts a program on a socket of the user's.
pub(crate) fn to_socket(program: &Core, socket: BorrowedFd<'_>, role: SocketRole) -> Result<Link> {
    let fd = match role {
        SocketRole::Filter => program.fd_as(ProgramType::SocketFilter),
        SocketRole::Reuseport => {
            let purpose = Some(ProgramAttachType::SkReuseportSelect as u32);
            program.fd_for(ProgramType::SkReuseport, purpose)
        }
    }?;
    let target = "a socket";
    match SocketProgram::attach(&fd, socket, role) {
        Ok(guard) => {
            let attachment = Attachment::guard(guard);
            Ok(Link::new(
                program.name(),
                target.to_owned(),
                vec![attachment],
            ))
        }
        Err(cause) if cause.kind() == std::io::ErrorKind::InvalidInput => {
            let text = format!(
                "failed to attach `{}` to {target}: it is no socket for this; a choice between \
                 sockets needs `SO_REUSEPORT`",
                program.name()
            );
            Err(Error::new(ErrorKind::InvalidInput, text).with_cause(cause))
        }
        Err(cause) => Err(failed(program.name(), target, cause)),
    }
}
