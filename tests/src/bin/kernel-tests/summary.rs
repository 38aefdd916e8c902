//! What came out, for people, and in the last line for programs.

use crate::event::{MARGIN, Outcome};
use crate::kernels::Run;
use crate::plan::Test;
use std::collections::BTreeSet;
use std::fmt;

/// How many lines of what a failed test printed are shown again: a message with a backtrace.
const LINES_SHOWN: usize = 25;

/// What came out of all tests on all kernels.
#[derive(Debug)]
pub(crate) struct Summary<'a> {
    runs: &'a [Run],
    /// What ran on no kernel, with why.
    nowhere: Vec<(String, String)>,
    passed: usize,
    /// How many tests, and machines, failed.
    pub(crate) failed: usize,
}

impl<'a> Summary<'a> {
    /// Sums up; `others` counts tests that passed and failed besides those of the kernel.
    pub(crate) fn new(tests: &[Test], runs: &'a [Run], others: (usize, usize)) -> Self {
        let (mut passed, mut failed) = others;
        let mut nowhere = Vec::new();
        for title in tests.iter().map(Test::title) {
            let outcomes: Vec<&Outcome> = runs
                .iter()
                .filter_map(|run| run.outcomes.get(&title))
                .collect();
            if outcomes
                .iter()
                .any(|outcome| matches!(outcome, Outcome::Failed(_)))
            {
                failed += 1;
            } else if outcomes.contains(&&Outcome::Passed) {
                passed += 1;
            } else {
                nowhere.push((title, reason(runs, &outcomes)));
            }
        }
        failed += runs.iter().filter(|run| run.trouble.is_some()).count();
        Self {
            runs,
            nowhere,
            passed,
            failed,
        }
    }
}

/// Why a test with these outcomes ran nowhere.
fn reason(runs: &[Run], outcomes: &[&Outcome]) -> String {
    let needs: BTreeSet<&str> = outcomes
        .iter()
        .filter_map(|outcome| match outcome {
            Outcome::Lacks(what) => Some(what.as_str()),
            Outcome::Passed | Outcome::Failed(_) => None,
        })
        .collect();
    if runs.is_empty() {
        "needs root".to_owned()
    } else if needs.is_empty() {
        "was not reached".to_owned()
    } else {
        let needs: Vec<&str> = needs.into_iter().collect();
        format!("needs {}", needs.join(", "))
    }
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "== summary")?;
        for run in self.runs {
            write_kernel(out, run)?;
        }
        if !self.nowhere.is_empty() {
            writeln!(out, "ran on no kernel:")?;
        }
        for (title, why) in &self.nowhere {
            writeln!(out, "  {title}: {why}")?;
        }
        let (passed, failed, skipped) = (self.passed, self.failed, self.nowhere.len());
        write!(out, "{passed} passed, {failed} failed, {skipped} skipped")
    }
}

fn write_kernel(out: &mut fmt::Formatter<'_>, run: &Run) -> fmt::Result {
    let count = |is: fn(&Outcome) -> bool| run.outcomes.values().filter(|one| is(one)).count();
    writeln!(
        out,
        "{}: {} ran, {} passed, {} failed, {} lacked what they need; {} s",
        run.kernel,
        count(|one| !matches!(one, Outcome::Lacks(_))),
        count(|one| *one == Outcome::Passed),
        count(|one| matches!(one, Outcome::Failed(_))),
        count(|one| matches!(one, Outcome::Lacks(_))),
        run.seconds,
    )?;
    for (title, outcome) in &run.outcomes {
        match outcome {
            Outcome::Failed(printed) => {
                writeln!(out, "  failed: {title}")?;
                write_end(out, printed)?;
            }
            Outcome::Lacks(what) => writeln!(out, "  needs {what}: {title}")?,
            Outcome::Passed => {}
        }
    }
    match &run.trouble {
        Some(trouble) => writeln!(out, "  failed: {trouble}"),
        None => Ok(()),
    }
}

/// Writes the last lines that a failed test printed: who reads the summary alone may have nothing else.
fn write_end(out: &mut fmt::Formatter<'_>, printed: &str) -> fmt::Result {
    let lines: Vec<&str> = printed.lines().collect();
    let end = &lines[lines.len().saturating_sub(LINES_SHOWN)..];
    end.iter()
        .try_for_each(|line| writeln!(out, "  {MARGIN}{line}"))
}

/// How many tests passed and failed by the result lines of a log of `cargo test`.
pub(crate) fn count_results(log: &str) -> (usize, usize) {
    let count = |word: &str| {
        log.lines()
            .filter(|line| line.starts_with("test result: "))
            .filter_map(|line| {
                let before = line.split_once(word)?.0;
                before.rsplit(' ').next()?.parse::<usize>().ok()
            })
            .sum()
    };
    (count(" passed;"), count(" failed;"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(name: &str) -> Test {
        Test {
            folder: "/tests".into(),
            binary: "/maps-1".into(),
            name: name.to_owned(),
        }
    }

    fn run(kernel: &str, outcomes: &[(&str, Outcome)]) -> Run {
        let mut run = Run::new(kernel);
        for (name, outcome) in outcomes {
            run.outcomes.insert(test(name).title(), outcome.clone());
        }
        run
    }

    /// Each test counts once: as failed if it failed anywhere, as passed if it ran anywhere.
    #[test]
    fn a_test_counts_once() {
        let lacks = |what: &str| Outcome::Lacks(what.to_owned());
        let failed = Outcome::Failed("text\n".to_owned());
        let tests = ["a", "b", "c", "d", "e"].map(test);
        let runs = [
            run(
                "6.18",
                &[
                    ("a", Outcome::Passed),
                    ("b", lacks("kprobes")),
                    ("c", lacks("lsm")),
                    ("d", Outcome::Passed),
                ],
            ),
            run(
                "6.1",
                &[
                    ("a", Outcome::Passed),
                    ("b", Outcome::Passed),
                    ("c", lacks("lsm")),
                    ("d", failed),
                ],
            ),
        ];
        let text = Summary::new(&tests, &runs, (10, 0)).to_string();
        assert_eq!(
            text,
            "== summary\n\
             6.18: 2 ran, 2 passed, 0 failed, 2 lacked what they need; 0 s\n  \
               needs kprobes: tests/maps b\n  \
               needs lsm: tests/maps c\n\
             6.1: 3 ran, 2 passed, 1 failed, 1 lacked what they need; 0 s\n  \
               needs lsm: tests/maps c\n  \
               failed: tests/maps d\n    \
                 | text\n\
             ran on no kernel:\n  \
               tests/maps c: needs lsm\n  \
               tests/maps e: was not reached\n\
             12 passed, 1 failed, 2 skipped"
        );
    }

    /// Of what a failed test printed, the end is shown: there the message is.
    #[test]
    fn a_failed_test_shows_its_end() {
        let printed = "first\n".to_owned() + &"text\n".repeat(LINES_SHOWN);
        let runs = [run("6.1", &[("a", Outcome::Failed(printed))])];
        let text = Summary::new(&[test("a")], &runs, (0, 0)).to_string();
        assert_eq!(text.matches("    | text\n").count(), LINES_SHOWN);
        assert!(!text.contains("first"), "{text}");
    }

    /// A machine that broke down is a failure, even if no test failed.
    #[test]
    fn a_machine_that_broke_down_failed() {
        let mut run = run("6.1", &[("a", Outcome::Passed)]);
        run.trouble = Some("the machine ended".to_owned());
        assert_eq!(Summary::new(&[test("a")], &[run], (0, 0)).failed, 1);
    }

    /// Without root, every kernel test is named.
    #[test]
    fn without_root_all_are_named() {
        let text = Summary::new(&[test("a")], &[], (3, 1)).to_string();
        assert_eq!(
            text,
            "== summary\nran on no kernel:\n  tests/maps a: needs root\n3 passed, 1 failed, 1 skipped"
        );
    }

    /// The result lines of several binaries are added up.
    #[test]
    fn results_in_a_log() {
        let log = "running 3 tests\n\
                   test result: ok. 12 passed; 0 failed; 3 ignored; 0 measured\n\
                   99 passed; nothing\n\
                   test result: FAILED. 4 passed; 2 failed; 0 ignored; 0 measured\n";
        assert_eq!(count_results(log), (16, 2));
    }
}
