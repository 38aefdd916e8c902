//! Limits of this process.

use super::check;
use std::io;

/// Lifts the limit of locked memory, on which old kernels count maps and programs.
pub(crate) fn raise_memlock() -> io::Result<()> {
    let most = libc::rlimit {
        rlim_cur: libc::RLIM_INFINITY,
        rlim_max: libc::RLIM_INFINITY,
    };
    // SAFETY: `setrlimit` reads one `rlimit`, which lives through the call.
    let done = unsafe { libc::setrlimit(libc::RLIMIT_MEMLOCK, &raw const most) };
    check(done).map(|_| ())
}
