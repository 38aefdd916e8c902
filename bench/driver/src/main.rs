//! Measures this project against others in one session, and reports.
//!
//! ```text
//! bench-driver run RUNS JSON [SECTION]...     measures, prints a table, writes it as JSON
//! bench-driver doc JSON FILE                  puts the table of a JSON file into a Markdown file
//! ```
//!
//! `scripts/bench.sh` builds what is measured and starts this in the right place. All programs run
//! in turn, each once a round, in an order that moves on with each round; what counts is the median.

mod about;
mod command;
mod doc;
mod events;
mod front_end;
mod instructions;
mod lines;
mod report;
mod samples;
mod start;
mod table;

use command::Paths;
use samples::Samples;
use std::error::Error;
use std::fs;
use std::path::Path;

pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// One kind of work: its name, and what measures one round of it.
type Section = (&'static str, fn(&Paths, usize, &mut Samples) -> Result<()>);

const SECTIONS: [Section; 5] = [
    ("start", start::measure),
    ("events", events::measure),
    ("table", table::measure),
    ("instructions", instructions::measure),
    ("front-end", front_end::measure),
];

fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    match &words[..] {
        ["run", runs, json, sections @ ..] => run(runs.parse()?, Path::new(json), sections),
        ["doc", json, file] => doc::update(Path::new(json), Path::new(file)),
        _ => Err("see the beginning of bench/driver/src/main.rs".into()),
    }
}

fn run(runs: usize, json: &Path, wanted: &[&str]) -> Result<()> {
    let paths = Paths::find()?;
    let before = about::load();
    let mut samples = Samples::default();
    for round in 0..runs {
        for (name, measure) in SECTIONS {
            if wanted.is_empty() || wanted.contains(&name) {
                eprintln!("round {} of {runs}: {name}", round + 1);
                measure(&paths, round, &mut samples)?;
            }
        }
    }
    let rows = report::rows(&lines::all(), &samples);
    print!("{}", report::text(&rows));
    let about = about::collect(&paths, runs, &before);
    let report = report::json(&about, &rows, &samples);
    fs::write(json, format!("{report:#}\n"))?;
    println!("\nwritten to {}", json.display());
    Ok(())
}
