//! Names in a BPF filesystem.
//!
//! In: a path, and perhaps a descriptor of what is to have it as its name. Out: the kernel's answer.

use super::check;
use std::ffi::CString;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// Whether things can be pinned to a path, which exists.
pub(crate) fn is_bpffs(path: &Path) -> io::Result<bool> {
    let path_c = CString::new(path.as_os_str().as_bytes())?;
    let mut stat = MaybeUninit::<libc::statfs>::uninit();
    // SAFETY: `path_c` ends with a zero byte, and the kernel writes one `statfs` to `stat`; both
    // live through the call.
    let done = unsafe { libc::statfs(path_c.as_ptr(), stat.as_mut_ptr()) };
    check(done)?;
    // SAFETY: the call succeeded, so the kernel has filled `stat`.
    let stat = unsafe { stat.assume_init() };
    Ok(stat.f_type == libc::BPF_FS_MAGIC)
}

/// Gives a map, a program or a link a name in a BPF filesystem.
pub(crate) fn pin(thing: BorrowedFd<'_>, path: &Path) -> io::Result<()> {
    let path_c = CString::new(path.as_os_str().as_bytes())?;
    // SAFETY: the descriptor is open, and the path is a C string.
    let returned = unsafe { libbpf_sys::bpf_obj_pin(thing.as_raw_fd(), path_c.as_ptr()) };
    check(returned).map(drop)
}

/// Opens what has a name in a BPF filesystem.
pub(crate) fn open(path: &Path) -> io::Result<OwnedFd> {
    let path_c = CString::new(path.as_os_str().as_bytes())?;
    // SAFETY: the path is a C string.
    let returned = unsafe { libbpf_sys::bpf_obj_get(path_c.as_ptr()) };
    let fd = check(returned)?;
    // SAFETY: the call has opened this descriptor, and nothing else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}
