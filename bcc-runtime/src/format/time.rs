//! Time since boot as time of day.

use crate::error::{Context as _, Result};
use crate::sys::clock::{self, Clock};
use std::ffi::CString;
use std::time::{Duration, SystemTime};

/// Tells what time of day it was at a time since boot.
///
/// It compares the clocks when it is made. Who adjusts the clock of the machine afterwards, or
/// suspends it, needs a new one.
#[derive(Clone, Copy, Debug)]
pub struct WallClock {
    /// When the clock of `bpf_ktime_get_ns` was zero, after 1970.
    monotonic: Duration,
    /// When the clock of `bpf_ktime_get_boot_ns` was zero.
    boot: Duration,
}

/// How often the clocks are compared: what comes in between makes the difference larger.
const ATTEMPTS: usize = 5;

impl WallClock {
    /// Compares the clocks. What bpftrace's `strftime` does at its start.
    ///
    /// # Errors
    /// If the kernel has no such clocks, which does not happen.
    pub fn new() -> Result<Self> {
        Ok(Self {
            monotonic: zero_of(Clock::Monotonic)?,
            boot: zero_of(Clock::Boot)?,
        })
    }

    /// The time of day of a time from `bpf_ktime_get_ns()`, in nanoseconds.
    #[must_use]
    pub fn at(&self, nanoseconds: u64) -> SystemTime {
        since_epoch(self.monotonic, nanoseconds)
    }

    /// The time of day of a time from `bpf_ktime_get_boot_ns()`, in nanoseconds, which also counts
    /// while the machine is suspended.
    #[must_use]
    pub fn at_boot(&self, nanoseconds: u64) -> SystemTime {
        since_epoch(self.boot, nanoseconds)
    }
}

fn since_epoch(zero: Duration, nanoseconds: u64) -> SystemTime {
    // Some 600 years at most.
    SystemTime::UNIX_EPOCH + zero + Duration::from_nanos(nanoseconds)
}

/// When a clock was zero: the comparison with the least time between looking at the two.
fn zero_of(clock: Clock) -> Result<Duration> {
    let look = |clock| clock::now(clock).context("failed to read a clock");
    let mut best = (Duration::MAX, Duration::ZERO);
    for _ in 0..ATTEMPTS {
        let before = look(clock)?;
        let real = look(Clock::Real)?;
        let between = look(clock)?.saturating_sub(before);
        if between < best.0 {
            best = (between, real.saturating_sub(before + between / 2));
        }
    }
    Ok(best.1)
}

/// A time of day in the local time zone, in a format of `strftime`, such as `%H:%M:%S`. Empty if
/// the format has a NUL byte or makes more than 255 bytes.
#[must_use]
pub fn local_time(time: SystemTime, format: &str) -> String {
    let seconds = match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_secs()),
        Err(before) => i64::try_from(before.duration().as_secs()).map(|seconds| -seconds),
    };
    match (seconds, CString::new(format)) {
        (Ok(seconds), Ok(format)) => clock::local(seconds, &format),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Now since boot is now.
    #[test]
    fn now_is_now() {
        let wall = WallClock::new().unwrap();
        let nanoseconds = |clock| u64::try_from(clock::now(clock).unwrap().as_nanos()).unwrap();
        for time in [
            wall.at(nanoseconds(Clock::Monotonic)),
            wall.at_boot(nanoseconds(Clock::Boot)),
        ] {
            let now = SystemTime::now();
            let apart = now
                .duration_since(time)
                .or_else(|error| Ok::<_, ()>(error.duration()));
            assert!(apart.unwrap() < Duration::from_millis(500));
        }
    }

    /// Formats, and those that cannot be.
    #[test]
    fn formats() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(86_400 * 200);
        assert_eq!(local_time(time, "%Y, %%"), "1970, %");
        assert_eq!(local_time(time, "a\0b"), "");
        assert_eq!(local_time(time, &"%Y".repeat(100)), "");
        assert_eq!(local_time(time, ""), "");
    }
}
