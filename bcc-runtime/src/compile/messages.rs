//! clang's text, taken apart.
//!
//! In: what clang wrote to its standard error. Out: its messages as data.

use super::report::{Diagnostic, DiagnosticLevel};

/// The mark of each level.
const LEVELS: [(&str, DiagnosticLevel); 4] = [
    (": error: ", DiagnosticLevel::Error),
    (": fatal error: ", DiagnosticLevel::Error),
    (": warning: ", DiagnosticLevel::Warning),
    (": note: ", DiagnosticLevel::Note),
];
/// What the back end of clang adds to errors whose place it cannot show. It says nothing new.
const NO_PLACE: &str = "could not determine the original source location";
/// How the back end of clang starts to say what instructions BPF does not have.
const BACK_END: &str = "Error at line ";
/// What clang writes before it ends over an error in its back end, with pages of addresses behind.
const STACK_DUMP: &str = "PLEASE submit a bug report";

/// Takes the text apart: `FILE:LINE:COLUMN: LEVEL: MESSAGE`, then perhaps the line of source.
pub(super) fn parse(said: &str) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> = Vec::new();
    let mut lines = without_stack_dump(said)
        .lines()
        .map(str::to_owned)
        .collect::<Vec<_>>();
    lines.retain(|line| !line.contains(NO_PLACE) && !line.is_empty());
    for (at, line) in lines.iter().enumerate() {
        let Some(mut diagnostic) = parse_line(line).or_else(|| parse_back_end(line)) else {
            continue;
        };
        let next = lines.get(at + 1).filter(|next| shows_source(next));
        diagnostic.source_line = next.cloned();
        if !found.contains(&diagnostic) {
            found.push(diagnostic);
        }
    }
    found
}

/// The text up to where clang starts to describe itself.
pub(super) fn without_stack_dump(said: &str) -> String {
    let end = said.find(STACK_DUMP).unwrap_or(said.len());
    said[..end].to_owned()
}

/// Whether a line behind a message is the line of source it is about.
fn shows_source(line: &str) -> bool {
    let counts = line.ends_with(" generated.");
    parse_line(line).is_none() && !counts && !line.starts_with("fatal error: ")
}

fn parse_line(line: &str) -> Option<Diagnostic> {
    let find =
        |(mark, level): &(&str, DiagnosticLevel)| Some((line.find(mark)?, mark.len(), *level));
    let (at, len, level) = LEVELS.iter().filter_map(find).min_by_key(|(at, ..)| *at)?;
    let (file, row, column) = parse_place(&line[..at])?;
    Some(new(
        file,
        row,
        column,
        level,
        without_tail(&line[at + len..]),
    ))
}

/// Reads `Error at line 8: Unsupport signed division for DAG: ..., src/main.rs:8:14Please ...`.
fn parse_back_end(line: &str) -> Option<Diagnostic> {
    let (row, rest) = line.strip_prefix(BACK_END)?.split_once(": ")?;
    let (message, details) = rest.split_once(" for DAG").unwrap_or((rest, ""));
    let (before, _) = details.split_once("Please").unwrap_or((details, ""));
    let place = before
        .rsplit_once(", ")
        .and_then(|(_, place)| parse_place(place));
    let (file, row, column) = place.or_else(|| Some(("<program>", row.parse().ok()?, 1)))?;
    Some(new(
        file,
        row,
        column,
        DiagnosticLevel::Error,
        message.to_owned(),
    ))
}

/// Reads `src/main.rs:8:14`.
fn parse_place(place: &str) -> Option<(&str, u32, u32)> {
    let (place, column) = place.rsplit_once(':')?;
    let (file, row) = place.rsplit_once(':')?;
    Some((file, row.parse().ok()?, column.parse().ok()?))
}

fn new(file: &str, line: u32, column: u32, level: DiagnosticLevel, message: String) -> Diagnostic {
    let file = file.to_owned();
    Diagnostic {
        file,
        line,
        column,
        level,
        message,
        source_line: None,
        hint: None,
    }
}

/// Cuts off what says nothing about the program: `[-Werror,-Wimplicit-function-declaration]`, the
/// standards of C.
pub(super) fn without_tail(message: &str) -> String {
    let tails = [" [-W", "; ISO C99 and later", " is invalid in C99"];
    let end = tails.iter().filter_map(|tail| message.find(tail)).min();
    message[..end.unwrap_or(message.len())].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each message with its place; the source line where clang shows one.
    #[test]
    fn takes_text_apart() {
        let said = "\
src/main.rs:12:9: error: use of undeclared identifier 'foo'
        x = foo;
            ^
src/main.rs:14:3: error: implicit declaration of function 'bar' [-Werror,-Wimplicit]
<x.h>:1:2: note: declared here
2 errors generated.
";
        let found = parse(said);
        let short = |one: &Diagnostic| (one.file.clone(), one.line, one.column, one.level);
        let places: Vec<_> = found.iter().map(short).collect();
        let expected = [
            ("src/main.rs".to_owned(), 12, 9, DiagnosticLevel::Error),
            ("src/main.rs".to_owned(), 14, 3, DiagnosticLevel::Error),
            ("<x.h>".to_owned(), 1, 2, DiagnosticLevel::Note),
        ];
        assert_eq!(places, expected);
        assert_eq!(found[0].source_line.as_deref(), Some("        x = foo;"));
        assert_eq!(found[1].message, "implicit declaration of function 'bar'");
        assert_eq!(found[1].source_line, None);
        assert_eq!(found[2].source_line, None);
    }

    /// Errors of clang's back end: repeated ones once, no stack dump, the place from the details.
    #[test]
    fn reads_the_back_end() {
        let said = "\
src/main.rs:5:45: error: Looks like the BPF stack limit of 512 bytes is exceeded.
int probe(void *ctx)
src/main.rs:5:45: note: could not determine the original source location for src/main.rs:7:74
src/main.rs:5:45: error: Looks like the BPF stack limit of 512 bytes is exceeded.
int probe(void *ctx)
Error at line 10: Unsupport signed division for DAG: 0x1: i32 = sdiv 0x2, src/main.rs:10:33Please convert
fatal error: error in backend: Cannot select: 0x1: i32 = sdiv 0x2, src/main.rs:10:33
PLEASE submit a bug report to https://example.org
src/main.rs:99:1: error: not read
";
        let found = parse(said);
        let short: Vec<_> = found
            .iter()
            .map(|one| (one.line, one.column, &*one.message))
            .collect();
        let expected = [
            (
                5,
                45,
                "Looks like the BPF stack limit of 512 bytes is exceeded.",
            ),
            (10, 33, "Unsupport signed division"),
        ];
        assert_eq!(short, expected);
        assert_eq!(
            found[0].source_line.as_deref(),
            Some("int probe(void *ctx)")
        );
        assert_eq!(found[1].source_line, None);
    }
}
