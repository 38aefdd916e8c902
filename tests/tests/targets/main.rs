//! What programs attach to: looked for before anything is attached, listed, and what the kernel has
//! of it.

mod missing;
mod preflight;
