//! What clang has against a text.
//!
//! In: the command, its end and its words. Out: [`CompileReport`], the evidence of a compile
//! error, with each message taken apart and the reason it may have here put beside it.

use super::child::Output;
use super::libclang;
use super::unit::Unit;
use crate::kernel::version::Version;
use std::fmt;
use std::path::Path;
use std::process::ExitStatus;

/// How much a message of clang weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DiagnosticLevel {
    /// The text cannot be compiled.
    Error,
    /// Something is suspicious.
    Warning,
    /// More on the message before.
    Note,
}

/// A message of clang.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diagnostic {
    /// The file as the text names it, such as `src/main.rs`; `<...>` for parts we made.
    pub file: String,
    /// Its line, from 1.
    pub line: u32,
    /// Its column in the rewritten C, from 1.
    pub column: u32,
    /// How much it weighs.
    pub level: DiagnosticLevel,
    /// What clang says.
    pub message: String,
    /// The line of C, if clang showed it.
    pub source_line: Option<String>,
    /// What that means for a program that runs on this kernel, if we know.
    pub hint: Option<String>,
}

/// How clang was run, how it ended and what it said.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CompileReport {
    /// The command line, one argument each.
    pub command: Vec<String>,
    /// How clang ended.
    pub status: ExitStatus,
    /// All it said.
    pub text: String,
    /// The same, taken apart.
    pub diagnostics: Vec<Diagnostic>,
}

impl CompileReport {
    pub(super) fn new(clang: &Path, arguments: &[String], unit: &Unit, output: &Output) -> Self {
        let parsed = parse(&output.said);
        let structured = libclang::diagnostics(arguments, &unit.text).unwrap_or_default();
        let mut diagnostics = merge(structured, parsed);
        for diagnostic in &mut diagnostics {
            diagnostic.hint = hint(&diagnostic.message, unit.kernel);
        }
        let command = std::iter::once(clang.display().to_string()).chain(arguments.iter().cloned());
        let (command, text) = (command.collect(), output.said.clone());
        Self { command, status: output.status, text, diagnostics }
    }

    /// The errors among the messages.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|one| one.level == DiagnosticLevel::Error)
    }

    /// The first error on one line, and how many more there are.
    pub(super) fn headline(&self) -> String {
        let mut errors = self.errors();
        let Some(first) = errors.next() else {
            return format!("clang ended with {} and no error message", self.status);
        };
        match errors.count() {
            0 => first.to_string(),
            1 => format!("{first} (and one more error)"),
            more => format!("{first} (and {more} more errors)"),
        }
    }
}

impl fmt::Display for Diagnostic {
    /// `src/main.rs:12:9: use of undeclared identifier 'foo'; hint`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, "; {hint}"))
    }
}

impl fmt::Display for CompileReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for one in &self.diagnostics {
            let level = match one.level {
                DiagnosticLevel::Error => "error",
                DiagnosticLevel::Warning => "warning",
                DiagnosticLevel::Note => "note",
            };
            writeln!(f, "{level}: {}\n --> {}:{}:{}", one.message, one.file, one.line, one.column)?;
            if let Some(line) = &one.source_line {
                writeln!(f, "{:4} | {}", one.line, line)?;
            }
            if let Some(hint) = &one.hint {
                writeln!(f, "  = help: {hint}")?;
            }
        }
        if self.diagnostics.is_empty() {
            writeln!(f, "{}", self.text.trim_end())?;
        }
        write!(f, "clang ended with {}: {}", self.status, self.command.join(" "))
    }
}

/// Takes clang's words apart: `FILE:LINE:COLUMN: LEVEL: MESSAGE`, then the line of source.
fn parse(said: &str) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> = Vec::new();
    let mut lines = said.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(mut diagnostic) = parse_line(line) else { continue };
        let next = lines.peek().filter(|next| parse_line(next).is_none());
        diagnostic.source_line = next.map(|line| (*line).to_owned());
        found.push(diagnostic);
    }
    found
}

fn parse_line(line: &str) -> Option<Diagnostic> {
    const LEVELS: [(&str, DiagnosticLevel); 4] = [
        (": error: ", DiagnosticLevel::Error),
        (": fatal error: ", DiagnosticLevel::Error),
        (": warning: ", DiagnosticLevel::Warning),
        (": note: ", DiagnosticLevel::Note),
    ];
    let find = |(mark, level): &(&str, DiagnosticLevel)| Some((line.find(mark)?, mark.len(), *level));
    let (at, len, level) = LEVELS.iter().filter_map(find).min_by_key(|(at, ..)| *at)?;
    let (place, message) = (&line[..at], line[at + len..].to_owned());
    let (place, column) = place.rsplit_once(':')?;
    let (file, number) = place.rsplit_once(':')?;
    Some(Diagnostic {
        file: file.to_owned(),
        line: number.parse().ok()?,
        column: column.parse().ok()?,
        level,
        message: without_flag(message),
        source_line: None,
        hint: None,
    })
}

/// Cuts `[-Werror,-Wimplicit-function-declaration]` off.
fn without_flag(message: String) -> String {
    match message.rfind(" [-W") {
        Some(at) => message[..at].to_owned(),
        None => message,
    }
}

/// libclang's messages if it has errors as well, with the source lines from clang's text.
fn merge(structured: Vec<Diagnostic>, parsed: Vec<Diagnostic>) -> Vec<Diagnostic> {
    if !structured.iter().any(|one| one.level == DiagnosticLevel::Error) {
        return parsed;
    }
    let line_of = |one: &Diagnostic| {
        let same = parsed.iter().find(|other| other.file == one.file && other.line == one.line);
        same.and_then(|other| other.source_line.clone())
    };
    let fill = |mut one: Diagnostic| {
        one.source_line = one.source_line.take().or_else(|| line_of(&one));
        one
    };
    structured.into_iter().map(fill).collect()
}

/// What a message means here: most mistakes clang finds are about what this kernel has.
fn hint(message: &str, kernel: Version) -> Option<String> {
    let name = message.split('\'').nth(1).unwrap_or_default();
    let starts = |start: &str| message.starts_with(start);
    if starts("no member named") {
        let owner = message.split('\'').nth(3).unwrap_or_default();
        return Some(match owner.strip_prefix("struct tracepoint__") {
            Some(_) => format!("the tracepoint has no field `{name}` in the running kernel ({kernel})"),
            None => format!("the running kernel ({kernel}) has no `{name}` in `{owner}`"),
        });
    }
    if starts("use of undeclared identifier") || starts("unknown type name") {
        return Some(format!(
            "`{name}` is neither in the running kernel's types ({kernel}) nor in the prelude; \
             define it in the program"
        ));
    }
    if starts("incomplete definition of type") || starts("variable has incomplete type") {
        return Some(format!("the running kernel ({kernel}) has no `{name}` with members"));
    }
    if message.contains("undeclared") && message.contains("function '") {
        return Some(format!(
            "`{name}` is no BPF helper, no function of the program and no macro of the prelude; \
             kernel and libc functions cannot be called from BPF"
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "\
src/main.rs:12:9: error: use of undeclared identifier 'foo'
        x = foo;
            ^
src/main.rs:14:3: error: implicit declaration of function 'bar' [-Werror,-Wimplicit]
<x.h>:1:2: note: declared here
2 errors generated.
";

    /// Each message with its place; the source line where clang shows one.
    #[test]
    fn takes_text_apart() {
        let found = parse(SAID);
        let short = |one: &Diagnostic| (one.file.clone(), one.line, one.column, one.level);
        let places: Vec<_> = found.iter().map(short).collect();
        let expected = [
            ("src/main.rs".to_owned(), 12, 9, DiagnosticLevel::Error),
            ("src/main.rs".to_owned(), 14, 3, DiagnosticLevel::Error),
            ("<x.h>".to_owned(), 1, 2, DiagnosticLevel::Note),
        ];
        assert_eq!(places, expected);
        assert_eq!(found[0].source_line.as_deref(), Some("        x = foo;"));
        assert_eq!(found[1].message, "implicit declaration of function 'bar'");
        assert_eq!(found[1].source_line, None);
    }

    /// The hint for each kind of mistake names the guilty name.
    #[test]
    fn gives_hints() {
        let cases = [
            ("no member named 'x' in 'struct task_struct'", "no `x` in `struct task_struct`"),
            ("no member named 'x' in 'struct tracepoint__a__b'", "tracepoint has no field `x`"),
            ("use of undeclared identifier 'FOO'", "`FOO` is neither"),
            ("incomplete definition of type 'struct foo'", "no `struct foo` with members"),
            ("implicit declaration of function 'kfree' is undeclared; function 'kfree'", "no BPF"),
        ];
        for (message, expected) in cases {
            let hint = hint(message, Version::new(6, 1, 0)).unwrap_or_default();
            assert!(hint.contains(expected), "{message}: {hint}");
        }
        assert_eq!(hint("expected ';'", Version::new(6, 1, 0)), None);
    }
}
