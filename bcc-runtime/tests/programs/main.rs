//! Programs on the running kernel, from load to decoded values. They need root and are ignored
//! without it: `cargo test -p bcc-runtime --test programs root:: -- --include-ignored`.

#![expect(
    clippy::allow_attributes,
    reason = "generated modules have more than each of their users needs"
)]

#[macro_use]
mod common;

mod attach;
mod events;
mod histogram;
mod lifetime;
mod loading;
mod maps;
mod trace;
