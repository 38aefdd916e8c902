//! Descriptors of processes.

use super::check;
use std::io;
use std::os::fd::{FromRawFd as _, OwnedFd, RawFd};

/// A descriptor that stands for a process.
pub(crate) fn open(pid: u32) -> io::Result<OwnedFd> {
    // SAFETY: `pidfd_open` takes two numbers and reads no memory of ours.
    let returned = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    // A descriptor is an `int` for the kernel, so this cannot fail.
    let fd = RawFd::try_from(check(returned)?).map_err(io::Error::other)?;
    // SAFETY: the kernel made this descriptor for us just now, nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}
