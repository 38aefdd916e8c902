//! Tries the whole way on C programs written for bcc: front end, clang, kernel.
//!
//! `try_corpus [--load | --attach] [--count-nothing | --count-reads] [--verbose] FILE.c ...`: prints
//! one line per program and a summary; loaded programs count their failures as said. `FILE.json` beside a program, if there is one, says what its script does with it:
//! `cflags` are flags for clang, `attaches` is a list of `{how, event, fn}`.

#![expect(clippy::print_stdout, reason = "a command that prints")]

use bcc_runtime::health::Health;
use bcc_runtime::{Bpf, Error};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// How far a program is taken.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Compile,
    Load,
    Attach,
}

fn main() {
    let (options, paths): (Vec<String>, Vec<String>) = std::env::args()
        .skip(1)
        .partition(|argument| argument.starts_with("--"));
    let has = |name: &str| options.iter().any(|option| option == name);
    let verbose = has("--verbose");
    let way = match (has("--attach"), has("--load")) {
        (true, _) => Way::Attach,
        (false, true) => Way::Load,
        (false, false) => Way::Compile,
    };
    let health = match (has("--count-nothing"), has("--count-reads")) {
        (true, _) => Health::Off,
        (false, true) => Health::CallsAndReads,
        (false, false) => Health::Calls,
    };
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for path in &paths {
        let outcome = try_one(Path::new(path), way, health);
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

fn try_one(path: &Path, way: Way, health: Health) -> Result<(), Error> {
    let bytes = std::fs::read(path)?;
    let script = script_beside(path);
    let builder = Bpf::builder()
        .text(String::from_utf8_lossy(&bytes))
        .name(path.display().to_string())
        .cflags(list(&script, "cflags").filter_map(Value::as_str))
        .health(health)
        .auto_attach(way == Way::Attach);
    match way {
        Way::Compile => builder.compile().map(drop),
        Way::Load => builder.load().map(drop),
        Way::Attach => attach_all(&mut builder.load()?, &script),
    }
}

/// What is known of the script of a program; nothing if there is no such file.
fn script_beside(path: &Path) -> Value {
    std::fs::read_to_string(path.with_extension("json"))
        .ok()
        .and_then(|json| serde_json::from_str(&json).ok())
        .unwrap_or_default()
}

fn list<'a>(script: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    script[name].as_array().into_iter().flatten()
}

/// Attaches what the script attaches. Events that are not of the kernel are left out.
fn attach_all(bpf: &mut Bpf, script: &Value) -> Result<(), Error> {
    for attach in list(script, "attaches") {
        let text = |name: &str| attach[name].as_str().unwrap_or_default();
        let (event, function) = (text("event"), text("fn"));
        match text("how") {
            "kprobe" => {
                for target in kernel_functions(event)? {
                    bpf.attach_kprobe(&target, function)?;
                }
            }
            "kretprobe" => {
                for target in kernel_functions(event)? {
                    bpf.attach_kretprobe(&target, function)?;
                }
            }
            "tracepoint" => bpf.attach_tracepoint(event, function)?,
            _ => {}
        }
    }
    Ok(())
}

/// The functions that an event stands for: bcc takes a leading `^` for a regular expression.
fn kernel_functions(event: &str) -> Result<Vec<String>, Error> {
    if event.starts_with('^') {
        bcc_runtime::attach::get_kprobe_functions(event)
    } else {
        Ok(vec![event.to_owned()])
    }
}
