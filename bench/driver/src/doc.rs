//! The table in `docs/performance.md`, which is never written by hand.

use crate::Result;
use crate::report::{markdown, rows_from};
use serde_json::Value;
use std::fs;
use std::path::Path;

const BEGIN: &str = "<!-- measured: begin; `make bench-doc` writes this -->\n";
const END: &str = "<!-- measured: end -->\n";

pub(crate) fn update(json: &Path, file: &Path) -> Result<()> {
    let report: Value = serde_json::from_str(&fs::read_to_string(json)?)?;
    let rows = rows_from(&report).ok_or("the JSON has no rows")?;
    let text = fs::read_to_string(file)?;
    let (before, rest) = text
        .split_once(BEGIN)
        .ok_or("the file has no place for a table")?;
    let (_, after) = rest.split_once(END).ok_or("the table has no end")?;
    let (place, table) = (place(&report["about"]), markdown(&rows));
    fs::write(
        file,
        format!("{before}{BEGIN}\n{place}\n\n{table}\n{END}{after}"),
    )?;
    Ok(())
}

/// One sentence on where it was measured.
fn place(about: &Value) -> String {
    let text = |name: &str| match &about[name] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    format!(
        "Measured {} at commit {}, by `make bench`: medians of {} rounds. Linux {}, {} CPUs ({}), load {} \
         before and {} after; {}, bcc {}, libbpf-rs {}, aya {}.",
        text("date"),
        text("commit"),
        text("runs"),
        text("kernel"),
        text("cpus"),
        text("cpu"),
        text("load before"),
        text("load after"),
        text("clang"),
        text("bcc"),
        text("libbpf-rs"),
        text("aya"),
    )
}
