//! Figures and bars as rows, and rows as text, as Markdown and as JSON.

use crate::lines::{Bar, Line};
use crate::samples::Samples;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// The titles of the columns.
const TITLES: [&str; 7] = ["what", "ours", "peer", "theirs", "ratio", "bar", "result"];

/// A figure of ours and one that it is held against, or a limit, as text.
pub(crate) type Row = [String; 7];

pub(crate) fn rows(lines: &[Line], samples: &Samples) -> Vec<Row> {
    let of_line = |line| rows_of(line, samples);
    lines.iter().flat_map(of_line).collect()
}

fn rows_of(line: &Line, samples: &Samples) -> Vec<Row> {
    let ours = samples.median(&line.work, &line.ours);
    line.against
        .iter()
        .map(|&(peer, bar)| {
            let theirs = (!peer.is_empty()).then(|| samples.median(&line.work, peer));
            let ratio = ratio(&ours, theirs.as_ref());
            [
                line.what.clone(),
                shown(&ours, line.unit),
                peer.to_owned(),
                theirs
                    .as_ref()
                    .map_or(String::new(), |theirs| shown(theirs, line.unit)),
                ratio.map_or(String::new(), fraction),
                bar_text(bar, peer, line.unit),
                result(bar, &ours, theirs.as_ref(), ratio),
            ]
        })
        .collect()
}

type Figure = Result<f64, String>;

fn ratio(ours: &Figure, theirs: Option<&Figure>) -> Option<f64> {
    let (ours, theirs) = (ours.as_ref().ok()?, theirs?.as_ref().ok()?);
    (*theirs > 0.0).then(|| ours / theirs)
}

fn shown(figure: &Figure, unit: &str) -> String {
    let Ok(figure) = figure else {
        return String::new();
    };
    let decimals = usize::from(!unit.is_empty() && *figure < 100.0);
    format!("{figure:.decimals$} {unit}").trim_end().to_owned()
}

/// As people say it: `1/27.0`, `0.64`, `1.20`.
fn fraction(ratio: f64) -> String {
    if ratio == 0.0 {
        "0".to_owned()
    } else if (0.0..0.4).contains(&ratio) {
        format!("1/{:.1}", 1.0 / ratio)
    } else {
        format!("{ratio:.2}")
    }
}

fn bar_text(bar: Bar, peer: &str, unit: &str) -> String {
    match bar {
        Bar::Ratio(text, _) => format!("<= {text} of {peer}"),
        Bar::Limit(most) => format!("<= {most} {unit}").trim_end().to_owned(),
        Bar::Shown => String::new(),
    }
}

fn result(bar: Bar, ours: &Figure, theirs: Option<&Figure>, ratio: Option<f64>) -> String {
    let failed = [Some(ours), theirs]
        .into_iter()
        .flatten()
        .find_map(|figure| figure.as_ref().err());
    if let Some(why) = failed {
        return format!("not measured: {why}");
    }
    let is_met = match bar {
        Bar::Shown => return String::new(),
        Bar::Ratio(_, most) => ratio.is_some_and(|ratio| ratio <= most),
        Bar::Limit(most) => ours.as_ref().is_ok_and(|figure| *figure <= most),
    };
    if is_met { "pass" } else { "FAIL" }.to_owned()
}

/// A table for a terminal.
pub(crate) fn text(rows: &[Row]) -> String {
    let titles = TITLES.map(str::to_owned);
    let all = || [&titles].into_iter().chain(rows);
    let width = |column: usize| {
        all()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: [usize; 6] = std::array::from_fn(width);
    let mut text = String::new();
    for row in all() {
        for (cell, width) in row.iter().zip(widths) {
            let _ = write!(text, "{cell:width$}  ");
        }
        let _ = writeln!(text, "{}", row[6]);
    }
    text
}

/// A table for documentation.
pub(crate) fn markdown(rows: &[Row]) -> String {
    let mut text = format!(
        "| {} |\n|{}\n",
        TITLES.join(" | "),
        "---|".repeat(TITLES.len())
    );
    for row in rows {
        let cells = row.join(" | ").replace("<=", "≤");
        let _ = writeln!(text, "| {cells} |");
    }
    text
}

pub(crate) fn json(about: &Value, rows: &[Row], samples: &Samples) -> Value {
    let rows: Vec<_> = rows
        .iter()
        .map(|row| {
            let cells = TITLES.iter().zip(row);
            Value::Object(
                cells
                    .map(|(title, cell)| ((*title).into(), json!(cell)))
                    .collect(),
            )
        })
        .collect();
    let mut works = Map::new();
    for (work, program, figures) in samples.iter() {
        let programs = works.entry(work).or_insert_with(|| json!({}));
        programs[program] = json!(figures);
    }
    json!({ "about": about, "rows": rows, "samples": works })
}

/// The rows that [`json`] wrote.
pub(crate) fn rows_from(report: &Value) -> Option<Vec<Row>> {
    let rows = report["rows"].as_array()?;
    let cell = |row: &Value, title: &str| row[title].as_str().map(str::to_owned);
    let of_row = |row| {
        let cells: Option<Vec<_>> = TITLES.iter().map(|title| cell(row, title)).collect();
        cells?.try_into().ok()
    };
    rows.iter().map(of_row).collect()
}
