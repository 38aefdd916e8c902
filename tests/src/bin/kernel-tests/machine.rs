//! Tests on another kernel, in a virtual machine.
//!
//! A test may hang or break the machine: then the others run in a new one, and those that were
//! running once more. An emulated machine stops now and then, whatever runs in it; a test that does
//! so twice has failed.

use crate::Result;
use crate::event::{self, Event, Outcome};
use crate::kernels::Run;
use crate::plan::{self, Test};
use crate::run::TEST_LIMIT;
use crate::show;
use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};
use std::{env, io, thread};

const RUNNER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/vm/run.sh");

/// How long a kernel may take, with all its machines.
const KERNEL_LIMIT: Duration = Duration::from_secs(25 * 60);

/// For how long a machine that works may say nothing: a test, and the start before it.
const SILENCE: Duration = TEST_LIMIT.saturating_add(Duration::from_secs(60));

/// The kernels there are, by release; none where there is no virtual machine.
pub(crate) fn releases() -> Result<Vec<String>> {
    let listed = Command::new(RUNNER).arg("--list").output()?;
    let releases = String::from_utf8(listed.stdout)?;
    Ok(releases.lines().map(str::to_owned).collect())
}

/// Runs the tests on the kernel of a release.
pub(crate) fn run_on(release: &str, tests: &[Test]) -> Result<Run> {
    let start = Instant::now();
    let mut run = Run::new(release);
    let mut hung = BTreeSet::new();
    loop {
        let left: Vec<&Test> = tests
            .iter()
            .filter(|test| !run.outcomes.contains_key(&test.title()))
            .collect();
        if left.is_empty() {
            return Ok(run);
        }
        let before = run.outcomes.len();
        let end = match KERNEL_LIMIT.checked_sub(start.elapsed()) {
            Some(limit) => run_in_machine(&left, limit, &mut run)?,
            None => End {
                why: "the time was over".to_owned(),
                hung: BTreeSet::new(),
            },
        };
        if run.outcomes.len() == before {
            let why = end.why;
            run.trouble = Some(format!("{why}; {} tests were not run", left.len()));
            return Ok(run);
        }
        take_back(end.hung, &mut hung, &mut run);
    }
}

/// Takes back what is said of tests that hung for the first time.
fn take_back(hung: BTreeSet<String>, before: &mut BTreeSet<String>, run: &mut Run) {
    for title in hung.difference(before) {
        show(&format!("once more: {title}"));
        run.outcomes.remove(title);
    }
    before.extend(hung);
}

/// How it ended with a machine.
struct End {
    why: String,
    /// The tests that ran then, and those before that took longer than any may.
    hung: BTreeSet<String>,
}

/// Runs tests in one machine as long as it works.
fn run_in_machine(tests: &[&Test], limit: Duration, run: &mut Run) -> Result<End> {
    let mut list = tempfile::NamedTempFile::new()?;
    plan::write_list(tests, &mut list)?;
    let program = env::current_exe()?;
    let command = format!("'{}' --list '{}'", program.display(), list.path().display());
    let mut machine = Command::new(RUNNER)
        .arg(command)
        .env("VM_KERNEL", &run.kernel)
        .env("VM_SECONDS", limit.as_secs().max(1).to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let lines = lines(&mut machine);
    let mut followed = Followed::default();
    let silent = loop {
        match lines.recv_timeout(SILENCE) {
            Ok(line) => followed.follow(&line, run),
            Err(RecvTimeoutError::Disconnected) => break false,
            Err(RecvTimeoutError::Timeout) => break true,
        }
    };
    if silent {
        // Not killed: it is to clean up behind itself.
        let process = rustix::process::Pid::from_child(&machine);
        rustix::process::kill_process(process, rustix::process::Signal::TERM)?;
    }
    let status = machine.wait()?;
    let why = if silent {
        format!("the machine said nothing for {} seconds", SILENCE.as_secs())
    } else {
        format!("the machine ended: {status}")
    };
    let mut hung = followed.hung;
    for title in followed.running {
        hung.insert(title.clone());
        let outcome = Outcome::Failed(why.clone());
        let event = Event::Ends {
            title,
            outcome,
            seconds: 0,
        };
        show(&event.to_string());
        run.note(event);
    }
    Ok(End { why, hung })
}

/// What the machine prints, line by line.
fn lines(machine: &mut Child) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    if let Some(out) = machine.stdout.take() {
        thread::spawn(move || {
            for line in BufReader::new(out).split(b'\n').map_while(io::Result::ok) {
                let line = String::from_utf8_lossy(&line).into_owned();
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
    }
    receiver
}

/// The tests of one machine, by title.
#[derive(Debug, Default)]
struct Followed {
    /// What has begun and not ended.
    running: BTreeSet<String>,
    /// What took longer than any may.
    hung: BTreeSet<String>,
    /// What failed last: the lines that follow may be its own.
    failed: Option<String>,
}

impl Followed {
    /// Shows a line of the machine and notes what it tells.
    fn follow(&mut self, line: &str, run: &mut Run) {
        let event = Event::parse(line);
        match &event {
            Some(Event::Begins(title)) => {
                self.running.insert(title.clone());
                return;
            }
            Some(Event::Ends {
                title,
                outcome,
                seconds,
            }) => {
                self.running.remove(title);
                let has_failed = matches!(outcome, Outcome::Failed(_));
                self.failed = has_failed.then(|| title.clone());
                if has_failed && *seconds >= TEST_LIMIT.as_secs() {
                    self.hung.insert(title.clone());
                }
            }
            None => {
                if let (Some(title), Some(printed)) = (&self.failed, event::printed(line)) {
                    run.note_printed(title, printed);
                }
            }
        }
        show(line);
        if let Some(event) = event {
            run.note(event);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A test that hung or stopped its machine has another try, and no third one.
    #[test]
    fn tests_that_hang_run_once_more() {
        let mut run = Run::new("6.1");
        for title in ["a", "b", "c"] {
            let outcome = Outcome::Failed("why".to_owned());
            run.outcomes.insert(title.to_owned(), outcome);
        }
        let hung = |titles: &[&str]| titles.iter().map(ToString::to_string).collect();
        let mut before = hung(&["b"]);
        take_back(hung(&["a", "b"]), &mut before, &mut run);
        let left: Vec<_> = run.outcomes.keys().collect();
        assert_eq!(left, ["b", "c"]);
        assert_eq!(before, hung(&["a", "b"]));
    }

    /// A machine's lines tell which tests run, how the others went, and what failed ones printed.
    #[test]
    fn lines_of_a_machine() {
        let mut run = Run::new("6.1");
        let mut followed = Followed::default();
        for line in [
            "begins: a",
            "begins: b",
            "some kernel message",
            "failed in 2 s: b",
            "  | lacks x: a",
            "some kernel message",
            "  | left: 1",
            "begins: c",
            "lacks kprobes: c",
            "  | of nobody",
            "failed in 360 s: d",
            "passed in 360 s: e",
        ] {
            followed.follow(line, &mut run);
        }
        assert_eq!(followed.running, BTreeSet::from(["a".to_owned()]));
        let printed = "lacks x: a\nleft: 1\n".to_owned();
        assert_eq!(run.outcomes["b"], Outcome::Failed(printed));
        assert_eq!(run.outcomes["c"], Outcome::Lacks("kprobes".to_owned()));
        assert_eq!(run.outcomes.len(), 4);
        // A test that failed by itself is none that hung.
        assert_eq!(followed.hung, BTreeSet::from(["d".to_owned()]));
    }
}
