//! The names a tracing tool nearly always needs.
//!
//! `bpf_program!` imports them next to the generated module; names of the user's own win. A tool that loads its text at
//! run time, without the macro, imports them itself:
//!
//! ```
//! use bcc_runtime::prelude::*;
//!
//! assert_eq!(Duration::from_millis(100).as_secs_f64(), 0.1);
//! ```

pub use std::time::Duration;
