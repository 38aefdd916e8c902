//! The program text and where it came from.
//!
//! In: the text, a name for it, and the place of its first character in the named file.
//! Out: [`SourceText`], which turns byte offsets into lines and columns.

use crate::span::Span;

/// C text of one program, with what is needed to speak about places in it.
#[derive(Clone, Debug)]
pub struct SourceText {
    name: String,
    text: String,
    origin: Position,
    /// Lines in front of the file's own text.
    preamble: u32,
    /// Offset of the first byte of every line.
    line_starts: Vec<u32>,
    /// Whether a line begins with a tab.
    has_tabs: bool,
}

/// A line and a column, both counted from 1; the column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl SourceText {
    /// The longest text accepted, in bytes: spans are 32 bits wide.
    pub const MAX_LEN: usize = u32::MAX as usize - 1;

    /// A text that starts at line 1, column 1 of the file called `name`.
    ///
    /// A text longer than [`Self::MAX_LEN`] is cut there, at a character border.
    #[must_use]
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self::with_origin(name, text, Position { line: 1, column: 1 })
    }

    /// A text whose first character stands at `origin` in the file called `name`.
    #[must_use]
    pub fn with_origin(name: impl Into<String>, text: impl Into<String>, origin: Position) -> Self {
        let mut text = text.into();
        if text.len() > Self::MAX_LEN {
            text.truncate(text.floor_char_boundary_stable(Self::MAX_LEN));
        }
        let line_starts = std::iter::once(0)
            .chain(
                text.bytes()
                    .zip(1u32..)
                    .filter(|(byte, _)| *byte == b'\n')
                    .map(|(_, next)| next),
            )
            .collect();
        let has_tabs = text.contains("\n\t");
        Self {
            name: name.into(),
            text,
            origin,
            preamble: 0,
            line_starts,
            has_tabs,
        }
    }

    /// A text with definitions in front that do not stand in the file: whole lines, as flags of the
    /// compiler give them.
    #[must_use]
    pub fn with_preamble(name: impl Into<String>, preamble: &str, text: &str) -> Self {
        let lines = preamble.bytes().filter(|byte| *byte == b'\n').count();
        let mut source = Self::new(name, format!("{preamble}{text}"));
        source.preamble = u32::try_from(lines).unwrap_or(u32::MAX);
        source
    }

    /// Another text that stands in for this one, line by line.
    #[must_use]
    pub fn replaced(&self, text: impl Into<String>) -> Self {
        Self {
            preamble: self.preamble,
            ..Self::with_origin(self.name.clone(), text, self.origin)
        }
    }

    /// How many lines stand in front of the file's own text.
    #[must_use]
    pub const fn preamble_lines(&self) -> u32 {
        self.preamble
    }

    /// Name of the file the text stands in.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The place of the first character in its file.
    #[must_use]
    pub const fn origin(&self) -> Position {
        self.origin
    }

    /// The text under `span`; empty if the span does not lie on character borders of this text.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }

    /// Line and column, in the file, of the character at byte `offset`.
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        let index = self.line_index(offset);
        let start = self.line_starts.get(index).copied().unwrap_or(0);
        let before = self.slice(Span::new(start, offset.max(start)));
        let column = u32::try_from(before.chars().count()).unwrap_or(u32::MAX);
        let first_column = if index == 0 { self.origin.column } else { 1 };
        Position {
            line: self
                .origin
                .line
                .saturating_add(u32::try_from(index).unwrap_or(u32::MAX))
                .saturating_sub(self.preamble)
                .max(1),
            column: first_column.saturating_add(column),
        }
    }

    /// The whole line, without its line end, that holds byte `offset`.
    #[must_use]
    pub fn line_at(&self, offset: u32) -> &str {
        let index = self.line_index(offset);
        let start = self.line_starts.get(index).copied().unwrap_or(0) as usize;
        let end = self
            .line_starts
            .get(index + 1)
            .map_or(self.text.len(), |next| *next as usize);
        self.text
            .get(start..end)
            .unwrap_or("")
            .trim_end_matches(['\n', '\r'])
    }

    /// The blanks with which the line that holds byte `offset` begins in its file.
    #[must_use]
    pub fn indent_at(&self, offset: u32) -> String {
        let line = self.line_at(offset);
        let blanks = line.len() - line.trim_start_matches([' ', '\t']).len();
        let mut indent = line.get(..blanks).unwrap_or("").to_owned();
        if self.line_index(offset) == 0 {
            let before = self.origin.column.saturating_sub(1) as usize;
            indent.insert_str(0, &" ".repeat(before));
        }
        indent
    }

    /// Whether only blanks stand before byte `offset` in its line.
    #[must_use]
    pub fn starts_line(&self, offset: u32) -> bool {
        let start = self.line_starts.get(self.line_index(offset)).copied();
        let before = self.slice(Span::new(start.unwrap_or(0).min(offset), offset));
        before.trim_start_matches([' ', '\t']).is_empty()
    }

    /// One more level of indentation, as the text has it: a tab, or four blanks.
    #[must_use]
    pub const fn indent_unit(&self) -> &'static str {
        if self.has_tabs { "\t" } else { "    " }
    }

    /// Index, from 0, of the line that holds byte `offset`.
    fn line_index(&self, offset: u32) -> usize {
        self.line_starts
            .partition_point(|start| *start <= offset)
            .saturating_sub(1)
    }
}

/// `str::floor_char_boundary` is newer than the oldest Rust we build with.
trait FloorCharBoundary {
    fn floor_char_boundary_stable(&self, index: usize) -> usize;
}

impl FloorCharBoundary for String {
    fn floor_char_boundary_stable(&self, index: usize) -> usize {
        (0..=index.min(self.len()))
            .rev()
            .find(|at| self.is_char_boundary(*at))
            .unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands in front has no lines of its own.
    #[test]
    fn positions_leave_out_the_preamble() {
        let source = SourceText::with_preamble("a.c", "#define A 1\n", "x;\ny;\n");
        assert_eq!(source.position(3), Position { line: 1, column: 4 });
        assert_eq!(source.position(12), Position { line: 1, column: 1 });
        assert_eq!(source.position(15), Position { line: 2, column: 1 });
    }

    /// Lines and columns count from the origin; only the first line is shifted sideways.
    #[test]
    fn positions_follow_the_origin() {
        let source = SourceText::with_origin("a.rs", "ab\ncé;x", Position { line: 7, column: 5 });
        assert_eq!(source.position(1), Position { line: 7, column: 6 });
        assert_eq!(source.position(3), Position { line: 8, column: 1 });
        assert_eq!(source.position(7), Position { line: 8, column: 4 });
        assert_eq!(source.line_at(7), "cé;x");
    }
}
