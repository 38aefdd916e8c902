//! Messages of the sources and of `ui-tests`, which the page must have.

use crate::index::{has, messages, page, root};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// All files below a folder whose names end so.
pub(crate) fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, end));
        } else if path.to_string_lossy().ends_with(end) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// What the compiler is expected to say about the programs of `ui-tests`, the macro's own messages
/// included.
#[test]
fn messages_of_the_macro_are_in_the_index() {
    let page = page();
    let mut missing = String::new();
    for file in files(&root().join("ui-tests/fail"), ".stderr") {
        for line in fs::read_to_string(&file).unwrap().lines() {
            let Some(message) = line.strip_prefix("error: ") else {
                continue;
            };
            let message = match message.split_once("C_TEXT`: ") {
                Some((_, warning)) => warning,
                None => message,
            };
            if !has(&page, message) {
                let name = file.file_name().unwrap().to_string_lossy();
                let _ = writeln!(missing, "{name}: {message}");
            }
        }
    }
    assert!(missing.is_empty(), "not in docs/errors.md:\n{missing}");
}

/// Where the text of a message begins in the sources, and where it ends at the latest.
const BEGINNINGS: [&str; 4] = [
    "Diagnostic::error(",
    "Diagnostic::warning(",
    "Diagnostic::new(",
    "let message = ",
];
const ENDINGS: [&str; 4] = [".with_help(", ".with_label(", ";\n", "#[cfg(test)]"];

/// The literals of messages in a source text.
fn literals(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    for beginning in BEGINNINGS {
        for (at, _) in source.match_indices(beginning) {
            let rest = &source[at..];
            let ends = ENDINGS.iter().filter_map(|end| rest.find(end));
            let mut rest = &rest[..ends.min().unwrap_or(rest.len())];
            while let Some(start) = rest.find('"') {
                let (literal, behind) = literal(&rest[start + 1..]);
                found.push(literal);
                rest = behind;
            }
        }
    }
    found
}

/// A literal whose opening quote was read, and what follows it.
pub(crate) fn literal(text: &str) -> (String, &str) {
    let mut out = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return (out, &text[at + 1..]),
            '\\' => match letters.next() {
                Some((_, '\n')) => {
                    let rest = text[at + 2..].trim_start();
                    let (more, behind) = literal(rest);
                    return (out + &more, behind);
                }
                Some((_, other)) => out.push(other),
                None => {}
            },
            _ => out.push(letter),
        }
    }
    (out, "")
}

/// The fixed pieces of a format. Braces around more than a name are not its placeholders.
pub(crate) fn pieces(format: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut rest = format;
    while let Some(at) = rest.find('{') {
        let (before, brace) = rest.split_at(at);
        pieces.last_mut().unwrap().push_str(before);
        let inside = brace[1..].find(|letter: char| "{} \"\n".contains(letter));
        let end = inside.map_or(brace.len(), |end| end + 1);
        if brace[end..].starts_with('}') {
            pieces.push(String::new());
            rest = &brace[end + 1..];
        } else {
            // A doubled brace stands for itself.
            pieces.last_mut().unwrap().push('{');
            rest = brace[1..].strip_prefix('{').unwrap_or(&brace[1..]);
        }
    }
    pieces.last_mut().unwrap().push_str(rest);
    pieces
}

/// Whether a message can have come from a format with these fixed pieces.
fn fits(message: &str, pieces: &[String]) -> bool {
    let mut rest = message;
    pieces.iter().all(|piece| match rest.find(piece.as_str()) {
        Some(at) => {
            rest = &rest[at + piece.len()..];
            true
        }
        None => false,
    })
}

/// A message that is new in the sources needs an entry.
#[test]
fn messages_of_the_sources_are_in_the_index() {
    let page = page();
    let known = messages(&page);
    let mut missing = String::new();
    let mut seen = 0;
    for file in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), ".rs") {
        for format in literals(&fs::read_to_string(&file).unwrap()) {
            // One word is a piece of a message, such as a plural.
            if !format.contains(' ') {
                continue;
            }
            seen += 1;
            let pieces = pieces(&format);
            if !known.iter().any(|message| fits(message, &pieces)) {
                let _ = writeln!(missing, "{}: {format}", file.display());
            }
        }
    }
    assert!(
        seen > 100,
        "the messages are no longer found in the sources: {seen}"
    );
    assert!(missing.is_empty(), "not in docs/errors.md:\n{missing}");
}
