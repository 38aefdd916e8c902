//! Messages about the program text.
//!
//! In: spans and words from every stage. Out: [`Diagnostics`], sorted by place and free of repeats,
//! and their plain-text rendering for program text that has no Rust compiler to show it.

use crate::source::SourceText;
use crate::span::Span;
use std::fmt::Write as _;

/// How much a message weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The program cannot be used.
    Error,
    /// The program can be used but likely does not do what was meant.
    Warning,
}

/// One message, on one place, with the way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error or warning.
    pub level: Level,
    /// The smallest guilty piece of text.
    pub span: Span,
    /// Lower case, no full stop, names in backticks.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Other places that matter, such as the first of two definitions.
    pub labels: Vec<(Span, String)>,
}

impl Diagnostic {
    /// An error at `span`.
    #[must_use]
    pub fn error(span: Span, message: impl Into<String>) -> Self {
        Self::new(Level::Error, span, message)
    }

    /// A warning at `span`.
    #[must_use]
    pub fn warning(span: Span, message: impl Into<String>) -> Self {
        Self::new(Level::Warning, span, message)
    }

    /// A message of this weight at `span`.
    #[must_use]
    pub fn new(level: Level, span: Span, message: impl Into<String>) -> Self {
        Self {
            level,
            span,
            message: message.into(),
            help: None,
            labels: Vec::new(),
        }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds another place that matters.
    #[must_use]
    pub fn with_label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push((span, text.into()));
        self
    }

    /// The message as text: place, message, source line with a marker, labels, help.
    #[must_use]
    pub fn render(&self, source: &SourceText) -> String {
        let level = match self.level {
            Level::Error => "error",
            Level::Warning => "warning",
        };
        let mut out = format!("{level}: {}\n", self.message);
        render_place(&mut out, source, self.span, None);
        for (span, text) in &self.labels {
            render_place(&mut out, source, *span, Some(text));
        }
        if let Some(help) = &self.help {
            let _ = writeln!(out, "  = help: {help}");
        }
        out
    }
}

/// Writes `--> file:line:column`, the line and a marker under the span.
fn render_place(out: &mut String, source: &SourceText, span: Span, text: Option<&str>) {
    let at = source.position(span.start);
    let line = source.line_at(span.start);
    let end = source.position(span.end);
    let indent = source.position(span.start).column
        - source
            .position(span.start - line_offset(source, span))
            .column;
    let width = if end.line == at.line {
        end.column.saturating_sub(at.column).max(1)
    } else {
        1
    };
    let number = at.line.to_string();
    let gutter = " ".repeat(number.len());
    // A tab stays a tab so that the marker stands under its text at any tab width.
    let pad: String = line
        .chars()
        .take(indent as usize)
        .map(|c| if c == '\t' { '\t' } else { ' ' })
        .collect();
    let _ = writeln!(
        out,
        "{gutter}--> {}:{}:{}",
        source.name(),
        at.line,
        at.column
    );
    let _ = writeln!(out, "{gutter} |\n{number} | {line}");
    let _ = write!(out, "{gutter} | {pad}{}", "^".repeat(width as usize));
    let _ = writeln!(out, "{}", text.map(|t| format!(" {t}")).unwrap_or_default());
}

/// Bytes between the start of the line and the span.
fn line_offset(source: &SourceText, span: Span) -> u32 {
    let before = source.slice(Span::new(0, span.start));
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    u32::try_from(before.len() - start).unwrap_or(0)
}

/// All messages of one run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// No messages yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { list: Vec::new() }
    }

    /// Adds a message.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.list.push(diagnostic);
    }

    /// Whether no message is an error.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.list
            .iter()
            .all(|diagnostic| diagnostic.level != Level::Error)
    }

    /// The messages by place, each once.
    #[must_use]
    pub fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.list
            .sort_by(|a, b| (a.span, a.level, &a.message).cmp(&(b.span, b.level, &b.message)));
        self.list.dedup();
        self.list
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, iter: I) {
        self.list.extend(iter);
    }
}
