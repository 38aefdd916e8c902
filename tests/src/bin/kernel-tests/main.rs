//! Runs the kernel tests, on the machine's own kernel and on others, and sums up.
//!
//! ```text
//! kernel-tests BUILT LOG      all of them; `BUILT`: cargo's messages about the test binaries
//!                             it built; `LOG`: what the other tests printed, to count them
//! kernel-tests --list FILE    those of a list, on the kernel this runs on
//! ```
//!
//! With `KERNELS=full` in the environment, all run on every kernel.
//!
//! The last line says how many tests passed, failed and ran nowhere. Each counts once, however
//! many kernels it ran on.

mod event;
mod kernels;
mod machine;
mod plan;
mod run;
mod summary;

use std::path::Path;
use std::process::ExitCode;
use std::{env, error, fs, io};
use summary::Summary;

type Result<T> = std::result::Result<T, Box<dyn error::Error>>;

fn main() -> Result<ExitCode> {
    let args: Vec<String> = env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--list", list] => {
            let tests = plan::read_list(&fs::read_to_string(list)?);
            run::run(&tests, &|event| show(&event.to_string()));
            Ok(ExitCode::SUCCESS)
        }
        [built, log] => {
            let log = fs::read_to_string(log)?;
            let failed = run_everywhere(Path::new(built), &log)?;
            Ok(ExitCode::from(u8::from(failed)))
        }
        _ => Err("usage: kernel-tests BUILT LOG | --list FILE".into()),
    }
}

/// Runs all kernel tests; whether one of them, or of those counted in `log`, failed.
fn run_everywhere(built: &Path, log: &str) -> Result<bool> {
    let tests = plan::from_messages(&fs::read_to_string(built)?)?;
    let runs = if rustix::process::geteuid().is_root() {
        let full = env::var_os("KERNELS").is_some_and(|kernels| kernels == "full");
        kernels::run_on_all(&tests, full)?
    } else {
        show("== kernel tests need root: none is run");
        Vec::new()
    };
    let summary = Summary::new(&tests, &runs, summary::count_results(log));
    show(&summary.to_string());
    Ok(summary.failed > 0)
}

/// Prints a line at once, so that whoever reads along knows what runs.
fn show(text: &str) {
    use io::Write as _;
    let mut out = io::stdout().lock();
    // Who stopped reading is not told.
    let _result = writeln!(out, "{text}").and_then(|()| out.flush());
}
