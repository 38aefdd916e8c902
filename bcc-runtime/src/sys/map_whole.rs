//! Changes that concern a map as a whole.
//!
//! In: a descriptor, a path. Out: what the kernel did.

use super::check;
use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// Takes the right to write to a map from user space.
pub(crate) fn freeze(map: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: the call takes a number alone, which is an open descriptor.
    let returned = unsafe { libbpf_sys::bpf_map_freeze(map.as_raw_fd()) };
    check(returned).map(drop)
}

/// Gives a map a name in a BPF filesystem.
pub(crate) fn pin(map: BorrowedFd<'_>, path: &Path) -> io::Result<()> {
    let path_c = CString::new(path.as_os_str().as_bytes())?;
    // SAFETY: the descriptor is open, and the path is a C string.
    let returned = unsafe { libbpf_sys::bpf_obj_pin(map.as_raw_fd(), path_c.as_ptr()) };
    check(returned).map(drop)
}

/// Opens what has a name in a BPF filesystem.
pub(crate) fn pinned_map(path: &Path) -> io::Result<OwnedFd> {
    let path_c = CString::new(path.as_os_str().as_bytes())?;
    // SAFETY: the path is a C string.
    let returned = unsafe { libbpf_sys::bpf_obj_get(path_c.as_ptr()) };
    let fd = check(returned)?;
    // SAFETY: the call has opened this descriptor, and nothing else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// What `bpftool` calls a kind of map; its number if libbpf does not know it.
pub(crate) fn kind_name(kind: u32) -> String {
    // SAFETY: the call takes a number, and gives a constant of libbpf or null.
    let name = unsafe { libbpf_sys::libbpf_bpf_map_type_str(kind) };
    if name.is_null() {
        return kind.to_string();
    }
    // SAFETY: the constant is a C string that is never freed.
    let name = unsafe { CStr::from_ptr(name) };
    name.to_string_lossy().into_owned()
}
