//! The examples of bcc's reference guide, word for word where the guide's text is C.
//!
//! In: the C of the guide, in which only `[...]` is filled in and the lines are as they were before
//! they lost their ends. Each test shows that the example loads, attaches and sees its event; or, for
//! what a kernel does not have, the error in its place.

mod calls;
mod common;
mod context;
mod errors;
mod events;
mod maps;
mod output;
mod python;
mod tables;
mod usdt;
