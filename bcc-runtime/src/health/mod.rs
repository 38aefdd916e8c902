//! What a running program has lost and where it failed, without the program text counting it.
//!
//! Every call of a map that can fail without a word is counted where it stands, unless
//! [`Builder::health`](crate::Builder::health) says otherwise, and [`Bpf::health`](crate::Bpf::health)
//! tells it by line. What the numbers mean is in
//! [`Cause`]; what they cost is in the project's `docs/health.md`.
//!
//! ```no_run
//! bcc_runtime::bpf_program! {
//!     mod opens;
//!     BPF_HASH(counts, u32, u64, 16);
//!     TRACEPOINT_PROBE(syscalls, sys_enter_openat) {
//!         counts.increment(bpf_get_current_pid_tgid() >> 32);
//!         return 0;
//!     }
//! }
//!
//! # fn main() -> bcc_runtime::Result<()> {
//! let bpf = opens::load()?;
//! std::thread::sleep(std::time::Duration::from_secs(10));
//! let health = bpf.health()?;
//! if health.failures() > 0 {
//!     // `counts` is full (16 entries): 512 increments failed at src/main.rs:5; make it larger ...
//!     eprintln!("{health}");
//! }
//! # Ok(())
//! # }
//! ```

mod failures;
mod maps;
mod misses;
mod options;
mod programs;
mod report;
mod words;

pub use maps::{HealthOpts, MapHealth};
pub use options::Health;
pub use programs::ProgramHealth;
pub use report::{Cause, EventsHealth, Failure, HealthReport, ReadHealth, SiteHealth};

pub(crate) use failures::{Failures, Losses};
pub(crate) use maps::map_health;
pub(crate) use misses::recursion_misses;
pub(crate) use options::flags;
pub(crate) use programs::program_health;
pub(crate) use report::{reads, sites};
