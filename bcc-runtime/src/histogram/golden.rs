//! Histograms against what bcc 0.26 prints for maps with the same content, byte for byte.
//!
//! `tests/golden/histograms.py` made the cases with bcc, on the kernel. A file of others that it made
//! is compared if `BCC_GOLDEN_HISTOGRAMS` names it.

use super::Histogram;
use serde_json::Value;
use std::fmt::Display;

const CASES: &str = include_str!("../../tests/golden/histograms.jsonl");

#[test]
fn prints_as_bcc() {
    let other = std::env::var("BCC_GOLDEN_HISTOGRAMS").ok();
    let other = other.map(|path| std::fs::read_to_string(path).unwrap());
    let cases = other.as_deref().unwrap_or(CASES);
    let mut compared = 0;
    for line in cases.lines() {
        let case = serde_json::from_str(line).unwrap();
        assert_eq!(printed(&case), text(&case["text"]), "{line}");
        compared += 1;
    }
    assert!(compared > 0, "there are cases");
}

fn printed(case: &Value) -> String {
    let counts = case["counts"].as_array().unwrap().iter();
    if !flag(&case["has_ids"]) {
        let counts = counts.map(|entry| Ok((number(&entry[0]), number(&entry[1]))));
        return plain(Histogram::from_slots(counts).unwrap(), case);
    }
    let parts = |entry: &Value| {
        let id = entry[0].as_i64().unwrap();
        Ok(((id, number(&entry[1])), number(&entry[2])))
    };
    let sections = Histogram::from_sections(counts.map(parts)).unwrap();
    let header = text(&case["header"]);
    let sections = sections.section_header(header);
    let shift = number(&case["shift"]);
    let sections = match shift {
        0 => sections,
        _ => sections.bucket_fn(|id| id >> shift),
    };
    let sections = sections.sort_sections_by_key(|id| *id);
    match text(&case["print"]) {
        "hex" => plain(sections.section_print_fn(hex), case),
        "disk" => plain(sections.section_print_fn(|id| format!("sd{id}")), case),
        _ => plain(sections, case),
    }
}

fn plain<S: Display>(histogram: Histogram<S>, case: &Value) -> String {
    let histogram = if flag(&case["strip"]) {
        histogram.strip_leading_zero()
    } else {
        histogram
    };
    let val_type = text(&case["val_type"]);
    let printed = if flag(&case["linear"]) {
        histogram.to_linear_text(val_type)
    } else {
        histogram.to_log2_text(val_type)
    };
    printed.unwrap()
}

/// As Python's `hex`.
fn hex(id: i64) -> String {
    let sign = if id < 0 { "-" } else { "" };
    format!("{sign}{:#x}", id.unsigned_abs())
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn flag(value: &Value) -> bool {
    value.as_bool().unwrap()
}
