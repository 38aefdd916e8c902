//! The mistakes of the catalogue: each with texts that are wrong, and where, and texts that look
//! alike and are right.
//!
//! A file of `catalogue/` holds the texts of one group of rows, each under a heading:
//!
//! ```text
//! === X9 error: wants the address
//! int f(struct pt_regs *ctx) { u32 k = 1; m.lookup(«k»); return 0; }
//! === X9 pass
//! int f(struct pt_regs *ctx) { u32 k = 1; m.lookup(&k); return 0; }
//! ```
//!
//! `error:` and `warning:` are followed by a piece of the message, which must stand on what is
//! between « and », and be the only one. Under `pass` there must be none. The lines
//! `// min_kernel: 5.4` and `// semantics: strict` of a text are its options.

mod index;

use bcc_lang::diag::{Diagnostic, Level};
use bcc_lang::options::{Options, Semantics};
use bcc_lang::source::SourceText;
use bcc_lang::span::Span;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs};

const ROWS: u32 = 78;

/// Rows of which no text can be proven wrong here, and why.
const WITHOUT_MISTAKE: [(u32, &str); 8] = [
    (
        8,
        "root may store addresses of values; what comes back is read with a helper",
    ),
    (54, "the kernel decides, at start-up"),
    (
        67,
        "variables at file scope work; what is left, clang says at start-up",
    ),
    (
        68,
        "literals are in a section of their own, which libbpf makes a map of",
    ),
    (
        69,
        "macros are written out where they are used, and their reads with them",
    ),
    (75, "members get other names in Rust where they must"),
    (76, "the rewritten C uses no names of the text"),
    (
        78,
        "headers are served from the kernel's types and the prelude; clang names what is missing",
    ),
];

/// What a text is expected to bring.
enum Expected {
    Nothing,
    Message(Level, String),
}

struct Case {
    row: u32,
    place: String,
    expected: Expected,
    text: String,
}

fn cases() -> Vec<Case> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/catalogue");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        for (number, line) in fs::read_to_string(&file).unwrap().lines().enumerate() {
            if let Some(heading) = line.strip_prefix("=== X") {
                let place = format!("{name}:{}", number + 1);
                cases.push(case(heading, place));
            } else if let Some(case) = cases.last_mut() {
                case.text.push_str(line);
                case.text.push('\n');
            }
        }
    }
    cases
}

fn case(heading: &str, place: String) -> Case {
    let (row, kind) = heading.split_once(' ').unwrap();
    let expected = match kind.split_once(": ") {
        None => Expected::Nothing,
        Some(("error", piece)) => Expected::Message(Level::Error, piece.to_owned()),
        Some((_, piece)) => Expected::Message(Level::Warning, piece.to_owned()),
    };
    Case {
        row: row.parse().unwrap(),
        place,
        expected,
        text: String::new(),
    }
}

/// The text without its marks, and what was between them.
fn unmark(marked: &str) -> (String, Option<Span>) {
    let at = |mark: char| marked.find(mark).map(|at| u32::try_from(at).unwrap());
    let text = marked.replace(['«', '»'], "");
    let width = u32::try_from('«'.len_utf8()).unwrap();
    let span = at('«').zip(at('»'));
    (text, span.map(|(start, end)| Span::new(start, end - width)))
}

fn describe(diagnostics: &[Diagnostic], source: &SourceText) -> String {
    diagnostics
        .iter()
        .map(|diagnostic| diagnostic.render(source))
        .collect()
}

/// What the lines of a text say about itself.
fn options(text: &str) -> Options {
    let value = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
    Options {
        min_kernel: value("// min_kernel: ").map(|version| version.parse().unwrap()),
        semantics: match value("// semantics: ") {
            Some(word) => {
                assert_eq!(word, "strict");
                Semantics::Strict
            }
            None => Semantics::Bcc,
        },
    }
}

/// What is wrong with the outcome of a case, if anything.
fn check(case: &Case) -> Option<String> {
    let (text, span) = unmark(&case.text);
    let source = SourceText::new("t.c", text);
    let found = bcc_lang::compile_with(&source, options(&case.text)).diagnostics;
    let fits = match &case.expected {
        Expected::Nothing => found.is_empty(),
        Expected::Message(level, piece) => {
            let [one] = &found[..] else {
                return Some(failure(case, &describe(&found, &source)));
            };
            one.level == *level && one.message.contains(piece) && Some(one.span) == span
        }
    };
    (!fits).then(|| failure(case, &describe(&found, &source)))
}

fn failure(case: &Case, found: &str) -> String {
    let found = if found.is_empty() {
        "no message\n"
    } else {
        found
    };
    format!("== X{} at {}:\n{found}", case.row, case.place)
}

#[test]
fn every_row_is_caught_where_it_stands() {
    let failures: Vec<String> = cases().iter().filter_map(check).collect();
    assert!(
        failures.is_empty(),
        "{} of {}:\n{}",
        failures.len(),
        cases().len(),
        failures.concat()
    );
}

#[test]
fn every_row_has_a_wrong_and_a_right_text() {
    let cases = cases();
    let rows = |wrong: bool| -> BTreeSet<u32> {
        let of_kind = cases
            .iter()
            .filter(|case| matches!(case.expected, Expected::Nothing) != wrong);
        of_kind.map(|case| case.row).collect()
    };
    let all: BTreeSet<u32> = (1..=ROWS).collect();
    let right = rows(false);
    let without: BTreeSet<u32> = WITHOUT_MISTAKE.iter().map(|(row, _)| *row).collect();
    assert_eq!(rows(true), &all - &without);
    assert_eq!(right, &all - &BTreeSet::from([54]));
}

/// Each message has an entry in `docs/errors.md`.
#[test]
fn every_message_is_in_the_error_index() {
    let page = index::page();
    let mut missing = String::new();
    for case in cases() {
        let (text, _) = unmark(&case.text);
        let source = SourceText::new("t.c", text);
        let found = bcc_lang::compile_with(&source, options(&case.text)).diagnostics;
        for one in found.iter().filter(|one| !index::has(&page, &one.message)) {
            let (row, place) = (case.row, &case.place);
            let _ = writeln!(missing, "X{row} at {place}: {}", one.message);
        }
    }
    assert!(missing.is_empty(), "not in docs/errors.md:\n{missing}");
}
