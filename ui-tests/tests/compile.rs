//! What the compiler says about programs.
//!
//! Every file of `fail` must be refused with exactly the messages beside it; every file of `pass`
//! must compile and run. `TRYBUILD=overwrite` writes the messages anew.

use std::process::Command;

/// The messages are those of this toolchain; other compilers word some of them in another way.
const TOOLCHAIN: &str = include_str!("../../rust-toolchain.toml");

/// Runs all cases.
#[test]
#[cfg_attr(miri, ignore = "starts compilers")]
fn compile() {
    let cases = trybuild::TestCases::new();
    cases.pass("pass/*.rs");
    let version = compiler_version();
    if TOOLCHAIN.contains(&format!("channel = \"{version}\"")) {
        cases.compile_fail("fail/*.rs");
    } else {
        eprintln!(
            "skipped the messages of `fail`: Rust {version} is not the one they are made with"
        );
    }
}

/// The README shows a program and what the compiler says about it, as they are.
#[test]
fn readme_shows_what_is_said() {
    let readme = include_str!("../../README.md");
    let program = include_str!("../fail/in_the_readme.rs");
    let (_, program) = program.split_once("\n\n").expect("a blank line");
    let program = program.replace("\nfn main() {}\n", "");
    assert!(readme.contains(&program), "{program}");
    assert!(readme.contains(include_str!("../fail/in_the_readme.stderr")));
}

/// The version of the compiler that runs the cases, such as `1.95.0`.
fn compiler_version() -> String {
    let output = Command::new("rustc")
        .arg("--version")
        .output()
        .expect("rustc is there");
    let text = String::from_utf8_lossy(&output.stdout);
    text.split(' ').nth(1).unwrap_or_default().to_owned()
}
