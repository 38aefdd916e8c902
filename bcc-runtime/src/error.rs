//! The one error type.
//!
//! In: what went wrong, in words, with its cause and its evidence. Out: [`Error`], which prints as
//! one line (`{e}`), as its whole chain on one line (`{e:#}`), or as many lines with the evidence
//! (`{e:?}`, what `fn main() -> Result<()>` shows).

use crate::compile::CompileReport;
use crate::load::VerifierReport;
use crate::text::SourceReport;
use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::io;

/// A result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of thing went wrong.
///
/// The first kinds are those of [`io::ErrorKind`]; the others name a phase of the program's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A right is missing, or the kernel is locked down.
    PermissionDenied,
    /// A file, a tracepoint, a symbol, a map or a program does not exist.
    NotFound,
    /// It exists already.
    AlreadyExists,
    /// The call would have to wait.
    WouldBlock,
    /// An argument cannot be used.
    InvalidInput,
    /// Data from the kernel or a file is not what it should be.
    InvalidData,
    /// Time ran out.
    TimedOut,
    /// This machine or this kernel cannot do it.
    Unsupported,
    /// A signal came first.
    Interrupted,
    /// A file ended early.
    UnexpectedEof,
    /// No memory, or over the limit of locked memory.
    OutOfMemory,
    /// The program text has mistakes.
    Source,
    /// clang is missing, too old or rejects the C.
    Compile,
    /// The running kernel's types cannot be read.
    KernelTypes,
    /// The kernel's verifier rejects a program.
    Verifier,
    /// The object cannot be opened or loaded, for a reason other than the verifier.
    Load,
    /// A program cannot be attached.
    Attach,
    /// A type has one layout in C and another one in Rust.
    Layout,
    /// Bytes from the kernel do not have the size of the type.
    Decode,
    /// A map operation failed.
    Map,
    /// A map has no room for another entry.
    MapFull,
    /// Anything else.
    Other,
}

/// What backs an error up, to look into by hand or by program.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Evidence {
    /// What the front end has against the program text.
    Source(Box<SourceReport>),
    /// How clang was run and what it said.
    Compile(Box<CompileReport>),
    /// What the verifier said.
    Verifier(Box<VerifierReport>),
    /// Text of another kind, shown as it is.
    Text(String),
}

/// Why something could not be done.
///
/// `{e}` prints what failed, `{e:#}` adds the causes on the same line, `{e:?}` prints everything
/// there is, the evidence included, on many lines.
pub struct Error {
    inner: Box<Inner>,
}

struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    evidence: Option<Evidence>,
    cause: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of the given kind; the message is lower case and has no full stop.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        let inner = Inner {
            kind,
            message: message.into(),
            evidence: None,
            cause: None,
        };
        Self {
            inner: Box::new(inner),
        }
    }

    /// What kind of thing went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// The evidence, taken from the first error of the chain that has any.
    #[must_use]
    pub fn evidence(&self) -> Option<&Evidence> {
        self.chain().find_map(|error| error.inner.evidence.as_ref())
    }

    /// The same error with another kind.
    #[must_use]
    pub fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.inner.kind = kind;
        self
    }

    /// The same error with evidence.
    #[must_use]
    pub(crate) fn with_evidence(mut self, evidence: Evidence) -> Self {
        self.inner.evidence = Some(evidence);
        self
    }

    /// The same error with what caused it.
    #[must_use]
    pub(crate) fn with_cause(mut self, cause: impl StdError + Send + Sync + 'static) -> Self {
        self.inner.cause = Some(Box::new(cause));
        self
    }

    /// A new error on top, of the same kind.
    fn wrap(self, message: Cow<'static, str>) -> Self {
        Self::new(self.kind(), message).with_cause(self)
    }

    /// This error and those below it that are ours.
    fn chain(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |error| {
            error.inner.cause.as_ref()?.downcast_ref()
        })
    }

    /// The messages below the top one.
    fn causes(&self) -> impl Iterator<Item = String> {
        std::iter::successors(StdError::source(self), |error| (*error).source())
            .map(ToString::to_string)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let cause = self.inner.cause.as_deref()?;
        Some(cause)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.inner.message)?;
        if f.alternate() {
            for cause in self.causes() {
                write!(f, ": {cause}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.inner.message)?;
        for (index, cause) in self.causes().enumerate() {
            f.write_str(if index == 0 { "\n\nCaused by:" } else { "" })?;
            write!(f, "\n    {}", cause.replace('\n', "\n    "))?;
        }
        match self.evidence() {
            Some(evidence) => write!(f, "\n\n{evidence}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(report) => report.fmt(f),
            Self::Compile(report) => report.fmt(f),
            Self::Verifier(report) => report.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::new(kind_of_io(error.kind()), error.to_string())
    }
}

/// Our word for a kind of I/O error.
const fn kind_of_io(kind: io::ErrorKind) -> ErrorKind {
    match kind {
        io::ErrorKind::PermissionDenied => ErrorKind::PermissionDenied,
        io::ErrorKind::NotFound => ErrorKind::NotFound,
        io::ErrorKind::AlreadyExists => ErrorKind::AlreadyExists,
        io::ErrorKind::WouldBlock => ErrorKind::WouldBlock,
        io::ErrorKind::InvalidInput => ErrorKind::InvalidInput,
        io::ErrorKind::InvalidData => ErrorKind::InvalidData,
        io::ErrorKind::TimedOut => ErrorKind::TimedOut,
        io::ErrorKind::Unsupported => ErrorKind::Unsupported,
        io::ErrorKind::Interrupted => ErrorKind::Interrupted,
        io::ErrorKind::UnexpectedEof => ErrorKind::UnexpectedEof,
        io::ErrorKind::OutOfMemory => ErrorKind::OutOfMemory,
        _ => ErrorKind::Other,
    }
}

/// Our word for a kind of libbpf-rs error.
fn kind_of_libbpf(kind: libbpf_rs::ErrorKind) -> ErrorKind {
    match kind {
        libbpf_rs::ErrorKind::PermissionDenied => ErrorKind::PermissionDenied,
        libbpf_rs::ErrorKind::NotFound => ErrorKind::NotFound,
        libbpf_rs::ErrorKind::AlreadyExists => ErrorKind::AlreadyExists,
        libbpf_rs::ErrorKind::WouldBlock => ErrorKind::WouldBlock,
        libbpf_rs::ErrorKind::InvalidInput => ErrorKind::InvalidInput,
        libbpf_rs::ErrorKind::InvalidData => ErrorKind::InvalidData,
        libbpf_rs::ErrorKind::TimedOut => ErrorKind::TimedOut,
        libbpf_rs::ErrorKind::Unsupported => ErrorKind::Unsupported,
        libbpf_rs::ErrorKind::Interrupted => ErrorKind::Interrupted,
        libbpf_rs::ErrorKind::UnexpectedEof => ErrorKind::UnexpectedEof,
        libbpf_rs::ErrorKind::OutOfMemory => ErrorKind::OutOfMemory,
        _ => ErrorKind::Other,
    }
}

mod sealed {
    use super::{Error, kind_of_libbpf};

    /// Errors that [`super::Context`] can build upon.
    pub trait IntoError {
        /// The same as our error.
        fn into_error(self) -> Error;
    }

    impl IntoError for Error {
        fn into_error(self) -> Error {
            self
        }
    }

    impl IntoError for std::io::Error {
        fn into_error(self) -> Error {
            self.into()
        }
    }

    impl IntoError for libbpf_rs::Error {
        fn into_error(self) -> Error {
            Error::new(kind_of_libbpf(self.kind()), format!("{self:#}"))
        }
    }
}

/// Names the thing and the action an error belongs to.
///
/// Sealed: it is there for results of this crate, of [`io`] and of libbpf.
pub trait Context<T> {
    /// Puts a message on top of the error.
    ///
    /// # Errors
    /// The same error, with the message on top.
    fn context(self, message: impl Into<Cow<'static, str>>) -> Result<T>;

    /// Puts a message on top of the error, made only if there is one.
    ///
    /// # Errors
    /// The same error, with the message on top.
    fn with_context<M: Into<Cow<'static, str>>>(self, message: impl FnOnce() -> M) -> Result<T>;
}

impl<T, E: sealed::IntoError> Context<T> for std::result::Result<T, E> {
    fn context(self, message: impl Into<Cow<'static, str>>) -> Result<T> {
        self.map_err(|error| error.into_error().wrap(message.into()))
    }

    fn with_context<M: Into<Cow<'static, str>>>(self, message: impl FnOnce() -> M) -> Result<T> {
        self.map_err(|error| error.into_error().wrap(message().into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Error {
        let low = Err::<(), _>(io::Error::new(io::ErrorKind::PermissionDenied, "no entry"));
        low.context("failed to open `x`")
            .context("failed to start")
            .unwrap_err()
    }

    /// The three ways to print, and the kind that context keeps.
    #[test]
    fn prints_top_line_chain_and_report() {
        let error = sample();
        assert_eq!(error.to_string(), "failed to start");
        assert_eq!(
            format!("{error:#}"),
            "failed to start: failed to open `x`: no entry"
        );
        let report = "failed to start\n\nCaused by:\n    failed to open `x`\n    no entry";
        assert_eq!(format!("{error:?}"), report);
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    }

    /// Evidence at the bottom of the chain is still found and printed.
    #[test]
    fn evidence_survives_context() {
        let low = Error::new(ErrorKind::Other, "low").with_evidence(Evidence::Text("log".into()));
        let error = Err::<(), _>(low).context("top").unwrap_err();
        assert!(matches!(error.evidence(), Some(Evidence::Text(text)) if text == "log"));
        assert!(format!("{error:?}").ends_with("\n\nlog"));
    }
}
