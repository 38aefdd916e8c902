//! The rules that the tests of bcc's own front end establish, each with a program of ours.
//!
//! What a pointer leads to is compared with what the test put there, and what a map holds with the
//! sizes that clang gives. Everything is loaded, so that the verifier has its say.

mod maps;
mod mistakes;
mod pointers;
mod programs;
