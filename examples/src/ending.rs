//! When a tool ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Tells a tool when to end: after its `--duration`, or when it is interrupted.
#[derive(Debug)]
pub struct Ending {
    at: Option<Instant>,
    interrupted: Arc<AtomicBool>,
}

impl Ending {
    /// Ends `seconds` from now, or never by itself; Ctrl-C ends it in any case.
    ///
    /// # Errors
    ///
    /// Fails if the signal handler cannot be installed.
    pub fn after(seconds: Option<u64>) -> std::io::Result<Self> {
        let interrupted = Arc::new(AtomicBool::new(false));
        signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::clone(&interrupted))?;
        let at =
            seconds.and_then(|seconds| Instant::now().checked_add(Duration::from_secs(seconds)));
        Ok(Self { at, interrupted })
    }

    /// Whether it is time to end.
    #[must_use]
    pub fn is_due(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed) || self.at.is_some_and(|at| Instant::now() >= at)
    }

    /// Polls until it is time to end; `poll` gets how long it may wait.
    ///
    /// # Errors
    ///
    /// As `poll`.
    pub fn poll(
        &self,
        mut poll: impl FnMut(Duration) -> bcc_runtime::Result<usize>,
    ) -> bcc_runtime::Result<()> {
        while !self.is_due() {
            poll(Duration::from_millis(100))?;
        }
        Ok(())
    }

    /// Sleeps until it is time to end.
    pub fn wait(&self) {
        self.wait_at_most(Duration::MAX);
    }

    /// Sleeps for so long, or until it is time to end.
    pub fn wait_at_most(&self, time: Duration) {
        let start = Instant::now();
        while !self.is_due() && start.elapsed() < time {
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}
