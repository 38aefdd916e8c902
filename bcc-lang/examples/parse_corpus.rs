//! Parses C files and prints what is wrong with them, for whoever works on the parser.
//!
//! Usage: `cargo run -p bcc-lang --example parse_corpus -- [--dump] PATH...`; of a folder, every
//! `.c` file below it is taken.

use bcc_lang::diag::Diagnostics;
use bcc_lang::source::SourceText;
use bcc_lang::{dump, parse};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    let mut with_dump = false;
    let mut paths = Vec::new();
    for arg in env::args().skip(1) {
        if arg == "--dump" {
            with_dump = true;
        } else {
            collect(Path::new(&arg), &mut paths)?;
        }
    }
    paths.sort();
    let mut clean = 0;
    for path in &paths {
        let text = String::from_utf8_lossy(&fs::read(path)?).into_owned();
        let source = SourceText::new(path.display().to_string(), text);
        let mut diagnostics = Diagnostics::new();
        let unit = parse::parse(&source, &mut diagnostics);
        let list = diagnostics.into_sorted();
        clean += usize::from(list.is_empty());
        for diagnostic in list {
            writeln!(out, "{}", diagnostic.render(&source))?;
        }
        if with_dump {
            writeln!(out, "{}", dump::dump(&unit, &source))?;
        }
    }
    writeln!(out, "{clean} of {} without a message", paths.len())
}

/// Adds `path`, or the `.c` files below it.
fn collect(path: &Path, paths: &mut Vec<PathBuf>) -> io::Result<()> {
    if !path.is_dir() {
        paths.push(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        let entry = entry?.path();
        if entry.is_dir() || entry.extension().is_some_and(|extension| extension == "c") {
            collect(&entry, paths)?;
        }
    }
    Ok(())
}
