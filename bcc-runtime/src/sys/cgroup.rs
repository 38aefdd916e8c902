//! Cgroups by their numbers.
//!
//! In: a folder of the cgroup filesystem, and a cgroup's number. Out: the cgroup's own folder.

use super::check;
use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd};

/// `FILEID_KERNFS` of `linux/exportfs.h`: a handle that is the number of a file in sysfs or cgroups.
const KERNFS: i32 = 0xfe;

/// A `struct file_handle` with eight bytes behind it.
#[repr(C)]
struct Handle {
    header: libc::file_handle,
    id: [u8; 8],
}

/// Opens the folder of a cgroup, given any folder of its filesystem; `ESTALE` if there is none.
///
/// # Minimum kernel version
/// 5.5
pub(crate) fn open(filesystem: BorrowedFd<'_>, id: u64) -> io::Result<OwnedFd> {
    let mut handle = Handle {
        header: libc::file_handle {
            handle_bytes: 8,
            handle_type: KERNFS,
            f_handle: [],
        },
        id: id.to_ne_bytes(),
    };
    let flags = libc::O_PATH | libc::O_CLOEXEC;
    // SAFETY: the handle is initialised, says how many bytes are behind its header, and outlives the
    // call.
    let returned = unsafe {
        libc::open_by_handle_at(
            filesystem.as_raw_fd(),
            (&raw mut handle).cast::<libc::file_handle>(),
            flags,
        )
    };
    let fd = check(returned)?;
    // SAFETY: the kernel has just made this descriptor for us; nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}
