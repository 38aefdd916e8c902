//! A mount of tracefs or debugfs that nobody else sees.
//!
//! In: the kind of file system. Out: a descriptor of its root, attached to no place in the file
//! tree; it is gone with the descriptor.

use super::check;
use std::ffi::CStr;
use std::io;
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd, RawFd};

// The C library of older systems has no names for these; the kernel's numbers never change.
const FSOPEN_CLOEXEC: libc::c_uint = 1;
const FSCONFIG_CMD_CREATE: libc::c_uint = 6;
const FSMOUNT_CLOEXEC: libc::c_uint = 1;

/// Mounts a file system of the kernel's, such as `tracefs`, without a place in the file tree.
///
/// # Minimum kernel version
/// 5.2, for `fsopen`.
pub(crate) fn detached(kind: &CStr) -> io::Result<OwnedFd> {
    let context = fsopen(kind)?;
    fsconfig_create(&context)?;
    fsmount(&context)
}

fn fsopen(kind: &CStr) -> io::Result<OwnedFd> {
    // SAFETY: `fsopen` reads one string that ends with a zero byte, and `kind` is one.
    let fd = unsafe { libc::syscall(libc::SYS_fsopen, kind.as_ptr(), FSOPEN_CLOEXEC) };
    own(fd)
}

fn fsconfig_create(context: &OwnedFd) -> io::Result<()> {
    let none = std::ptr::null::<libc::c_void>();
    let fd = context.as_raw_fd();
    // SAFETY: for this command `fsconfig` takes no key and no value, and reads no memory of ours.
    let done = unsafe { libc::syscall(libc::SYS_fsconfig, fd, FSCONFIG_CMD_CREATE, none, none, 0) };
    check(done).map(|_| ())
}

fn fsmount(context: &OwnedFd) -> io::Result<OwnedFd> {
    let fd = context.as_raw_fd();
    // SAFETY: `fsmount` takes three numbers and reads no memory of ours.
    let mount = unsafe { libc::syscall(libc::SYS_fsmount, fd, FSMOUNT_CLOEXEC, 0) };
    own(mount)
}

/// Takes a descriptor a system call returned.
fn own(returned: libc::c_long) -> io::Result<OwnedFd> {
    let fd = check(returned)?;
    // A descriptor is an `int` for the kernel, so this cannot fail.
    let fd = RawFd::try_from(fd).map_err(io::Error::other)?;
    // SAFETY: the kernel made this descriptor for us just now, nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Opens a path below a directory's descriptor, to be read.
pub(crate) fn open_below(
    directory: &OwnedFd,
    path: &CStr,
    nonblocking: bool,
) -> io::Result<OwnedFd> {
    let wait = if nonblocking { libc::O_NONBLOCK } else { 0 };
    let flags = libc::O_RDONLY | libc::O_CLOEXEC | wait;
    // SAFETY: `path` ends with a zero byte and lives through the call; the directory is open.
    let fd = unsafe { libc::openat(directory.as_raw_fd(), path.as_ptr(), flags) };
    own(libc::c_long::from(fd))
}
