//! The names a tracing tool nearly always needs.
//!
//! `bpf_program!` imports them next to the generated module; names of the user's own win.

pub use std::time::Duration;
