//! Whether a path is on a BPF filesystem.
//!
//! In: a path that exists. Out: the answer of the kernel.

use super::check;
use std::ffi::CString;
use std::io;
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// Whether maps can be pinned to a path.
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
