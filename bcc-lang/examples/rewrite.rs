//! Prints what becomes of each C file named on the command line: messages, then the emitted C.
//!
//! `cargo run -p bcc-lang --example rewrite -- program.c`; with `--quiet`, messages only.

#![expect(clippy::print_stdout, reason = "a command that prints")]

use bcc_lang::source::SourceText;
use std::process::ExitCode;

fn main() -> ExitCode {
    let (options, paths): (Vec<String>, Vec<String>) = std::env::args()
        .skip(1)
        .partition(|argument| argument.starts_with("--"));
    let quiet = options.iter().any(|option| option == "--quiet");
    let mut failed = 0;
    for path in &paths {
        match std::fs::read(path) {
            Ok(bytes) => {
                let source = SourceText::new(path, String::from_utf8_lossy(&bytes));
                failed += u32::from(!print_outcome(&source, quiet));
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
fn print_outcome(source: &SourceText, quiet: bool) -> bool {
    let outcome = bcc_lang::compile(source);
    for diagnostic in &outcome.diagnostics {
        print!("{}", diagnostic.render(source));
    }
    if let Some(program) = outcome.program.as_ref().filter(|_| !quiet) {
        print!("{}", program.code);
        println!("/* {:#?} */", program.needs);
    }
    outcome.program.is_some()
}
