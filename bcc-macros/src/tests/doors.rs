//! The same text through both doors: as a block of the macro, and as text at run time.

use crate::input;
use bcc_lang::Outcome;
use bcc_lang::program::Program;
use bcc_lang::requirements::Requirements;
use bcc_lang::source::SourceText;
use proc_macro2::TokenStream;
use std::fs;
use std::path::Path;

/// What becomes of a text as a block of the macro; `None` if Rust cannot read the text, which then
/// has to be a literal: that is the text itself.
fn through_the_macro(text: &str) -> Option<Outcome> {
    // Outside the compiler the call has no lines but the first one.
    let tokens: TokenStream = format!("mod case;\n\n{text}").parse().ok()?;
    let input = input::read(tokens).expect("a header and a text");
    let text = input.text.expect("the tokens have places");
    Some(bcc_lang::compile(&text.source))
}

/// A program without its places: a block starts somewhere in a file, and has lost its comments.
fn without_places(program: &Program) -> String {
    let code = bare(&program.code);
    let rest = Program {
        code: String::new(),
        requirements: Requirements {
            file: "".into(),
            ..program.requirements.clone()
        },
        ..program.clone()
    };
    let mut rest = format!("{rest:?}");
    for place in ["Span { start: ", "Place { line: "] {
        while let Some(start) = rest.find(place) {
            let end = rest[start..].find('}').expect("a place ends");
            rest.replace_range(start..=start + end, "_");
        }
    }
    format!("{rest}\n{code}")
}

/// C without comments, white space and `#line` marks.
fn bare(code: &str) -> String {
    let mut bare = String::new();
    let mut rest = code;
    while let Some(at) = rest.find("/*") {
        bare.push_str(&rest[..at]);
        let end = rest[at..].find("*/").map_or(rest.len(), |end| at + end + 2);
        rest = &rest[end..];
    }
    bare.push_str(rest);
    let lines = bare.lines().filter(|line| !line.starts_with("#line"));
    let lines = lines.map(|line| line.split("//").next().unwrap_or_default());
    lines
        .flat_map(str::chars)
        .filter(|c| !c.is_whitespace())
        .collect()
}

/// Each case of the front end is the same program through both doors.
#[test]
fn every_case_is_one_program() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../bcc-lang/tests/cases");
    let mut compared = 0;
    for entry in fs::read_dir(folder).expect("the cases are there") {
        let path = entry.expect("a readable folder").path();
        let text = fs::read_to_string(&path).expect("a case is text");
        let at_run_time = bcc_lang::compile(&SourceText::new("<text>", text.as_str())).program;
        let Some(in_the_macro) = through_the_macro(&text) else {
            continue;
        };
        let name = path.display();
        match (&at_run_time, &in_the_macro.program) {
            (Some(text), Some(block)) => {
                assert_eq!(without_places(text), without_places(block), "{name}");
                compared += 1;
            }
            (None, None) => {}
            _ => panic!("{name} has mistakes through one door only"),
        }
    }
    assert!(compared >= 8, "only {compared} cases are Rust tokens");
}
