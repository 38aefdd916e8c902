//! The messages that `docs/errors.md` shows.

use std::fs;
use std::path::{Path, PathBuf};

/// The folder of the whole project.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

pub(crate) fn page() -> String {
    fs::read_to_string(root().join("docs/errors.md")).unwrap()
}

/// The messages of the page, without their level.
pub(crate) fn messages(page: &str) -> Vec<&str> {
    let levels = ["error: ", "warning: "];
    let message = |line| {
        levels
            .iter()
            .find_map(|level| str::strip_prefix(line, level))
    };
    page.lines().filter_map(message).collect()
}

/// Whether the page has a message like this one.
pub(crate) fn has(page: &str, message: &str) -> bool {
    let shape = shape(message);
    messages(page)
        .iter()
        .any(|known| self::shape(known) == shape)
}

/// A message without what differs from case to case: names in backticks or quotes, and numbers.
fn shape(message: &str) -> String {
    let mut out = String::new();
    let mut inside = None;
    for letter in message.trim().chars() {
        match inside {
            Some(quote) if letter == quote => inside = None,
            Some(_) => {}
            None if matches!(letter, '`' | '"') => {
                inside = Some(letter);
                out.push('_');
            }
            None if letter.is_ascii_digit() && out.ends_with('#') => {}
            None if letter.is_ascii_digit() => out.push('#'),
            None => out.push(letter),
        }
    }
    out
}
