//! This project's side of the measurements: one mode for each kind of work.
//!
//! ```text
//! bench-ours events ring|perf THREAD [tiny]
//! bench-ours table                    reads a table of a million entries
//! bench-ours front-end LINES          how long the front end takes
//! bench-ours compile FILE OBJECT [defaults]
//! ```

mod events;
mod front_end;
mod table;

use bcc_runtime::{Bpf, Result};

/// What a start defines unless it is told not to: failures are counted, in as many places as there may
/// be, and readers are woken when a quarter of a ring buffer is full.
const DEFAULTS: [&str; 2] = ["-DBCC_COUNT_FAILURES=99", "-DBCC_BATCH_WAKEUPS"];

/// Compiles a text as a start does.
fn compile(file: &str, object: &str, flags: &[&str]) -> Result<()> {
    let builder = Bpf::builder().src_file(file).cflags(flags.iter().copied());
    Ok(std::fs::write(object, builder.compile()?)?)
}

fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["events", "ring", thread] => events::ring(thread, false),
        ["events", "ring", thread, "tiny"] => events::ring(thread, true),
        ["events", "perf", thread] => events::perf(thread, false),
        ["events", "perf", thread, "tiny"] => events::perf(thread, true),
        ["table"] => table::read(),
        ["front-end", lines] => {
            front_end::time(lines.parse().expect("a number of lines"));
            Ok(())
        }
        ["compile", file, object] => compile(file, object, &[]),
        ["compile", file, object, "defaults"] => compile(file, object, &DEFAULTS),
        _ => panic!("see the beginning of bench/ours/src/main.rs"),
    }
}
