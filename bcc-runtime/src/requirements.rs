//! What a program asks of the machine it runs on.
//!
//! Made from the program text alone, by `requirements()` of the generated module, and by
//! [`Builder::requirements`](crate::Builder::requirements) and
//! [`Bpf::requirements`](crate::Bpf::requirements). It prints as text:
//!
//! ```
//! bcc_runtime::bpf_program! {
//!     mod opens;
//!     BPF_RINGBUF_OUTPUT(events, 8);
//!     TRACEPOINT_PROBE(syscalls, sys_enter_openat) {
//!         u64 now = bpf_ktime_get_ns();
//!         events.ringbuf_output(&now, sizeof(now), 0);
//!         return 0;
//!     }
//! }
//!
//! # fn main() {
//! let requirements = opens::requirements();
//! assert_eq!(requirements.kernel_version(), Some((5, 8).into()));
//! println!("{requirements}");
//! # }
//! ```
//!
//! [`support::missing`](crate::support::missing) says what this machine lacks of it.

pub use bcc_lang::requirements::{
    Argument, ArgumentType, BtfNeed, Capability, CapabilityItem, ConfigItem, GplItem, KernelItem,
    KernelItemKind, List, MemberItem, Place, Requirements, Target, TargetKind, Text,
};
pub use bcc_lang::version::{KernelVersion, NotAVersion};
