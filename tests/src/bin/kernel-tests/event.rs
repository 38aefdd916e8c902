//! What is said about a test while it runs, as a line of text: kernels in a virtual machine have no
//! other way to say it.

use std::fmt;

/// Something that happened to a test, which is named by its title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// It begins.
    Begins(String),
    /// It is over.
    Ends {
        /// The test.
        title: String,
        /// How it went.
        outcome: Outcome,
        /// How long it took.
        seconds: u64,
    },
}

/// How a test went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It ran and was content.
    Passed,
    /// It was not, or never ended; with what it printed, or why.
    Failed(String),
    /// It needs what the kernel lacks.
    Lacks(String),
}

/// Before each line that a failed test printed.
pub(crate) const MARGIN: &str = "  | ";

impl fmt::Display for Event {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (title, outcome, seconds) = match self {
            Self::Begins(title) => return write!(out, "begins: {title}"),
            Self::Ends {
                title,
                outcome,
                seconds,
            } => (title, outcome, seconds),
        };
        match outcome {
            Outcome::Passed => write!(out, "passed in {seconds} s: {title}"),
            Outcome::Lacks(what) => write!(out, "lacks {what}: {title}"),
            Outcome::Failed(printed) => {
                write!(out, "failed in {seconds} s: {title}")?;
                printed
                    .lines()
                    .try_for_each(|line| write!(out, "\n{MARGIN}{line}"))
            }
        }
    }
}

/// What a failed test printed, if the line is of that.
pub(crate) fn printed(line: &str) -> Option<&str> {
    line.strip_prefix(MARGIN)
}

impl Event {
    /// The event that a line tells of; what a failed test printed is in the lines that follow.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let (head, title) = line.split_once(": ")?;
        let title = title.to_owned();
        if head == "begins" {
            return Some(Self::Begins(title));
        }
        let (word, rest) = head.split_once(' ')?;
        let timed = || rest.strip_prefix("in ")?.strip_suffix(" s")?.parse().ok();
        let (outcome, seconds) = match word {
            "passed" => (Outcome::Passed, timed()?),
            "failed" => (Outcome::Failed(String::new()), timed()?),
            "lacks" => (Outcome::Lacks(rest.to_owned()), 0),
            _ => return None,
        };
        Some(Self::Ends {
            title,
            outcome,
            seconds,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(outcome: Outcome, seconds: u64) -> Event {
        Event::Ends {
            title: "tests/maps root::s10".to_owned(),
            outcome,
            seconds,
        }
    }

    /// A line tells the event it was made from.
    #[test]
    fn events_survive_as_lines() {
        for event in [
            Event::Begins("tests/maps root::s10".to_owned()),
            ends(Outcome::Passed, 3),
            ends(Outcome::Lacks("kprobes and BTF".to_owned()), 0),
            ends(Outcome::Failed(String::new()), 120),
        ] {
            assert_eq!(Event::parse(&event.to_string()), Some(event));
        }
    }

    /// What a failed test printed is shown, and never taken for an event.
    #[test]
    fn output_is_no_event() {
        let text = ends(Outcome::Failed("passed in 1 s: x\n".to_owned()), 1).to_string();
        assert_eq!(
            text,
            "failed in 1 s: tests/maps root::s10\n  | passed in 1 s: x"
        );
        for line in ["  | passed in 1 s: x", "passed: x", "Warning: x", ""] {
            assert_eq!(Event::parse(line), None, "{line}");
        }
    }
}
