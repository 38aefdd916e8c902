//! Tracing tools for Linux in Rust: BPF C in bcc's dialect, checked at compile time, with matching
//! Rust types.
//!
//! A program text goes through these phases; each can only be reached from the one before:
//!
//! ```text
//! bpf_program! -> Spec             what the text asks for, constant data (compile time)
//!                  |  kernel       types and constants of the running kernel, as C
//!                  |  compile      clang as a child process: C in, object out; or from the cache
//!                  v
//!                object bytes      layouts compared with those of the Rust side
//!                  |  load         libbpf: relocate, create maps, verify
//!                  v
//!                Bpf { maps, progs }
//!                  |  attach       by itself, or by hand through `progs`
//!                  v
//!                events, map values, decoded into Rust types
//! ```
//!
//! With a logger of the [`log`](https://docs.rs/log) crate, which `tracing` also reads, a start tells
//! what it does: at `debug`, which clang runs, where types come from, how long each phase takes and
//! what is attached; at `warn`, what the front end warns of in texts that come at run time. The target
//! `bcc_runtime::libbpf` has what libbpf says, at its own levels. Without a logger nothing is printed,
//! but for what [`DebugOutput`] asks for.
//!
//! A text that is there only at run time takes the same way from its front end on: see
//! [`Bpf::builder`] and [`dynamic`].
//!
#![doc = include_str!("from_bcc.md")]
#![warn(missing_docs)]
#![warn(clippy::missing_errors_doc)]

pub mod ahead;
pub mod attach;
mod bpf;
mod build_ids;
mod builder;
mod cache;
mod compile;
mod cpu;
mod decode;
pub mod dynamic;
mod environment;
mod error;
mod events;
pub mod format;
pub mod health;
mod held_child;
mod histogram;
mod kernel;
mod layout_check;
mod link;
mod listing;
mod load;
pub mod map;
mod nearest;
mod network;
mod output;
pub mod perf_event;
mod perf_ring;
mod phases;
mod pid_namespace;
mod preflight;
pub mod prelude;
mod private;
pub mod program;
pub mod requirements;
#[cfg(feature = "serde")]
mod serialize;
mod spec;
mod stderr;
pub mod support;
mod symbols;
mod sys;
pub mod system;
mod tables;
mod targets;
mod test_run;
mod text;
mod trace;
pub mod types;
mod variables;

pub use bcc_macros::bpf_program;

pub use crate::bpf::Bpf;
pub use crate::build_ids::BuildIds;
pub use crate::builder::Builder;
pub use crate::compile::{CompileReport, Diagnostic, DiagnosticLevel};
pub use crate::dynamic::Value;
pub use crate::error::{Context, Error, ErrorKind, Evidence, Result};
#[cfg(feature = "tokio")]
pub use crate::events::EventStream;
pub use crate::events::{Event, EventReader, IntoControl};
pub use crate::held_child::HeldChild;
pub use crate::histogram::{Histogram, HistogramKey, SectionName};
pub use crate::link::{Link, LinkInfo};
pub use crate::load::{DebugOutput, VerifierReport};
pub use crate::phases::{CacheUse, Phase, Phases};
pub use crate::pid_namespace::PidNamespace;
pub use crate::preflight::{Finding, FindingKind, Preflight};
pub use crate::symbols::{Frame, SharedSymbols, Symbol, Symbolize, Symbols, Unknown};
pub use crate::targets::{MissingProbes, Skipped};
pub use crate::test_run::{TestOutput, TestRun};
pub use crate::text::SourceReport;
pub use crate::trace::TraceFields;
pub use crate::variables::Global;
pub use bcc_lang::options::Semantics;

/// The only names that code emitted by `bpf_program!` may use, beside the public ones.
#[doc(hidden)]
pub mod __private {
    pub use crate::private::*;
}

/// The examples of the README are compiled with those of this documentation.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

/// So are the programs of the tutorial.
#[cfg(doctest)]
#[doc = include_str!("../../docs/tutorial.md")]
struct Tutorial;
