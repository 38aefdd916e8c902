//! `docs/errors.md` and the compiler say the same.
//!
//! An entry of the index is a heading, the message, and the texts it is about:
//!
//! ````text
//! ### The address is missing
//!
//! ```text
//! error: `lookup` takes a pointer to the key
//! ```
//!
//! ```c wrong body
//! counts.lookup(pid);
//! ```
//!
//! ```c right body
//! counts.lookup(&pid);
//! ```
//! ````
//!
//! `body` means that the text stands in the function of the block `c given`. Entries without a text
//! are about what surrounds the C; the messages of `ui-tests` hold them. With `BLESS=1` the messages
//! are written anew.

#[path = "../index/mod.rs"]
mod index;
mod runtime;
mod sources;
mod texts;
