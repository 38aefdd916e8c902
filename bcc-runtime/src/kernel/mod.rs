//! Facts about the running kernel: its types, its tracepoints, its version, what it allows.

pub(crate) mod btf;
pub(crate) mod config;
pub(crate) mod format;
pub(crate) mod functions;
pub(crate) mod has;
pub(crate) mod header;
pub(crate) mod names;
pub(crate) mod pseudo;
pub(crate) mod spelled;
pub(crate) mod symbols;
pub(crate) mod tracefs;
pub(crate) mod tree;
pub(crate) mod version;
