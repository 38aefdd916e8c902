//! What a program that is measured says to the driver, on its standard output.
//!
//! A start or a read of a table: one line of JSON at the end. A reader of events:
//!
//! ```text
//! program: ready                            attached; the driver now makes the calls
//! driver:  over                             the calls are made
//! program: {"received": 7, "lost": 0}       everything is read; the driver looks at the CPU time
//! driver:  (closes the pipe)                the program ends
//! ```
//!
//! The programs for bcc do the same in `bcc/protocol.py`.

use std::io::{BufRead as _, stdin};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How many entries the table has.
pub const ENTRIES: u32 = 1_000_000;

/// How long a reader waits for events at a time.
pub const WAIT: Duration = Duration::from_millis(100);

/// A reader of events and the driver.
pub struct Session {
    over: Arc<AtomicBool>,
    listener: JoinHandle<()>,
}

impl Session {
    /// Tells the driver to begin.
    #[must_use]
    pub fn begin() -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&over);
        println!("ready");
        let listener = std::thread::spawn(move || {
            let mut lines = stdin().lock().lines();
            let _over = lines.next();
            flag.store(true, Ordering::SeqCst);
            let _closed = lines.next();
        });
        Self { over, listener }
    }

    /// Whether the last event has been sent.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    /// Reports, and returns once the driver has looked.
    pub fn end(self, received: u64, lost: u64) {
        println!("{{\"received\": {received}, \"lost\": {lost}}}");
        self.listener.join().expect("the listener ends");
    }
}

/// Reports a start that has read a map.
///
/// # Panics
/// If the map had no entry: the program did not run.
pub fn report_start(entries: usize, compiled: bool) {
    assert!(entries > 0, "the program has counted nothing");
    let peak = peak_kb();
    println!("{{\"peak_kb\": {peak}, \"compiled\": {compiled}}}");
}

/// Reports how long reading the table took since `start`.
///
/// # Panics
/// If it was not all of the table.
pub fn report_table(start: Instant, count: u64, sum: u64) {
    let milliseconds = start.elapsed().as_secs_f64() * 1e3;
    let entries = u64::from(ENTRIES);
    assert_eq!((count, sum), (entries, entries * (entries - 1) / 2));
    println!("{{\"read_ms\": {milliseconds}}}");
}

/// An object that the driver's script compiled; the folder is the last argument.
///
/// # Panics
/// If there is no argument.
#[must_use]
pub fn object(name: &str) -> PathBuf {
    let folder = std::env::args().next_back().expect("a folder of objects");
    PathBuf::from(folder).join(format!("{name}.bpf.o"))
}

/// The most memory this process had, `VmHWM`.
fn peak_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.trim().split(' ').next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}
