//! The time of day where the machine stands.
//!
//! In: nothing. Out: the time as text.

use std::mem::MaybeUninit;
use std::time::{SystemTime, UNIX_EPOCH};

/// The time now in the local time zone, as `2024-05-06 07:08:09`.
pub(crate) fn local_time() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let seconds = since.map_or(0, |since| since.as_secs());
    let seconds = libc::time_t::try_from(seconds).unwrap_or(0);
    let mut time = MaybeUninit::<libc::tm>::zeroed();
    // SAFETY: `seconds` is a number to read and `time` has room for one `tm`; the function is the
    // one of both that shares nothing with other threads.
    unsafe { libc::localtime_r(&raw const seconds, time.as_mut_ptr()) };
    // SAFETY: all bits zero are a valid `tm`, which the function has filled or left.
    let time = unsafe { time.assume_init() };
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
        time.tm_year + 1900,
        time.tm_mon + 1,
        time.tm_mday,
        time.tm_hour,
        time.tm_min,
        time.tm_sec
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A date of this century, in as many places.
    #[test]
    fn tells_the_time() {
        let time = local_time();
        assert_eq!(time.len(), "2024-05-06 07:08:09".len());
        assert!(time.starts_with("20"), "{time}");
    }
}
