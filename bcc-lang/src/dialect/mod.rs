//! What the dialect adds to C, as data.
//!
//! In: nothing. Out: one row per map macro, per table method, per form of probe and per helper the
//! front end treats specially. A new map type or helper is a new row here and a new case.

pub mod helpers;
pub mod maps;
pub mod methods;
pub mod network;
pub mod packets;
pub mod probes;
pub mod versions;

/// Every name we add to the emitted C begins with this, so that no user name can be captured.
pub const RESERVED_PREFIX: &str = "__bcc_";
