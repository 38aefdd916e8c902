//! Tries the whole way on C programs written for bcc: front end, clang, kernel.
//!
//! `try_corpus [--load] FILE.c ...`: prints one line per program and a summary. Flags for clang are
//! taken from `cflags` in `FILE.json` beside it, if that exists.

#![expect(clippy::print_stdout, reason = "a command that prints")]

use bcc_runtime::{Bpf, Error};
use std::collections::BTreeMap;
use std::path::Path;

fn main() {
    let (options, paths): (Vec<String>, Vec<String>) = std::env::args()
        .skip(1)
        .partition(|argument| argument.starts_with("--"));
    let load = options.iter().any(|option| option == "--load");
    let verbose = options.iter().any(|option| option == "--verbose");
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for path in &paths {
        let outcome = try_one(Path::new(path), load);
        let word = outcome
            .as_ref()
            .map_or_else(|error| format!("{:?}", error.kind()), |()| "ok".to_owned());
        println!("{word:<12} {path}");
        if let Err(error) = &outcome {
            if verbose {
                println!("{error:?}");
            } else {
                println!("             {error}");
            }
        }
        *counts.entry(word).or_default() += 1;
    }
    println!("{} programs: {counts:?}", paths.len());
}

fn try_one(path: &Path, load: bool) -> Result<(), Error> {
    let bytes = std::fs::read(path)?;
    let builder = Bpf::builder()
        .text(String::from_utf8_lossy(&bytes))
        .name(path.display().to_string())
        .cflags(flags_beside(path))
        .auto_attach(false);
    if load {
        builder.load().map(drop)
    } else {
        builder.compile().map(drop)
    }
}

/// The `"cflags": [...]` list of the JSON file beside a program.
fn flags_beside(path: &Path) -> Vec<String> {
    let Ok(json) = std::fs::read_to_string(path.with_extension("json")) else {
        return Vec::new();
    };
    let Some((_, rest)) = json.split_once("\"cflags\": [") else {
        return Vec::new();
    };
    let list = rest.split_once(']').map_or("", |(list, _)| list);
    list.split('"')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}
