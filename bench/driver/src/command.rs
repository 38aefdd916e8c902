//! The programs that are measured, by who they are of.

use crate::Result;
use serde_json::Value;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Where things are.
pub(crate) struct Paths {
    /// The repository.
    pub(crate) root: PathBuf,
    /// Rust programs, built.
    built: PathBuf,
    /// Objects, skeletons and types of the kernel, as `scripts/bench.sh` made them.
    pub(crate) made: PathBuf,
}

impl Paths {
    pub(crate) fn find() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../..")
            .canonicalize()?;
        let program = std::env::current_exe()?;
        let built = program.parent().ok_or("the driver is in a folder")?;
        Ok(Self {
            made: built.with_file_name("bench"),
            built: built.to_owned(),
            root,
        })
    }

    fn objects(&self) -> PathBuf {
        self.made.join("objects")
    }

    /// The texts of `examples/tools`, by name.
    pub(crate) fn tools(&self) -> Result<Vec<PathBuf>> {
        let entries = std::fs::read_dir(self.root.join("examples/tools"))?;
        let mut files: Vec<_> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect();
        files.retain(|file| file.extension().is_some_and(|extension| extension == "c"));
        files.sort();
        Ok(files)
    }
}

/// Whose program it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// This project, its cache of objects off.
    Ours,
    /// This project with its cache.
    OursWarm,
    /// This project with an object that was compiled with the crate.
    OursAhead,
    Bcc,
    LibbpfRs,
    Aya,
    Skeleton,
}

impl Owner {
    /// The name in samples and tables.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::OursWarm => "ours, warm",
            Self::OursAhead => "ours, ahead of time",
            Self::Bcc => "bcc",
            Self::LibbpfRs => "libbpf-rs",
            Self::Aya => "aya",
            Self::Skeleton => "C skeleton",
        }
    }

    /// A program of this owner, with the words that say what it is to do.
    pub(crate) fn command(self, paths: &Paths, words: &[&str]) -> Command {
        match self {
            Self::Ours => ours(paths, "off".as_ref(), words),
            Self::OursWarm => ours(paths, &paths.made.join("cache"), words),
            Self::OursAhead => {
                let mut command = ours(paths, "off".as_ref(), words);
                command.arg(&paths.made);
                command
            }
            Self::Bcc => bcc(paths, words),
            Self::LibbpfRs => with_objects(paths, "bench-libbpf-rs", words),
            Self::Aya => with_objects(paths, "bench-aya", words),
            Self::Skeleton => Command::new(paths.made.join("skeleton").join(words.join("-"))),
        }
    }
}

/// `cache` is what the runtime finds in its environment: `off`, or the folder of its cache.
fn ours(paths: &Paths, cache: &Path, words: &[&str]) -> Command {
    // What starts is a tool of its own, as the skeletons are.
    let (program, words) = match words {
        ["start", rest @ ..] => ("bench-ours-start", rest),
        words => ("bench-ours", words),
    };
    let mut command = Command::new(paths.built.join(program));
    command.args(words).env("BCC_CACHE", cache);
    command
}

/// The first word is the name of the script.
fn bcc(paths: &Paths, words: &[&str]) -> Command {
    let script = format!("bench/bcc/{}.py", words[0]);
    // Debian's Python, for which bcc is installed; another one may come first in PATH.
    let mut command = Command::new("/usr/bin/python3");
    command.arg(paths.root.join(script)).args(&words[1..]);
    command
}

fn with_objects(paths: &Paths, program: &str, words: &[&str]) -> Command {
    let mut command = Command::new(paths.built.join(program));
    command.args(words).arg(paths.objects());
    command
}

/// Runs a program to its end, and reads the line that it reports.
pub(crate) fn report(command: &mut Command) -> Result<Value> {
    let lines = report_lines(command)?;
    Ok(lines
        .into_iter()
        .next_back()
        .ok_or("nothing was reported")?)
}

/// What a program reports, when it did so, and when it had ended.
pub(crate) struct Timed {
    pub(crate) report: Value,
    pub(crate) reported: Duration,
    pub(crate) ended: Duration,
}

/// Runs a program to its end, and looks at the clock when it reports.
pub(crate) fn report_timed(command: &mut Command) -> Result<Timed> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit());
    let begin = Instant::now();
    let mut child = command.spawn()?;
    let output = child.stdout.take().ok_or("no output")?;
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line)?;
    let reported = begin.elapsed();
    let status = child.wait()?;
    let ended = begin.elapsed();
    if !status.success() {
        return Err(format!("{command:?}: {status}").into());
    }
    Ok(Timed {
        report: serde_json::from_str(&line)?,
        reported,
        ended,
    })
}

/// Runs a program to its end, and reads the lines that it reports.
pub(crate) fn report_lines(command: &mut Command) -> Result<Vec<Value>> {
    let output = command.stdin(Stdio::null()).output()?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        let last = words.lines().last().unwrap_or("").to_owned();
        return Err(format!("{command:?}: {}: {last}", output.status).into());
    }
    let text = String::from_utf8(output.stdout)?;
    Ok(text
        .lines()
        .map(serde_json::from_str)
        .collect::<std::result::Result<_, _>>()?)
}

/// A list in another order each round.
pub(crate) fn rotated<T: Copy>(list: &[T], round: usize) -> Vec<T> {
    let mut list = list.to_vec();
    let by = round % list.len().max(1);
    list.rotate_left(by);
    list
}
