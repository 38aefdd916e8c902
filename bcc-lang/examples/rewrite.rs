//! Prints what becomes of each C file named on the command line: messages, then the emitted C.
//!
//! `cargo run -p bcc-lang --example rewrite -- program.c`; with `--quiet`, messages only, with
//! `--requirements`, what the program asks of the machine. `--min-kernel=5.4` and `--strict` are the
//! attributes of a module.

#![expect(clippy::print_stdout, reason = "a command that prints")]

use bcc_lang::options::{Options, Semantics};
use bcc_lang::source::SourceText;
use std::process::ExitCode;

fn main() -> ExitCode {
    let (words, paths): (Vec<String>, Vec<String>) = std::env::args()
        .skip(1)
        .partition(|argument| argument.starts_with("--"));
    let version = |word: &String| word.strip_prefix("--min-kernel=")?.parse().ok();
    let mut options = Options {
        min_kernel: words.iter().find_map(version),
        ..Options::default()
    };
    if words.iter().any(|word| word == "--strict") {
        options.semantics = Semantics::Strict;
    }
    let mut failed = 0;
    for path in &paths {
        match std::fs::read(path) {
            Ok(bytes) => {
                let source = SourceText::new(path, String::from_utf8_lossy(&bytes));
                failed += u32::from(!print_outcome(&source, options, &words));
            }
            Err(error) => {
                println!("{path}: {error}");
                failed += 1;
            }
        }
    }
    println!(
        "/* {} of {} without an error */",
        paths.len() - failed as usize,
        paths.len()
    );
    ExitCode::from(u8::from(failed > 0))
}

/// Whether the text has no error.
fn print_outcome(source: &SourceText, options: Options, words: &[String]) -> bool {
    let has = |wanted: &str| words.iter().any(|word| word == wanted);
    let outcome = bcc_lang::compile_with(source, options);
    for diagnostic in &outcome.diagnostics {
        print!("{}", diagnostic.render(source));
    }
    let program = outcome.program.as_ref();
    if let Some(program) = program.filter(|_| has("--requirements")) {
        println!("{}", program.requirements);
    } else if let Some(program) = program.filter(|_| !has("--quiet")) {
        print!("{}", program.code);
        println!("/* {:#?} */", program.needs);
    }
    outcome.program.is_some()
}
