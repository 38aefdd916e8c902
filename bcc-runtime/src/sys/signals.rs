//! Signals, which a process gets in whichever of its threads takes them.

use std::mem::MaybeUninit;
use std::ptr;

/// Leaves all signals of the process to its other threads.
pub(crate) fn leave_to_others() {
    let mut all = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: the call fills the set that it is given.
    unsafe { libc::sigfillset(all.as_mut_ptr()) };
    // SAFETY: the set is filled; a null pointer says that nobody asks for the one before. Nothing of
    // this can fail: the request is known.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), ptr::null_mut()) };
}
