//! A hash of a million entries, read as typed pairs.

use crate::Result;
use crate::command::{Owner, Paths, report, rotated};
use crate::samples::Samples;

pub(crate) const READ: &str = "table of a million entries, ms";

const READERS: [(&str, Owner, &[&str]); 5] = [
    ("ours", Owner::Ours, &["table"]),
    ("libbpf-rs", Owner::LibbpfRs, &["table"]),
    ("aya", Owner::Aya, &["table"]),
    ("bcc items()", Owner::Bcc, &["table", "items"]),
    ("bcc items_lookup_batch()", Owner::Bcc, &["table", "batch"]),
];

pub(crate) fn measure(paths: &Paths, round: usize, samples: &mut Samples) -> Result<()> {
    for (name, owner, words) in rotated(&READERS, round) {
        let reported = report(&mut owner.command(paths, words));
        match reported.map(|reported| reported["read_ms"].as_f64()) {
            Ok(Some(took)) => samples.add(READ, name, took),
            Ok(None) => samples.lacks(READ, name, "it reports nothing"),
            Err(why) => samples.lacks(READ, name, why),
        }
    }
    Ok(())
}
