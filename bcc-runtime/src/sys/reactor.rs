//! tokio's reactor.
//!
//! In: what has a descriptor that stays. Out: the same, watched by the reactor.

use std::io;
use std::os::fd::OwnedFd;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Has the reactor of the running task's runtime tell when a descriptor can be read.
pub(crate) fn watch(fd: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: an `OwnedFd` is open until it is dropped, always gives the same number, and nobody
    // can take it out of the `AsyncFd` but whoever ends that.
    let watched = unsafe { AsyncFd::register_with_interest(fd, Interest::READABLE) };
    watched.map_err(io::Error::from)
}
