//! clang as a child process.
//!
//! In: its path, its arguments and, later, a text. Out: an object and what clang said. The child
//! is started before the text is ready, so that its own start-up costs no time; it never outlives
//! the call that started it.

use crate::error::{Context as _, Error, ErrorKind, Result};
use std::ffi::OsString;
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;

/// Variables clang and its wrappers need; all others could change what clang does.
const KEPT: [&str; 4] = ["PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH"];

/// The part of the environment that clang gets.
pub(super) fn environment() -> impl Iterator<Item = (&'static str, OsString)> {
    let value = |name: &'static str| Some((name, std::env::var_os(name)?));
    KEPT.into_iter().filter_map(value)
}

/// A running clang that waits for its text.
#[derive(Debug)]
pub(super) struct Clang {
    child: Child,
}

/// What a clang that ended left behind.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) status: ExitStatus,
    pub(super) object: Vec<u8>,
    pub(super) said: String,
}

impl Output {
    /// Whether there is an object.
    pub(super) fn success(&self) -> bool {
        self.status.success() && !self.object.is_empty()
    }
}

impl Clang {
    /// Starts clang; it does nothing before it gets its text.
    pub(super) fn start(path: &Path, arguments: &[String]) -> Result<Self> {
        let mut command = Command::new(path);
        command.args(arguments).env_clear().env("LC_ALL", "C");
        command.envs(environment());
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let child = command.spawn().map_err(|error| {
            let message = format!(
                "failed to run clang at `{}`; install clang (`apt-get install clang`) or set \
                 `BCC_CLANG` to its path",
                path.display()
            );
            Error::new(ErrorKind::Compile, message).with_cause(error)
        })?;
        Ok(Self { child })
    }

    /// Its process number.
    #[cfg(test)]
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Hands over the text and waits for the object.
    pub(super) fn finish(mut self, text: &str) -> Result<Output> {
        self.exchange(text).context("failed to talk to clang")
    }

    /// Writes and reads all three pipes at once, so that no side waits for the other for ever.
    fn exchange(&mut self, text: &str) -> io::Result<Output> {
        let closed = || io::Error::other("its pipes are closed");
        let mut input = self.child.stdin.take().ok_or_else(closed)?;
        let mut output = self.child.stdout.take().ok_or_else(closed)?;
        let mut errors = self.child.stderr.take().ok_or_else(closed)?;
        let mut object = Vec::new();
        let said = thread::scope(|scope| {
            // A clang that ends before it has read everything says why; the write error does not.
            scope.spawn(move || input.write_all(text.as_bytes()));
            let said = scope.spawn(move || {
                let mut said = Vec::new();
                errors.read_to_end(&mut said).map(|_| said)
            });
            output.read_to_end(&mut object)?;
            said.join()
                .unwrap_or_else(|_| Err(io::Error::other("reading its messages failed")))
        })?;
        let status = self.child.wait()?;
        Ok(Output {
            status,
            object,
            said: String::from_utf8_lossy(&said).into_owned(),
        })
    }
}

impl Drop for Clang {
    fn drop(&mut self) {
        // Both fail if the child has ended and been waited for, which is what we want.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
