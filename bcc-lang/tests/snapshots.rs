//! What becomes of each case in `cases`: its tree, its messages, its C.
//!
//! `BLESS=1 cargo test -p bcc-lang --test snapshots` writes the results anew; read the diff.

use bcc_lang::diag::Diagnostics;
use bcc_lang::source::SourceText;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(name)
}

/// The results of one case: the ending of the file each belongs in, and its text.
fn results(path: &Path) -> [(&'static str, String); 3] {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let source = SourceText::new(name, fs::read_to_string(path).unwrap());
    let unit = bcc_lang::parse::parse(&source, &mut Diagnostics::new());
    let outcome = bcc_lang::compile(&source);
    let messages: Vec<String> = outcome
        .diagnostics
        .iter()
        .map(|diagnostic| diagnostic.render(&source))
        .collect();
    let code = outcome.program.map(|program| {
        let needs = format!("\n/* needs: {:#?} */\n", program.needs);
        program.code + &needs
    });
    [
        ("tree", bcc_lang::dump::dump(&unit, &source)),
        ("diag", messages.join("\n")),
        ("c", code.unwrap_or_default()),
    ]
}

/// Compares a result with the file that holds the expected one; no file means no result.
fn differs(path: &Path, result: &str, report: &mut String) -> bool {
    let expected = fs::read_to_string(path).unwrap_or_default();
    if expected == result {
        return false;
    }
    let line = expected
        .lines()
        .zip(result.lines())
        .take_while(|(a, b)| a == b)
        .count();
    let (expected, result) = (expected.lines().nth(line), result.lines().nth(line));
    let _ = writeln!(
        report,
        "{}:{}\n  expected {expected:?}\n  found    {result:?}",
        path.display(),
        line + 1
    );
    true
}

#[test]
fn cases_become_what_is_expected() {
    let bless = std::env::var_os("BLESS").is_some();
    let mut report = String::new();
    let mut cases: Vec<PathBuf> = fs::read_dir(folder("cases"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    cases.sort();
    assert!(!cases.is_empty());
    for case in &cases {
        for (ending, result) in results(case) {
            let path = folder("expected").join(case.with_extension(ending).file_name().unwrap());
            if !differs(&path, &result, &mut report) || !bless {
                continue;
            }
            if result.is_empty() {
                fs::remove_file(&path).unwrap();
            } else {
                fs::write(&path, result).unwrap();
            }
        }
    }
    assert!(
        bless || report.is_empty(),
        "run with BLESS=1 if this is right:\n{report}"
    );
}
