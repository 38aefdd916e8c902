//! Which tests run on which kernels, and what came out.

use crate::event::{Event, Outcome};
use crate::plan::Test;
use crate::{Result, machine, run, show};
use std::collections::BTreeMap;
use std::fs;
use std::sync::Mutex;
use std::time::Instant;

/// What came out on a kernel.
#[derive(Debug, Default)]
pub(crate) struct Run {
    /// Its release.
    pub(crate) kernel: String,
    /// How the tests went, by title.
    pub(crate) outcomes: BTreeMap<String, Outcome>,
    /// What went wrong besides tests.
    pub(crate) trouble: Option<String>,
    /// How long it took.
    pub(crate) seconds: u64,
}

impl Run {
    pub(crate) fn new(kernel: &str) -> Self {
        Self {
            kernel: kernel.to_owned(),
            ..Self::default()
        }
    }

    /// Notes how a test went.
    pub(crate) fn note(&mut self, event: Event) {
        if let Event::Ends { title, outcome, .. } = event {
            self.outcomes.insert(title, outcome);
        }
    }

    /// Notes a line that a failed test printed.
    pub(crate) fn note_printed(&mut self, title: &str, line: &str) {
        if let Some(Outcome::Failed(printed)) = self.outcomes.get_mut(title) {
            printed.push_str(line);
            printed.push('\n');
        }
    }
}

/// The series that is always run on. It has kprobes, hooks and packages of headers; all tests on all
/// kernels would take more than an hour under emulation.
const ALWAYS: &str = "6.1.";

/// The test binary that runs on every kernel.
const EVERYWHERE: &str = "tests/guide ";

/// What takes another way on a kernel older than the machine's own may be: filters of traffic control
/// before Linux 6.6, maps of sockets before 6.10.
const OTHER_WAYS: &[&str] = &[
    "tests/net packets::root::s49_traffic_control_leaves_nothing",
    "tests/net sockets::root::s24_map_of_sockets_from_rust",
];

/// What asks too little of a kernel for the minutes it takes under emulation.
const ONLY_HERE: &[&str] = &["tests/snapshots root::every_snapshot_compiles"];

/// Runs the tests on this kernel, on another one what is worth it, and on each further one what ran on
/// none so far; if `full`, all on all kernels that there are.
pub(crate) fn run_on_all(tests: &[Test], full: bool) -> Result<Vec<Run>> {
    let here = run_here(tests)?;
    let all: Vec<Test> = tests
        .iter()
        .filter(|test| !ONLY_HERE.contains(&&*test.title()))
        .cloned()
        .collect();
    let mut runs = vec![here];
    let mut releases = machine::releases()?;
    releases.sort_by_key(|release| !release.starts_with(ALWAYS));
    for release in releases {
        let tests = if full {
            all.clone()
        } else if release.starts_with(ALWAYS) {
            worth_running(&all, &runs)
        } else {
            lacking(&all, &runs)
        };
        if tests.is_empty() {
            continue;
        }
        show(&format!("== {} kernel tests on {release}", tests.len()));
        let start = Instant::now();
        let mut run = machine::run_on(&release, &tests)?;
        run.seconds = start.elapsed().as_secs();
        runs.push(run);
    }
    Ok(runs)
}

/// What is worth running on one more kernel: the examples of bcc's reference guide, what takes
/// another way there, and what needs more than this machine's own kernel has.
fn worth_running(tests: &[Test], runs: &[Run]) -> Vec<Test> {
    let lacked = lacking(tests, runs);
    let is_worth = |test: &&Test| {
        let title = test.title();
        title.starts_with(EVERYWHERE) || OTHER_WAYS.contains(&&*title) || lacked.contains(test)
    };
    tests.iter().filter(is_worth).cloned().collect()
}

/// What ran on none of these kernels, as each lacks what it needs.
fn lacking(tests: &[Test], runs: &[Run]) -> Vec<Test> {
    let lacked =
        |run: &Run, title: &str| matches!(run.outcomes.get(title), Some(Outcome::Lacks(_)));
    let is_left = |test: &&Test| {
        let title = test.title();
        runs.iter().all(|run| lacked(run, &title))
    };
    tests.iter().filter(is_left).cloned().collect()
}

fn run_here(tests: &[Test]) -> Result<Run> {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let release = release.trim_end();
    show(&format!("== kernel tests on this machine's {release}"));
    let start = Instant::now();
    let run = Mutex::new(Run::new(release));
    run::run(tests, &|event| {
        if !matches!(event, Event::Begins(_)) {
            show(&event.to_string());
        }
        // No holder of the lock can panic.
        run.lock().unwrap().note(event);
    });
    let mut run = run.into_inner()?;
    run.seconds = start.elapsed().as_secs();
    Ok(run)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of all tests, the guide's and those that lacked something are worth running again.
    #[test]
    fn some_are_worth_running() {
        let test = |binary: &str, name: &str| Test {
            folder: "/project/tests".into(),
            binary: binary.into(),
            name: name.to_owned(),
        };
        let tests = [
            test("guide-1", "root::hello"),
            test("maps-1", "root::counts"),
            test("kprobes-1", "root::entry"),
        ];
        let mut here = Run::new("6.18");
        let outcomes = [
            Outcome::Passed,
            Outcome::Passed,
            Outcome::Lacks("kprobes".to_owned()),
        ];
        here.outcomes = tests.iter().map(Test::title).zip(outcomes).collect();
        assert_eq!(
            worth_running(&tests, &[here]),
            [tests[0].clone(), tests[2].clone()]
        );
    }

    /// Further kernels get what lacked something on each so far, and nothing that was not run there.
    #[test]
    fn what_ran_nowhere_is_left() {
        let tests = ["a", "b", "c", "d"].map(|name| Test {
            folder: "/project/tests".into(),
            binary: "maps-1".into(),
            name: name.to_owned(),
        });
        let lacks = || Outcome::Lacks("kprobes".to_owned());
        let run = |outcomes: Vec<Outcome>| {
            let mut run = Run::new("6.1");
            run.outcomes = tests.iter().map(Test::title).zip(outcomes).collect();
            run
        };
        let here = run(vec![lacks(), lacks(), lacks(), Outcome::Passed]);
        let there = run(vec![lacks(), Outcome::Passed]);
        assert_eq!(lacking(&tests, &[here, there]), [tests[0].clone()]);
    }
}
