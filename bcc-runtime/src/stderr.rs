//! Words for people, on standard error.
//!
//! In: text. Out: nothing; where nobody reads, as behind `2>&1 | head`, it is lost, and is no reason
//! to panic as `eprintln!` does.

use std::fmt::Arguments;
use std::io::{self, Write as _};

/// Writes a text.
pub(crate) fn write(text: Arguments<'_>) {
    let _written = io::stderr().write_fmt(text);
}

/// Writes a line.
pub(crate) fn line(text: Arguments<'_>) {
    write(format_args!("{text}\n"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    /// A pipe that nobody reads does not end the process.
    #[test]
    fn nobody_has_to_read() {
        let (reader, writer) = io::pipe().expect("there is room");
        drop(reader);
        let run = Command::new(std::env::current_exe().expect("it is there"))
            .args(["--exact", "stderr::tests::writes", "--include-ignored"])
            .stderr(writer)
            .output()
            .expect("it can run");
        let said = String::from_utf8_lossy(&run.stdout);
        assert!(run.status.success() && said.contains("1 passed"), "{said}");
    }

    /// The process of the test above.
    #[test]
    #[ignore = "run by the test above"]
    fn writes() {
        line(format_args!("nobody reads this"));
    }
}
