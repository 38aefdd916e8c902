//! Signals, which a process gets in whichever of its threads takes them.

use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ptr;

/// What comes of the thread's own doing. Blocked, it would end the process without a call of its
/// handler.
const OWN: [libc::c_int; 7] = [
    libc::SIGSEGV,
    libc::SIGBUS,
    libc::SIGFPE,
    libc::SIGILL,
    libc::SIGTRAP,
    libc::SIGSYS,
    libc::SIGABRT,
];

/// Leaves the signals of the process to other threads than this one, until it is dropped, and than
/// those that this one makes meanwhile, for as long as they live.
#[must_use = "signals come again once it is dropped"]
pub(crate) struct Blocked {
    before: libc::sigset_t,
    /// It belongs to its thread.
    _not_send: PhantomData<*const ()>,
}

impl Blocked {
    pub(crate) fn new() -> Self {
        let mut blocked = MaybeUninit::uninit();
        // SAFETY: the call fills the set that it is given.
        unsafe { libc::sigfillset(blocked.as_mut_ptr()) };
        for signal in OWN {
            // SAFETY: the set is filled, and there is such a signal.
            unsafe { libc::sigdelset(blocked.as_mut_ptr(), signal) };
        }
        let mut before = MaybeUninit::uninit();
        // SAFETY: the first set is filled, the call fills the second. It cannot fail: the request is
        // known.
        unsafe {
            libc::pthread_sigmask(libc::SIG_BLOCK, blocked.as_ptr(), before.as_mut_ptr());
        }
        Self {
            // SAFETY: the call has filled it.
            before: unsafe { before.assume_init() },
            _not_send: PhantomData,
        }
    }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        // SAFETY: the set is filled; a null pointer says that nobody asks for the one before. It cannot
        // fail: the request is known.
        unsafe {
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.before, ptr::null_mut())
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::thread;

    /// The signals that the calling thread blocks, one a bit.
    fn blocked() -> u64 {
        let status = fs::read_to_string("/proc/thread-self/status").unwrap();
        let blocked = status.lines().find_map(|line| line.strip_prefix("SigBlk:"));
        u64::from_str_radix(blocked.unwrap().trim(), 16).unwrap()
    }

    fn bits(signals: &[libc::c_int]) -> u64 {
        signals.iter().map(|signal| 1 << (signal - 1)).sum()
    }

    /// Threads that are made meanwhile start so and stay so; the one that makes them gets its signals
    /// again. What a thread does itself comes to itself.
    #[test]
    fn threads_are_made_without_signals() {
        let others = bits(&[libc::SIGINT, libc::SIGTERM, libc::SIGCHLD, libc::SIGALRM]);
        let before = blocked();
        assert_eq!(before & others, 0);
        let guard = Blocked::new();
        let thread = thread::spawn(blocked);
        assert_eq!(blocked() & others, others);
        drop(guard);
        assert_eq!(blocked(), before);
        let in_thread = thread.join().unwrap();
        assert_eq!(in_thread & others, others);
        assert_eq!(in_thread & bits(&OWN), 0);
    }
}
