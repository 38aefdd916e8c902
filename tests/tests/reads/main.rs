//! Implicit reads of memory outside the program, on the running kernel.

mod kprobes;
mod sockets;
mod task;
mod user;
