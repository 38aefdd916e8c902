//! How long a tool sums up, and how often it prints.

use crate::{Ending, line};
use bcc_runtime::Result;
use bcc_runtime::format::local_time;
use std::time::{Duration, SystemTime};

/// The arguments of tools that sum up: `[INTERVAL [COUNT]]`, as bcc has them, and `--duration`.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct Rounds {
    /// Print every so many seconds; by default once, at the end
    pub interval: Option<u64>,
    /// Print so many times
    pub count: Option<u64>,
    /// End after this many seconds
    #[arg(long)]
    pub duration: Option<u64>,
    /// Print the time of day as well
    #[arg(short = 'T', long)]
    pub timestamp: bool,
}

impl Rounds {
    /// Calls `print` at the end of each interval, the last of which may be shorter.
    ///
    /// # Errors
    ///
    /// What `print` gives, or if the signal handler cannot be installed.
    pub fn run(&self, mut print: impl FnMut() -> Result<()>) -> Result<()> {
        let ending = Ending::after(self.duration)?;
        let interval = self.interval.map_or(Duration::MAX, Duration::from_secs);
        for _ in 0..self.count.unwrap_or(u64::MAX) {
            ending.wait_at_most(interval);
            line("");
            if self.timestamp {
                line(local_time(SystemTime::now(), "%H:%M:%S"));
            }
            print()?;
            if ending.is_due() {
                break;
            }
        }
        Ok(())
    }
}
