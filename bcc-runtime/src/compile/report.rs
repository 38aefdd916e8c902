//! What clang has against a text.
//!
//! In: the command, its end and its words. Out: [`CompileReport`], the evidence of a compile
//! error. Taking the text apart is left to `messages`, knowing what to do to `hints`.

use super::child::Output;
use super::hints::Known;
use super::unit::Unit;
use super::{hints, libclang, messages};
use crate::spec::Spec;
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
    pub(super) fn new(
        clang: &Path,
        arguments: &[String],
        unit: &Unit,
        spec: &Spec,
        output: &Output,
    ) -> Self {
        let known = Known {
            kernel: unit.kernel,
            from_headers: unit.from_headers,
            spec,
        };
        let parsed = messages::parse(&output.said);
        let structured = libclang::diagnostics(arguments, &unit.text).unwrap_or_default();
        let mut diagnostics = merge(structured, parsed);
        // The header would be ignored, and a function of libc would still not be there.
        diagnostics.retain(|one| !one.message.starts_with("include the header"));
        for diagnostic in &mut diagnostics {
            diagnostic.message = messages::without_tail(&diagnostic.message);
            diagnostic.hint = hints::find(&diagnostic.message, known);
        }
        let command = std::iter::once(clang.display().to_string()).chain(arguments.iter().cloned());
        let (command, text) = (
            command.collect(),
            messages::without_stack_dump(&output.said),
        );
        Self {
            command,
            status: output.status,
            text,
            diagnostics,
        }
    }

    /// The errors among the messages.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics
            .iter()
            .filter(|one| one.level == DiagnosticLevel::Error)
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
        write!(
            f,
            "{}:{}:{}: {}",
            self.file, self.line, self.column, self.message
        )?;
        self.hint
            .as_ref()
            .map_or(Ok(()), |hint| write!(f, "; {hint}"))
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
            writeln!(
                f,
                "{level}: {}\n --> {}:{}:{}",
                one.message, one.file, one.line, one.column
            )?;
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
        write!(
            f,
            "clang ended with {}: {}",
            self.status,
            self.command.join(" ")
        )
    }
}

/// libclang's messages if it has errors as well, with the source lines from clang's text.
fn merge(structured: Vec<Diagnostic>, parsed: Vec<Diagnostic>) -> Vec<Diagnostic> {
    if !structured
        .iter()
        .any(|one| one.level == DiagnosticLevel::Error)
    {
        return parsed;
    }
    let line_of = |one: &Diagnostic| {
        // Several lines of a map's definition have the number of the line that defines it, columns are
        // those of a macro's use or of its argument, and clang's text goes on with what it proposes.
        let same = parsed.iter().find(|other| {
            (&other.file, other.line) == (&one.file, one.line)
                && other.message.starts_with(&one.message)
        });
        same.and_then(|other| other.source_line.clone())
    };
    let fill = |mut one: Diagnostic| {
        one.source_line = one.source_line.take().or_else(|| line_of(&one));
        one
    };
    structured.into_iter().map(fill).collect()
}
