//! Tests that need root.

mod arguments;
mod attaching;
mod tail_calls;
