//! A writer whose bytes a test looks at.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// A writer that is shared with the test.
#[derive(Clone, Debug, Default)]
pub struct Kept(Arc<Mutex<Vec<u8>>>);

impl Kept {
    /// What was written, as text.
    ///
    /// # Panics
    /// If somebody has the writer still, or if it is no text.
    #[must_use]
    pub fn into_text(self) -> String {
        let bytes = Arc::into_inner(self.0).expect("the other one was given back");
        let bytes = bytes.into_inner().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8(bytes).expect("it is text")
    }
}

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
