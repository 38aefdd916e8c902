//! What a program says about itself beside its text.

use crate::diag::Level;
use crate::version::KernelVersion;

/// Options for [`compile_with`](crate::compile_with).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The oldest kernel the program has to run on. What came later is an error then; without it
    /// nothing is said about versions.
    pub min_kernel: Option<KernelVersion>,
    /// What to do where bcc's own behaviour is rarely what is meant.
    pub semantics: Semantics,
}

/// What to do where bcc's own behaviour is rarely what is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Semantics {
    /// As bcc does; the worst of it is a warning.
    #[default]
    Bcc,
    /// An error, with the way to say what is meant.
    Strict,
}

impl Semantics {
    /// How much something weighs that bcc does, but that is rarely meant.
    #[must_use]
    pub const fn doubtful(self) -> Level {
        match self {
            Self::Bcc => Level::Warning,
            Self::Strict => Level::Error,
        }
    }
}
