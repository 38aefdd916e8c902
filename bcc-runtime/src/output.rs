//! Where words for people go while a program starts.
//!
//! In: text. Out: the same on standard error, or to what the caller has given instead. Where it
//! cannot be written it is lost, and is no reason to end a start.

use crate::stderr;
use std::fmt::{self, Arguments};
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

/// The standard error, or a writer of the caller's.
#[derive(Clone, Default)]
pub(crate) struct Output(Option<Arc<Mutex<dyn Write + Send>>>);

impl Output {
    /// To a writer.
    pub(crate) fn to(writer: impl Write + Send + 'static) -> Self {
        Self(Some(Arc::new(Mutex::new(writer))))
    }

    /// Whether what is written is somebody else's code, which may do whatever it likes.
    pub(crate) fn is_given(&self) -> bool {
        self.0.is_some()
    }

    /// Writes a text.
    pub(crate) fn write(&self, text: Arguments<'_>) {
        let Some(writer) = &self.0 else {
            return stderr::write(text);
        };
        // A writer that panicked before is asked again.
        let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
        let _written = writer.write_fmt(text).and_then(|()| writer.flush());
    }

    /// Writes a line.
    pub(crate) fn line(&self, text: Arguments<'_>) {
        self.write(format_args!("{text}\n"));
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_given() {
            "a writer"
        } else {
            "stderr"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    /// A writer that takes nothing.
    struct Full;

    impl Write for Full {
        fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Text comes whole and in order; where it cannot be written it is lost.
    #[test]
    fn writes_to_a_writer() {
        let (mut reader, writer) = io::pipe().expect("there is room");
        let output = Output::to(writer);
        let clone = output.clone();
        output.write(format_args!("one {}", 1));
        clone.line(format_args!(", two"));
        drop((output, clone));
        let mut text = String::new();
        io::Read::read_to_string(&mut reader, &mut text).expect("it is text");
        assert_eq!(text, "one 1, two\n");
        Output::to(Full).line(format_args!("lost"));
    }
}
