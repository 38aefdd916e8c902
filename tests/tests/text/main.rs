//! Program text at run time, on the running kernel.

#[macro_use]
mod common;
mod events;
mod maps;
mod sources;
