//! Changes to the program text.
//!
//! In: replacements, each for a span of the text, that may quote other spans. Out: the changed
//! text, in which the quoted spans carry their own changes. The text between stays as written, so
//! that what the front end does not know passes through untouched. Behind a change that takes more
//! lines than it replaces, `#line` says where the text goes on.

use crate::source::SourceText;
use crate::span::Span;
use std::fmt::Write as _;

/// A part of a replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// New text.
    Text(String),
    /// Text of the program, with the changes that lie in it.
    Source(Span),
}

impl From<&str> for Piece {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Piece {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Span> for Piece {
    fn from(span: Span) -> Self {
        Self::Source(span)
    }
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Edit {
    span: Span,
    pieces: Vec<Piece>,
}

/// All changes to one text.
#[derive(Clone, Debug, Default)]
pub struct Edits {
    list: Vec<Edit>,
}

impl Edits {
    /// Replaces `span`. A quoted span must lie inside `span` and be smaller.
    pub fn replace(&mut self, span: Span, pieces: impl IntoIterator<Item = Piece>) {
        self.list.push(Edit {
            span,
            pieces: pieces.into_iter().collect(),
        });
    }

    /// Inserts `text` in front of the byte at `offset`.
    pub fn insert(&mut self, offset: u32, text: impl Into<String>) {
        self.replace(Span::new(offset, offset), [Piece::Text(text.into())]);
    }

    /// Adds the changes found in another reading of the same text. Where both change the same
    /// piece, the first counts.
    pub fn merge(&mut self, other: Self) {
        self.list.extend(other.list);
    }

    /// The changed text. Lines keep their numbers: a replacement that has fewer line breaks than
    /// it replaces is followed by the missing ones, one that has more by a `#line`.
    #[must_use]
    pub fn apply(mut self, source: &SourceText) -> String {
        // Outer changes come before those inside them, insertions before what they precede.
        self.list.sort_by(|a, b| {
            let (a_empty, b_empty) = (a.span.start == a.span.end, b.span.start == b.span.end);
            (a.span.start, !a_empty, b.span.end).cmp(&(b.span.start, !b_empty, a.span.end))
        });
        self.list.dedup();
        let all = u32::try_from(source.text().len()).unwrap_or(u32::MAX);
        let mut out = String::with_capacity(source.text().len() * 2);
        Writer {
            source,
            edits: &self.list,
        }
        .write(Span::new(0, all), None, &mut out);
        out
    }
}

struct Writer<'a> {
    source: &'a SourceText,
    edits: &'a [Edit],
}

impl Writer<'_> {
    /// Writes `span` with the changes inside it, except the one at index `outer` and those before.
    fn write(&self, span: Span, outer: Option<usize>, out: &mut String) {
        let mut at = span.start;
        let first = self
            .edits
            .partition_point(|edit| edit.span.start < span.start);
        let first = outer.map_or(first, |outer| first.max(outer + 1));
        for (index, edit) in self.edits.iter().enumerate().skip(first) {
            if edit.span.start >= span.end && span.start != span.end {
                break;
            }
            if edit.span.start < at || !span.contains(edit.span) {
                continue;
            }
            out.push_str(self.source.slice(Span::new(at, edit.span.start)));
            self.write_edit(index, edit, out);
            at = edit.span.end;
        }
        out.push_str(self.source.slice(Span::new(at, span.end)));
    }

    fn write_edit(&self, index: usize, edit: &Edit, out: &mut String) {
        let start = out.len();
        for piece in &edit.pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Source(span) => self.write(*span, Some(index), out),
            }
        }
        let written = count_lines(out.get(start..).unwrap_or(""));
        let replaced = count_lines(self.source.slice(edit.span));
        out.extend(std::iter::repeat_n('\n', replaced.saturating_sub(written)));
        if written > replaced {
            if !out.ends_with('\n') {
                out.push('\n');
            }
            let line = self.source.position(edit.span.end).line;
            // A `String` takes everything.
            let _ = writeln!(out, "#line {line}");
            if edit.span.start == edit.span.end {
                out.push_str(&self.source.indent_at(edit.span.start));
            }
        }
    }
}

fn count_lines(text: &str) -> usize {
    text.bytes().filter(|byte| *byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A quoted span carries the changes inside it, however deep.
    #[test]
    fn nested_edits_apply_inside_quotes() {
        let source = SourceText::new("t.c", "x = a->b->c + 1;");
        let mut edits = Edits::default();
        edits.replace(
            Span::new(4, 8),
            ["R(".into(), Span::new(4, 5).into(), ", b)".into()],
        );
        edits.replace(
            Span::new(4, 11),
            ["R(".into(), Span::new(4, 8).into(), ", c)".into()],
        );
        assert_eq!(edits.apply(&source), "x = R(R(a, b), c) + 1;");
    }

    /// Insertions stand in front of a change at the same place; repeats count once.
    #[test]
    fn insertions_come_first() {
        let source = SourceText::new("t.c", "int f;");
        let mut edits = Edits::default();
        edits.replace(Span::new(0, 3), ["long".into()]);
        edits.insert(0, "static ");
        edits.insert(0, "static ");
        assert_eq!(edits.apply(&source), "static long f;");
    }

    /// What is longer than before is followed by the number of the line that goes on.
    #[test]
    fn longer_changes_are_marked() {
        let source = SourceText::new("t.c", "x;\n  M(a); // m\n  int f;\n");
        let mut edits = Edits::default();
        edits.replace(Span::new(5, 10), ["m\n  n;".into()]);
        edits.insert(18, "S\n");
        assert_eq!(
            edits.apply(&source),
            "x;\n  m\n  n;\n#line 2\n // m\n  S\n#line 3\n  int f;\n"
        );
    }

    /// The text behind a change stays on its line.
    #[test]
    fn line_breaks_are_kept() {
        let source = SourceText::new("t.c", "M(a,\n  b);\nx");
        let mut edits = Edits::default();
        edits.replace(Span::new(0, 10), ["m;".into()]);
        assert_eq!(edits.apply(&source), "m;\n\nx");
    }
}
