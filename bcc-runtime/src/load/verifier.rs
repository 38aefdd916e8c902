//! What the kernel's verifier has against a program.
//!
//! In: what libbpf printed while loading, with the verifier's log in it, and the C text. Out:
//! [`VerifierReport`]: the decisive lines of the log, the line of the user's file they belong to,
//! and what to do.

use super::hints;
use super::lines::Lines;
use crate::spec::Spec;
use std::fmt;

const BEGIN: &str = "-- BEGIN PROG LOAD LOG --\n";
const END: &str = "-- END PROG LOAD LOG --";
/// Most lines that count as decisive.
const MOST_LINES: usize = 6;

/// Why the verifier rejects a program.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct VerifierReport {
    /// The C function.
    pub program: String,
    /// The lines of the log that say why.
    pub reason: Vec<String>,
    /// File and line of the C the verifier was at.
    pub place: Option<(String, u32)>,
    /// That line of C.
    pub source_line: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// The whole log.
    pub log: String,
}

impl VerifierReport {
    /// Finds the verifier's log in what libbpf said; `None` if the verifier was not the reason.
    pub(super) fn from_log(spec: &Spec, object: &[u8], said: &str) -> Option<Self> {
        let (before, rest) = said.split_once(BEGIN)?;
        let log = rest.split_once(END).map_or(rest, |(log, _)| log);
        let reason = decisive_lines(log);
        if reason.is_empty() {
            return None;
        }
        let program = before
            .rsplit_once("prog '")
            .and_then(|(_, name)| name.split_once('\''));
        let program = program.map_or("", |(name, _)| name);
        let (place, shown) = source_comment(spec, log);
        let from_instruction = || {
            let (file, line) = Lines::read(object).find(program, last_instruction(log)?)?;
            Some((complete_path(&spec.source, &file).to_owned(), line))
        };
        let place = place.or_else(from_instruction);
        let from_text = || {
            place
                .as_ref()
                .and_then(|(file, line)| line_of(&spec.source, file, *line))
        };
        Some(Self {
            program: program.to_owned(),
            hint: hints::find(&reason, log),
            source_line: shown.or_else(from_text),
            place,
            reason,
            log: log.trim_end().to_owned(),
        })
    }

    /// One line: the program, the place, the reason, the hint.
    pub(super) fn message(&self, object: &str) -> String {
        let Self { program, .. } = self;
        let place = self
            .place
            .as_ref()
            .map(|(file, line)| format!("{file}:{line}: "));
        let reason = self.reason.join("; ");
        let hint = self.hint.as_ref().map(|hint| format!("; {hint}"));
        format!(
            "the kernel's verifier rejects `{program}` of `{object}`: {}{reason}{}",
            place.unwrap_or_default(),
            hint.unwrap_or_default()
        )
    }
}

impl fmt::Display for VerifierReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((file, line)) = &self.place {
            writeln!(f, " --> {file}:{line}")?;
            if let Some(text) = &self.source_line {
                writeln!(f, "{line:4} | {text}")?;
            }
        }
        for line in &self.reason {
            writeln!(f, "  = verifier: {line}")?;
        }
        if let Some(hint) = &self.hint {
            writeln!(f, "  = help: {hint}")?;
        }
        write!(f, "the verifier's log:\n{}", self.log)
    }
}

/// The last lines that are neither instructions nor states nor statistics.
fn decisive_lines(log: &str) -> Vec<String> {
    let lines: Vec<&str> = log.lines().map(str::trim_end).collect();
    let end = lines
        .iter()
        .rposition(|line| !is_statistics(line))
        .map_or(0, |at| at + 1);
    let lines = &lines[..end];
    let start = lines
        .iter()
        .rposition(|line| is_walk(line))
        .map_or(0, |at| at + 1);
    let tail = &lines[start.max(lines.len().saturating_sub(MOST_LINES))..];
    tail.iter()
        .map(|line| line.trim_start().to_owned())
        .collect()
}

/// Lines behind the reason.
fn is_statistics(line: &str) -> bool {
    const STARTS: [&str; 4] = [
        "processed ",
        "verification time",
        "stack depth",
        "insns processed",
    ];
    line.is_empty() || STARTS.iter().any(|start| line.starts_with(start))
}

/// Lines about the way to the reason: instructions, register states, source comments.
fn is_walk(line: &str) -> bool {
    const STARTS: [&str; 8] = [
        ";",
        "from ",
        "last_idx",
        "mark_precise",
        "regs=",
        "parent ",
        "func#",
        "caller:",
    ];
    let number = line.find(|c: char| !c.is_ascii_digit()).unwrap_or(0);
    let instruction = number > 0 && line[number..].starts_with(": ");
    let state = line.starts_with(" R") || line.starts_with("R1=") || line.starts_with("R0_w=");
    instruction || state || STARTS.iter().any(|start| line.starts_with(start))
}

/// The last `; text @ file:line` of the log: the place, and the text if there is one.
fn source_comment(spec: &Spec, log: &str) -> (Option<(String, u32)>, Option<String>) {
    let mut comments = log.lines().rev().filter_map(|line| line.strip_prefix("; "));
    let Some(last) = comments.next() else {
        return (None, None);
    };
    let (text, place) = match last
        .rsplit_once(" @ ")
        .or_else(|| Some(("", last.strip_prefix("@ ")?)))
    {
        Some((text, place)) => (text, parse_place(&spec.source, place)),
        None => (last, find_text(&spec.source, last)),
    };
    let text = text.trim();
    (place, (!text.is_empty()).then(|| text.to_owned()))
}

/// Reads `main.rs:12` and finds the whole path among the `#line` marks.
fn parse_place(source: &str, place: &str) -> Option<(String, u32)> {
    let (file, line) = place.rsplit_once(':')?;
    Some((complete_path(source, file).to_owned(), line.parse().ok()?))
}

/// The path as the text has it of a file that others name by its last part, or by a longer path.
fn complete_path<'a>(source: &'a str, file: &'a str) -> &'a str {
    let ends = |long: &str, short: &str| {
        long.strip_suffix(short)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
    };
    let paths = source.lines().filter_map(mark).map(|(_, path)| path);
    let mut paths = paths.filter(|path| !path.is_empty());
    paths
        .find(|path| ends(path, file) || ends(file, path))
        .unwrap_or(file)
}

/// The number of the instruction the verifier was at.
fn last_instruction(log: &str) -> Option<u64> {
    let number = |line: &str| line.split_once(": (")?.0.parse().ok();
    log.lines().rev().find_map(number)
}

/// Where a line of text comes from; older kernels show the text alone.
fn find_text(source: &str, text: &str) -> Option<(String, u32)> {
    let wanted = |line: &str| !text.trim().is_empty() && line.trim() == text.trim();
    let mut found = placed_lines(source).filter(|(.., line)| wanted(line));
    found
        .next()
        .map(|(file, number, _)| (file.to_owned(), number))
}

/// The text of a line of the user's file, as far as the C has it.
fn line_of(source: &str, file: &str, line: u32) -> Option<String> {
    let found = placed_lines(source).filter(|(path, number, _)| *path == file && *number == line);
    // A definition that is longer in C than in the file runs ahead, up to the next mark.
    found.last().map(|(_, _, text)| text.to_owned())
}

/// The lines of the C with the file and line they come from.
fn placed_lines(source: &str) -> impl Iterator<Item = (&str, u32, &str)> {
    let mut at = ("", 0);
    source.lines().filter_map(move |text| {
        if let Some((line, file)) = mark(text) {
            at = (if file.is_empty() { at.0 } else { file }, line);
            return None;
        }
        at.1 += 1;
        Some((at.0, at.1 - 1, text))
    })
}

/// Reads `#line 12 "src/main.rs"`, or `#line 12`, which names no other file.
fn mark(line: &str) -> Option<(u32, &str)> {
    let rest = line.strip_prefix("#line ")?;
    let (number, file) = rest.split_once(' ').unwrap_or((rest, ""));
    Some((number.parse().ok()?, file.trim().trim_matches('"')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    const SAID: &str = "\
libbpf: prog 'probe': BPF program load failed: -EACCES
libbpf: prog 'probe': -- BEGIN PROG LOAD LOG --
0: R1=ctx() R10=fp0
; u64 *v = bpf_map_lookup_elem(&m, &k); @ main.rs:8
0: (85) call bpf_map_lookup_elem#1    ; R0_w=map_value_or_null(id=1)
; @ main.rs:9
1: (79) r1 = *(u64 *)(r0 +0)
R0 invalid mem access 'map_value_or_null'
processed 9 insns (limit 1000000) max_states_per_insn 0 total_states 0
-- END PROG LOAD LOG --
libbpf: prog 'probe': failed to load: -EACCES
";

    fn spec(source: &'static str) -> Spec {
        Spec {
            name: "demo".into(),
            source: source.into(),
            maps: Cow::Borrowed(&[]),
            probes: Cow::Borrowed(&[]),
            layouts: Cow::Borrowed(&[]),
            kernel_names: Cow::Borrowed(&[]),
            kernel_defined: Cow::Borrowed(&[]),
            kernel_locals: Cow::Borrowed(&[]),
            kernel_members: Cow::Borrowed(&[]),
            includes: Cow::Borrowed(&[]),
            tracepoints: Cow::Borrowed(&[]),
            requirements: crate::requirements::Requirements::default(),
            sites: Vec::new().into(),
        }
    }

    /// Program, reason, place and line, with the path completed from the marks.
    #[test]
    fn reads_a_log() {
        let spec = spec("int x;\n#line 8 \"src/main.rs\"\nv = 1;\n*v = 2;\n");
        let report = VerifierReport::from_log(&spec, &[], SAID).expect("there is a log");
        assert_eq!(report.program, "probe");
        assert_eq!(report.reason, ["R0 invalid mem access 'map_value_or_null'"]);
        assert_eq!(report.place, Some(("src/main.rs".to_owned(), 9)));
        assert_eq!(report.source_line.as_deref(), Some("*v = 2;"));
        let message = report.message("demo");
        assert!(
            message
                .starts_with("the kernel's verifier rejects `probe` of `demo`: src/main.rs:9: R0 ")
        );
        assert!(message.contains("test the result of `lookup`"), "{message}");
    }

    /// A definition that takes more lines than in the file hides none of the lines behind it.
    #[test]
    fn marks_without_a_file_count() {
        let spec =
            spec("#line 6 \"src/main.rs\"\nstruct {\na;\nb;\n} m;\n#line 7\nk;\nv = 1;\n*v = 2;\n");
        let report = VerifierReport::from_log(&spec, &[], SAID).expect("there is a log");
        assert_eq!(report.place, Some(("src/main.rs".to_owned(), 9)));
        assert_eq!(report.source_line.as_deref(), Some("*v = 2;"));
    }

    /// A kernel that shows the text of the line but not its place.
    #[test]
    fn finds_the_place_by_text() {
        let spec = spec("#line 8 \"src/main.rs\"\nv = 1;\n  *v = 2;\n");
        let said = SAID.replace("; @ main.rs:9", "; *v = 2;");
        let report = VerifierReport::from_log(&spec, &[], &said).expect("there is a log");
        assert_eq!(report.place, Some(("src/main.rs".to_owned(), 9)));
    }

    /// Other failures have no verifier log.
    #[test]
    fn leaves_other_failures_alone() {
        let said = "libbpf: map 'm': failed to create: -EPERM\n";
        assert!(VerifierReport::from_log(&spec(""), &[], said).is_none());
    }
}
