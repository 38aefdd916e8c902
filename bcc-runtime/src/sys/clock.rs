//! The kernel's clocks, and local time.
//!
//! In: a clock; or a time and a format. Out: what the clock shows; the time as text.

use super::check;
use std::ffi::CStr;
use std::io;
use std::time::Duration;

/// A clock of the kernel.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Clock {
    /// Time since boot without suspension: `bpf_ktime_get_ns`.
    Monotonic,
    /// Time since boot: `bpf_ktime_get_boot_ns`.
    Boot,
    /// Time since 1970.
    Real,
}

/// What a clock shows.
pub(crate) fn now(clock: Clock) -> io::Result<Duration> {
    let id = match clock {
        Clock::Monotonic => libc::CLOCK_MONOTONIC,
        Clock::Boot => libc::CLOCK_BOOTTIME,
        Clock::Real => libc::CLOCK_REALTIME,
    };
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the kernel writes one `timespec`, which `time` is.
    check(unsafe { libc::clock_gettime(id, &raw mut time) })?;
    let seconds = u64::try_from(time.tv_sec).map_err(io::Error::other)?;
    let nanoseconds = u32::try_from(time.tv_nsec).map_err(io::Error::other)?;
    Ok(Duration::new(seconds, nanoseconds))
}

/// A time, in seconds since 1970, in the local time zone as `strftime` formats it; empty if it
/// cannot be.
pub(crate) fn local(seconds: i64, format: &CStr) -> String {
    let time: libc::time_t = seconds;
    // SAFETY: all bits zero are a valid `tm`: numbers, and a pointer that may be null.
    let mut parts: libc::tm = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are to values of ours that outlive the call.
    if unsafe { libc::localtime_r(&raw const time, &raw mut parts) }.is_null() {
        return String::new();
    }
    let mut text = vec![0_u8; 256];
    let room = text.len();
    // SAFETY: `text` has `room` bytes, `format` is a C string, `parts` was filled above.
    let length = unsafe {
        libc::strftime(
            text.as_mut_ptr().cast(),
            room,
            format.as_ptr(),
            &raw const parts,
        )
    };
    text.truncate(length);
    String::from_utf8_lossy(&text).into_owned()
}
