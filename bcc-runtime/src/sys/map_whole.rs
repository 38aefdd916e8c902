//! Changes that concern a map as a whole.
//!
//! In: a descriptor. Out: what the kernel did.

use super::{check, name_of};
use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd};

/// Takes the right to write to a map from user space.
pub(crate) fn freeze(map: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: the call takes a number alone, which is an open descriptor.
    let returned = unsafe { libbpf_sys::bpf_map_freeze(map.as_raw_fd()) };
    check(returned).map(drop)
}

/// What `bpftool` calls a kind of map; its number if libbpf does not know it.
pub(crate) fn kind_name(kind: u32) -> String {
    // SAFETY: the call takes a number, and gives a constant of libbpf or null.
    name_of(unsafe { libbpf_sys::libbpf_bpf_map_type_str(kind) }, kind)
}
