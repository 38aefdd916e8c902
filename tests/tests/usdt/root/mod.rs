//! Tests that need root.

mod arguments;
mod attaching;
