//! The kernel's trace pipe: where `bpf_trace_printk` prints.
//!
//! In: lines of `trace_pipe`, which is found whether tracefs is mounted or not. Out: the lines, or
//! [`TraceFields`] as bcc's `trace_fields` takes them apart.

use crate::error::{Context as _, Result};
use crate::kernel::tracefs::{self, Wait};
use crate::sys::poll;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

/// Where the kernel puts the dash behind the task's name, which it pads to 16 bytes.
const TASK_WIDTH: usize = 16;

/// A line of the kernel's trace, taken apart.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceFields {
    /// Name of the task that ran.
    pub task: String,
    /// Its thread id.
    pub pid: u32,
    /// The CPU it ran on.
    pub cpu: u32,
    /// State of interrupts and preemption, such as `d..31`.
    pub flags: String,
    /// Seconds on the trace's clock, by default since boot.
    pub timestamp: f64,
    /// What the program printed.
    pub message: String,
}

impl TraceFields {
    /// Takes a line apart; `None` if it is no event, such as the notice that lines were lost.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        if line.starts_with("CPU:") {
            return None;
        }
        // Names may hold dashes, so the usual place goes first.
        let dashes = line.match_indices('-').map(|(at, _)| at);
        let candidates = std::iter::once(TASK_WIDTH).chain(dashes);
        let mut parsed = candidates.filter_map(|at| {
            let (task, rest) = (line.get(..at)?, line.get(at..)?);
            parse_behind_task(task.trim_start(), rest.strip_prefix('-')?)
        });
        parsed.next()
    }
}

/// Parses `1234    [001] d..31 12345.678901: bpf_trace_printk: message`, where a thread group in
/// parentheses may follow the first number, and older kernels have no flags.
fn parse_behind_task(task: &str, text: &str) -> Option<TraceFields> {
    let (pid, text) = text.split_once(' ')?;
    let (head, text) = text.split_once('[')?;
    let head = head.trim();
    let is_group = head.starts_with('(') && head.ends_with(')');
    if !is_group && !head.is_empty() {
        return None;
    }
    let (cpu, text) = text.split_once(']')?;
    let (head, text) = text.split_once(':')?;
    let mut words = head.split_ascii_whitespace().rev();
    let timestamp = words.next()?;
    let flags = words.next().unwrap_or_default();
    if words.next().is_some() {
        return None;
    }
    // The address or function that printed is always the same. An empty message has lost the space
    // in front of it.
    let (_, message) = text.split_once(':').unwrap_or(("", text));
    let message = message.strip_prefix(' ').unwrap_or(message);
    Some(TraceFields {
        task: task.to_owned(),
        pid: pid.parse().ok()?,
        cpu: cpu.trim().parse().ok()?,
        flags: flags.to_owned(),
        timestamp: timestamp.parse().ok()?,
        message: message.trim_end().to_owned(),
    })
}

/// An open trace pipe.
#[derive(Debug)]
pub(crate) struct TracePipe {
    file: File,
    /// What was read and not handed out yet.
    unread: Vec<u8>,
}

impl TracePipe {
    pub(crate) fn open() -> Result<Self> {
        let file = tracefs::open("trace_pipe", Wait::No)
            .context("failed to open the kernel's trace, which takes one reader at a time")?;
        Ok(Self {
            file,
            unread: Vec::new(),
        })
    }

    /// The next line that is an event.
    pub(crate) fn fields(&mut self, timeout: Duration) -> Result<Option<TraceFields>> {
        let deadline = Instant::now().checked_add(timeout);
        while let Some(line) = self.line(remaining(deadline))? {
            let fields = TraceFields::parse(&line);
            if fields.is_some() {
                return Ok(fields);
            }
        }
        Ok(None)
    }

    /// The next line that is not empty, without its end.
    ///
    /// Since Linux 5.9 the kernel ends each message's line, so that one which ends it by itself, as
    /// it had to before, is followed by an empty one.
    pub(crate) fn line(&mut self, timeout: Duration) -> Result<Option<String>> {
        let deadline = Instant::now().checked_add(timeout);
        loop {
            match self.unread_line() {
                Some(line) if line.is_empty() => {}
                Some(line) => return Ok(Some(line)),
                None if self.fill(remaining(deadline))? => {}
                None => return Ok(None),
            }
        }
    }

    /// The first line of what was read, if it is whole.
    fn unread_line(&mut self) -> Option<String> {
        let end = self.unread.iter().position(|byte| *byte == b'\n')?;
        let line: Vec<u8> = self.unread.drain(..=end).collect();
        let line = String::from_utf8_lossy(&line);
        Some(line.trim_end().to_owned())
    }

    /// Writes lines to the standard output until the time is up or a signal comes.
    pub(crate) fn print(&mut self, duration: Duration) -> Result<()> {
        let deadline = Instant::now().checked_add(duration);
        while let Some(line) = self.line(remaining(deadline))? {
            let mut out = io::stdout().lock();
            writeln!(out, "{line}")?;
            // People watch this, also through a pipe.
            out.flush()?;
        }
        Ok(())
    }

    /// Reads more; `false` if nothing came in time.
    fn fill(&mut self, timeout: Duration) -> Result<bool> {
        let what = "failed to read the kernel's trace";
        let ready = poll::readable(&[self.file.as_fd()], timeout).context(what)?;
        if !ready.contains(&true) {
            return Ok(false);
        }
        let mut chunk = [0; 4096];
        match self.file.read(&mut chunk) {
            Ok(size) => self.unread.extend_from_slice(&chunk[..size]),
            // Another reader took it.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error).context(what),
        }
        Ok(true)
    }
}

/// The time until a deadline; without a deadline, all the time there is.
fn remaining(deadline: Option<Instant>) -> Duration {
    deadline.map_or(Duration::MAX, |deadline| {
        deadline.saturating_duration_since(Instant::now())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> (String, u32, u32, String, f64, String) {
        let fields = TraceFields::parse(line).unwrap_or_else(|| panic!("not parsed: {line}"));
        let TraceFields {
            task,
            pid,
            cpu,
            flags,
            timestamp,
            message,
        } = fields;
        (task, pid, cpu, flags, timestamp, message)
    }

    fn expected(
        task: &str,
        pid: u32,
        flags: &str,
        message: &str,
    ) -> (String, u32, u32, String, f64, String) {
        (task.into(), pid, 1, flags.into(), 12.5, message.into())
    }

    /// What bcc 0.26 makes of the same lines. `tests/golden/traces.py` made the cases with bcc; a file
    /// of others that it made is compared if `BCC_GOLDEN_TRACES` names it.
    #[test]
    fn takes_lines_apart_as_bcc() {
        let other = std::env::var("BCC_GOLDEN_TRACES").ok();
        let other = other.map(|path| std::fs::read_to_string(path).unwrap());
        let cases = include_str!("../tests/golden/traces.jsonl");
        let cases = other.as_deref().unwrap_or(cases);
        assert!(!cases.is_empty());
        for case in cases.lines() {
            let expected: serde_json::Value = serde_json::from_str(case).unwrap();
            let (reader, mut writer) = io::pipe().unwrap();
            writeln!(writer, "{}", expected["line"].as_str().unwrap()).unwrap();
            let mut pipe = TracePipe {
                file: File::from(std::os::fd::OwnedFd::from(reader)),
                unread: Vec::new(),
            };
            let line = pipe.line(Duration::ZERO).unwrap().unwrap();
            assert_eq!(line, expected["read"], "{case}");
            let fields = TraceFields::parse(&line).map(|fields| {
                serde_json::json!([
                    fields.task,
                    fields.pid,
                    fields.cpu,
                    fields.flags,
                    fields.timestamp,
                    fields.message,
                ])
            });
            assert_eq!(fields.unwrap_or_default(), expected["fields"], "{case}");
        }
    }

    /// Formats of old and new kernels, with and without thread group and flags.
    #[test]
    fn parses_formats() {
        let new = "             cat-1234    [001] d..31    12.500000: bpf_trace_printk: hi: you\n";
        assert_eq!(parse(new), expected("cat", 1234, "d..31", "hi: you"));
        let old = "             cat-1234  [001] d... 12.500000: 0x00000001: hi";
        assert_eq!(parse(old), expected("cat", 1234, "d...", "hi"));
        let group = "             cat-1234    (   1200) [001] d..31 12.5: bpf_trace_printk: hi";
        assert_eq!(parse(group), expected("cat", 1234, "d..31", "hi"));
        let no_flags = "             cat-1234  [001]  12.500000: : hi";
        assert_eq!(parse(no_flags), expected("cat", 1234, "", "hi"));
    }

    /// Names with spaces, dashes and numbers, a long number, an unknown name.
    #[test]
    fn parses_names() {
        let line = |name: &str, pid: &str| {
            format!("{name:>16}-{pid:<7} [001] d..31 12.5: bpf_trace_printk: -1 [2] a: b")
        };
        for name in ["tmux: server", "a-1 [000] b", "kworker/0:1-ev", "<...>"] {
            let message = "-1 [2] a: b";
            assert_eq!(parse(&line(name, "7")), expected(name, 7, "d..31", message));
            assert_eq!(parse(&line(name, "4194304")).1, 4_194_304);
        }
        let narrow = "cat-77 [001] d..31 12.5: bpf_trace_printk: hi";
        assert_eq!(parse(narrow), expected("cat", 77, "d..31", "hi"));
    }

    /// Notices and other text.
    #[test]
    fn skips_what_is_no_event() {
        for line in [
            "CPU:1 [LOST 12 EVENTS]",
            "",
            "-",
            "# tracer: nop",
            "a-b [c] d e: f",
        ] {
            assert_eq!(TraceFields::parse(line), None, "{line}");
        }
    }
}
