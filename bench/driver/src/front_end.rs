//! The front end that the macro and texts at run time share, by length of the text.

use crate::Result;
use crate::command::{Owner, Paths, report};
use crate::samples::Samples;

pub(crate) const FRONT_END: &str = "front end, ms";
pub(crate) const LENGTHS: [&str; 4] = ["300", "600", "1200", "2400"];

pub(crate) fn lines_of(length: &str) -> String {
    format!("{length} lines")
}

pub(crate) fn measure(paths: &Paths, _round: usize, samples: &mut Samples) -> Result<()> {
    for length in LENGTHS {
        let reported = report(&mut Owner::Ours.command(paths, &["front-end", length]))?;
        let took = reported["ms"].as_f64().ok_or("no time")?;
        samples.add(FRONT_END, lines_of(length), took);
    }
    Ok(())
}
