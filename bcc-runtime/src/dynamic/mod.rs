//! Program text that comes at run time, and values whose types are known only then.
//!
//! ```no_run
//! use bcc_runtime::Bpf;
//! use std::time::Duration;
//!
//! const TEXT: &str = r#"
//!     struct event_t { u32 pid; char comm[TASK_COMM_LEN]; };
//!     BPF_HASH(counts, u32);
//!     BPF_PERF_OUTPUT(events);
//!     TRACEPOINT_PROBE(syscalls, sys_enter_execve) {
//!         struct event_t event = {};
//!         event.pid = bpf_get_current_pid_tgid() >> 32;
//!         bpf_get_current_comm(&event.comm, sizeof(event.comm));
//!         counts.increment(event.pid);
//!         events.perf_submit(args, &event, sizeof(event));
//!         return 0;
//!     }
//! "#;
//!
//! # fn main() -> bcc_runtime::Result<()> {
//! let mut bpf = Bpf::builder().text(TEXT).load()?;
//! bpf.map("events")?.open_perf_buffer(|_cpu, event| {
//!     println!("{:<7} {}", event["pid"], event["comm"]);
//! })?;
//! bpf.perf_buffer_poll(Duration::from_secs(1))?;
//! for (pid, count) in bpf.map("counts")?.items()? {
//!     println!("{pid}: {count}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! The text is in the same dialect as that of `bpf_program!`, and means the same. Maps, programs and
//! variables are found by name; [`Value`]s are read and made by the types that the compiled object
//! describes, those of the running kernel included.

mod convert;
mod decode;
mod display;
mod encode;
mod global;
mod layout;
mod map;
mod map_batches;
mod map_events;
mod map_histogram;
mod module;
mod named;
mod object_types;
#[cfg(feature = "serde")]
mod serialize;
#[cfg(test)]
mod tests;
mod value;

pub use self::global::Global;
pub use self::map::Map;
pub use self::module::Dynamic;
pub use self::named::Named;
pub use self::value::{EnumValue, Record, Value};

pub(crate) use self::object_types::EVENT_TYPE;
