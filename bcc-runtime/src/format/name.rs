//! Names of errors, signals and system calls.

use crate::sys::names;

/// The name of an error, such as `ENOENT`; the number may be negative, as the kernel returns it.
/// `None` for 0, for numbers only the kernel knows, and for results that are no errors.
///
/// Python's `errno.errorcode` in bcc's tools.
#[must_use]
pub fn errno_name(number: i64) -> Option<&'static str> {
    names::errno(i32::try_from(number.checked_abs()?).ok()?)
}

/// The name of a signal, such as `SIGTERM`; `None` for 0 and for real-time signals, which have
/// none.
#[must_use]
pub fn signal_name(number: u32) -> Option<&'static str> {
    names::signal(number)
}

/// The name of a system call of 64-bit programs, such as `openat`. bcc's `syscall_name`.
///
/// There are tables for x86-64 and 64-bit ARM; elsewhere it is `None`, as it is for calls newer
/// than this library.
#[must_use]
pub fn syscall_name(number: u64) -> Option<&'static str> {
    names::syscall(number)
}

/// The number of a system call of 64-bit programs, for filters.
///
/// There are tables for x86-64 and 64-bit ARM; elsewhere it is `None`.
#[must_use]
pub fn syscall_number(name: &str) -> Option<u64> {
    names::syscall_number(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both signs of an error; what is none.
    #[test]
    fn errors_of_both_signs() {
        assert_eq!(errno_name(-13), Some("EACCES"));
        assert_eq!(errno_name(13), Some("EACCES"));
        assert_eq!((errno_name(0), errno_name(i64::MIN)), (None, None));
        assert_eq!(errno_name((1 << 32) + 2), None);
    }
}
