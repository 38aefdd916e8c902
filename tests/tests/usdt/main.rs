//! USDT probes, on the running kernel: S39.
//!
//! The tests compile a program with probes of all sorts, `target.c`, and watch it.

mod root;
mod target;
