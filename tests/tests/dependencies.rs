//! What a user of the library compiles: its dependencies, with the features that are on.
//!
//! `BLESS=1 cargo test -p bcc-tests --test dependencies` writes the list anew; read the diff. A crate or
//! a feature that is new there costs each user time.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// `name [features]` for each crate, sorted, with the features of one crate in all its builds apart.
fn dependencies() -> String {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["tree", "--offline", "--package", "bcc-runtime"]);
    cargo.args(["--edges", "normal,build", "--prefix", "none"]);
    cargo.args(["--format", "{p} [{f}]"]);
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = cargo.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: BTreeSet<String> = text.lines().filter_map(line).collect();
    lines.into_iter().map(|line| line + "\n").collect()
}

/// `name v1.2.3 (where) [features] (*)` without version and place.
fn line(text: &str) -> Option<String> {
    let (name, _) = text.split_once(' ')?;
    let (_, features) = text.rsplit_once('[')?;
    let (features, _) = features.split_once(']')?;
    Some(format!("{name} [{features}]"))
}

/// Nothing comes along that nobody asked for.
#[test]
fn are_those_of_the_list() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dependencies.txt");
    let found = dependencies();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &found).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap();
    assert_eq!(found, expected, "run with BLESS=1 if this is right");
}
