//! Hooks that the kernel makes from the types of its functions, and iterators.
//!
//! On a kernel without hooks the tests check what is said about that, and do not count as having
//! run there.

mod common;
mod functions;
mod iterators;
mod refusals;
mod targets;
