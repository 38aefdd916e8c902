//! Messages of the runtime, which the page must have as the sources do.

use crate::index::{page, root};
use crate::sources::{files, literal, pieces};
use std::fs;

/// What stands between doubled backticks below "Errors at run time".
fn messages_at_run_time(page: &str) -> Vec<&str> {
    let (_, part) = page.split_once("\n## Errors at run time\n").unwrap();
    let lines = part.lines().filter(|line| !line.starts_with("```"));
    lines
        .flat_map(|line| line.split("``").skip(1).step_by(2))
        .map(str::trim)
        .collect()
}

/// A source text with its literals on one line, and `...` for what they have in braces.
fn flattened(source: &str) -> String {
    let mut joined = String::new();
    let mut lines = source.lines();
    while let Some(line) = lines.next() {
        let mut line = line.to_owned();
        while let Some(begun) = line.strip_suffix('\\') {
            line = begun.to_owned() + lines.next().unwrap_or_default().trim_start();
        }
        joined.push_str(&line.replace("\\\"", "\""));
        joined.push('\n');
    }
    pieces(&joined).join("...")
}

/// The messages that the page shows of the runtime are in its sources.
#[test]
fn messages_at_run_time_are_those_of_the_sources() {
    let page = page();
    let folder = root().join("bcc-runtime/src");
    let sources = files(&folder, ".rs");
    let sources = sources.iter().map(|file| fs::read_to_string(file).unwrap());
    let sources: String = sources.map(|source| flattened(&source)).collect();
    let shown = messages_at_run_time(&page);
    assert!(shown.len() > 80, "{}", shown.len());
    let unknown: Vec<_> = shown
        .iter()
        .filter(|message| !sources.contains(flattened(message).trim().trim_matches('.')))
        .collect();
    assert!(unknown.is_empty(), "not in bcc-runtime: {unknown:#?}");
}

/// Each kind of error and each hint about the verifier is on the page.
#[test]
fn kinds_and_hints_are_in_the_index() {
    let page = page();
    let read = |path: &str| fs::read_to_string(root().join("bcc-runtime/src").join(path)).unwrap();
    let between = |text: &str, start: &str, end: &str| {
        let (_, rest) = text.split_once(start).unwrap();
        rest.split_once(end).unwrap().0.to_owned()
    };
    let kinds = between(&read("error.rs"), "pub enum ErrorKind {\n", "\n}");
    let kinds = kinds
        .lines()
        .filter_map(|line| line.trim().strip_suffix(','));
    for kind in kinds.filter(|kind| !kind.starts_with("//")) {
        let heading = page
            .lines()
            .any(|line| line.starts_with("### ") && line.contains(&format!("`{kind}`")));
        assert!(
            heading,
            "ErrorKind::{kind} has no heading in docs/errors.md"
        );
    }
    let hints = between(&read("load/hints.rs"), "const HINTS:", "\n];");
    let hints: String = hints
        .lines()
        .filter(|line| !line.trim().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n");
    let mut rest = hints.as_str();
    while let Some(start) = rest.find('"') {
        let (text, behind) = literal(&rest[start + 1..]);
        assert!(
            page.contains(text.trim_end_matches('#')),
            "not in docs/errors.md: {text}"
        );
        rest = behind;
    }
}
