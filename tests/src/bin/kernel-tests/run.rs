//! Runs tests on the kernel this runs on.
//!
//! Each in a process of its own: a test that hangs or dies takes no other along, and what it writes
//! is known to be its own.

use crate::Result;
use crate::event::{Event, Outcome};
use crate::plan::Test;
use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How many tests run at a time.
const AT_A_TIME: usize = 2;

/// How long a test may take; under emulation, the longest takes minutes.
pub(crate) const TEST_LIMIT: Duration = Duration::from_secs(6 * 60);

/// Runs the tests and reports what happens.
pub(crate) fn run(tests: &[Test], report: &(dyn Fn(Event) + Sync)) {
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(test) = tests.get(next.fetch_add(1, Ordering::Relaxed)) {
            report(Event::Begins(test.title()));
            let start = Instant::now();
            let outcome = run_test(test).unwrap_or_else(|error| Outcome::Failed(error.to_string()));
            report(Event::Ends {
                title: test.title(),
                outcome,
                seconds: start.elapsed().as_secs(),
            });
        }
    };
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(work);
        }
    });
}

fn run_test(test: &Test) -> Result<Outcome> {
    // Files, not pipes: nobody has to read while it runs.
    let (mut printed, mut errors) = (tempfile::tempfile()?, tempfile::tempfile()?);
    let mut child = Command::new(&test.binary)
        .args([&test.name, "--exact", "--include-ignored"])
        .current_dir(&test.folder)
        .env("CARGO_MANIFEST_DIR", &test.folder)
        .stdin(Stdio::null())
        .stdout(printed.try_clone()?)
        .stderr(errors.try_clone()?)
        .spawn()?;
    let status = wait(&mut child)?;
    let (printed, errors) = (content(&mut printed)?, content(&mut errors)?);
    Ok(outcome(status, &printed, &errors))
}

/// How the process ended; `None` if it had to be killed.
fn wait(child: &mut Child) -> Result<Option<ExitStatus>> {
    let start = Instant::now();
    while start.elapsed() < TEST_LIMIT {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        thread::sleep(Duration::from_millis(20));
    }
    // Nor is its end waited for: the kernel may be what hangs.
    child.kill()?;
    Ok(None)
}

fn content(file: &mut File) -> Result<String> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What the end of the process and what it printed say about the test.
fn outcome(status: Option<ExitStatus>, printed: &str, errors: &str) -> Outcome {
    let Some(status) = status else {
        let limit = TEST_LIMIT.as_secs();
        return Outcome::Failed(format!(
            "{printed}{errors}it did not end within {limit} seconds"
        ));
    };
    // A harness that found no such test is content, too.
    if !status.success() || !printed.contains("test result: ok. 1 passed") {
        return Outcome::Failed(format!("{printed}{errors}{status}"));
    }
    let mut needs: Vec<&str> = errors
        .lines()
        .filter_map(|line| line.strip_prefix("needs "))
        .collect();
    // What is needed twice in a row is said once.
    needs.dedup();
    if needs.is_empty() {
        Outcome::Passed
    } else {
        Outcome::Lacks(needs.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt as _;

    const CONTENT: &str = "\nrunning 1 test\n.\ntest result: ok. 1 passed; 0 failed\n";

    /// What counts as passed, as failed and as not run.
    #[test]
    fn outcomes() {
        let ended = |code: i32| Some(ExitStatus::from_raw(code << 8));
        assert_eq!(outcome(ended(0), CONTENT, "libbpf: x\n"), Outcome::Passed);
        assert_eq!(
            outcome(
                ended(0),
                CONTENT,
                "x\nneeds kprobes\nneeds kprobes\nneeds BTF\n"
            ),
            Outcome::Lacks("kprobes, BTF".to_owned())
        );
        let failures = [
            (
                ended(101),
                "test result: FAILED. 0 passed",
                "needs kprobes\n",
            ),
            (ended(0), "test result: ok. 0 passed; 0 failed", ""),
            (Some(ExitStatus::from_raw(11)), "running 1 test\n", ""),
            (None, "running 1 test\n", ""),
        ];
        for (status, printed, errors) in failures {
            let outcome = outcome(status, printed, errors);
            let Outcome::Failed(text) = &outcome else {
                panic!("{outcome:?}");
            };
            assert!(text.starts_with(printed), "{text}");
        }
    }
}
