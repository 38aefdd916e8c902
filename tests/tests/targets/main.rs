//! What programs attach to: looked for before anything is attached, listed, and what the kernel has
//! of it.

mod features;
mod lists;
mod missing;
mod objects;
mod preflight;
