//! BPF instructions of the texts in `examples/tools`, as they are given to the kernel: of the C
//! that is compiled for a text, of C written by hand for libbpf, and of bcc's.
//!
//! They are the same in every round, so only the first one counts them.

use crate::Result;
use crate::command::{Owner, Paths, report_lines};
use crate::samples::Samples;
use object::{Object as _, ObjectSection as _, SectionKind};
use std::fs;
use std::path::Path;

/// Written by hand.
pub(crate) const BY_HAND: &str = "by hand";

/// Ours, with what a start adds unless it is told not to.
pub(crate) const WITH_DEFAULTS: &str = "ours, with counts and wake-ups";

pub(crate) fn of(tool: &str) -> String {
    format!("instructions of {tool}")
}

pub(crate) fn measure(paths: &Paths, round: usize, samples: &mut Samples) -> Result<()> {
    if round > 0 {
        return Ok(());
    }
    let files = paths.tools()?;
    for file in &files {
        let tool = file.file_stem().unwrap_or_default().to_string_lossy();
        let by_hand = paths.made.join(format!("handwritten/{tool}.bpf.o"));
        note(samples, &tool, Owner::Ours.name(), ours(paths, file, &[]));
        note(
            samples,
            &tool,
            WITH_DEFAULTS,
            ours(paths, file, &["defaults"]),
        );
        note(samples, &tool, BY_HAND, count(&by_hand));
    }
    let mut words = vec!["instructions"];
    words.extend(files.iter().filter_map(|file| file.to_str()));
    for line in report_lines(&mut Owner::Bcc.command(paths, &words))? {
        let tool = line["name"].as_str().ok_or("no name")?;
        let counted = line["instructions"].as_f64();
        let counted = counted.ok_or_else(|| "bcc does not compile this text".into());
        note(samples, tool, Owner::Bcc.name(), counted);
    }
    Ok(())
}

fn note(samples: &mut Samples, tool: &str, program: &str, counted: Result<f64>) {
    match counted {
        Ok(count) => samples.add(of(tool), program, count),
        Err(why) => samples.lacks(of(tool), program, why),
    }
}

/// What the runtime compiles for a text.
fn ours(paths: &Paths, file: &Path, more: &[&str]) -> Result<f64> {
    let object = paths.made.join("compiled.o");
    let mut words = vec!["compile", path_text(file)?, path_text(&object)?];
    words.extend(more);
    report_lines(&mut Owner::Ours.command(paths, &words))?;
    count(&object)
}

fn path_text(path: &Path) -> Result<&str> {
    Ok(path.to_str().ok_or("a path is no text")?)
}

/// All sections with code.
fn count(path: &Path) -> Result<f64> {
    let bytes = fs::read(path)?;
    let object = object::File::parse(&*bytes)?;
    let code = object
        .sections()
        .filter(|section| section.kind() == SectionKind::Text);
    let size: u64 = code.map(|section| section.size()).sum();
    Ok(f64::from(u32::try_from(size / 8)?))
}
