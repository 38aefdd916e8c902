//! Waiting for file descriptors.
//!
//! In: descriptors and a time. Out: which of them can be read.

use super::check;
use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd};
use std::time::Duration;

/// Waits until one of `fds` can be read and tells for each whether it can.
///
/// A wait that a signal ends early is a wait without result, so that a caller's loop can look at
/// the flag its signal handler set. [`Duration::MAX`] waits without limit.
pub(crate) fn readable(fds: &[BorrowedFd<'_>], timeout: Duration) -> io::Result<Vec<bool>> {
    let poll_one = |fd: &BorrowedFd<'_>| libc::pollfd {
        fd: fd.as_raw_fd(),
        events: libc::POLLIN,
        revents: 0,
    };
    let mut polled: Vec<_> = fds.iter().map(poll_one).collect();
    let count = libc::nfds_t::try_from(polled.len()).map_err(io::Error::other)?;
    // SAFETY: `polled` holds `count` structs, all initialised, and lives through the call.
    let returned = unsafe { libc::poll(polled.as_mut_ptr(), count, milliseconds(timeout)) };
    match check(returned) {
        Ok(_) => Ok(polled.iter().map(|one| one.revents != 0).collect()),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(vec![false; fds.len()]),
        Err(error) => Err(error),
    }
}

/// Rounded up, so that a short wait is not a busy loop; -1, without limit, if it does not fit.
pub(super) fn milliseconds(timeout: Duration) -> libc::c_int {
    libc::c_int::try_from(timeout.as_nanos().div_ceil(1_000_000)).unwrap_or(-1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rounding and the wait without limit.
    #[test]
    fn converts_time() {
        assert_eq!(milliseconds(Duration::ZERO), 0);
        assert_eq!(milliseconds(Duration::from_micros(1)), 1);
        assert_eq!(milliseconds(Duration::from_millis(100)), 100);
        assert_eq!(milliseconds(Duration::MAX), -1);
    }
}
