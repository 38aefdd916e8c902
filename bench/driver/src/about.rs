//! Where and when it was measured.

use crate::command::Paths;
use serde_json::{Value, json};
use std::fs;
use std::process::Command;

pub(crate) fn collect(paths: &Paths, runs: usize, load_before: &str) -> Value {
    let root = paths.root.to_string_lossy();
    json!({
        "date": said_by("date", &["-u", "+%Y-%m-%d %H:%M UTC"]),
        "commit": said_by("git", &["-C", &root, "rev-parse", "--short", "HEAD"]),
        "kernel": said_by("uname", &["-r"]),
        "cpus": std::thread::available_parallelism().map_or(0, usize::from),
        "cpu": processor(),
        "load before": load_before,
        "load after": load(),
        "runs": runs,
        "clang": said_by("clang", &["--version"]).lines().next(),
        "bcc": said_by("/usr/bin/python3", &["-c", "import bcc; print(bcc.__version__)"]),
        "libbpf-rs": locked(paths, "libbpf-rs"),
        "aya": locked(paths, "aya"),
    })
}

/// The load of the last minute.
pub(crate) fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}

fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("model name"));
    let name = line.and_then(|line| line.split_once(": "));
    name.map_or(String::new(), |(_, name)| name.to_owned())
}

/// The version of a dependency of the measured programs.
fn locked(paths: &Paths, name: &str) -> String {
    let text = fs::read_to_string(paths.root.join("bench/Cargo.lock")).unwrap_or_default();
    let head = format!("name = \"{name}\"\nversion = \"");
    let found = text
        .split_once(&head)
        .and_then(|(_, rest)| rest.split_once('"'));
    found.map_or(String::new(), |(version, _)| version.to_owned())
}

/// What a command prints, or nothing.
fn said_by(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.unwrap_or_default()
}
