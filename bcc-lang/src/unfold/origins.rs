//! The written-out text while it grows, and the way back from it.

use super::{Unfolded, Word};
use crate::source::SourceText;
use crate::span::Span;

/// From places in a written-out text to places in the text it was made from.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    /// In the order of the written-out text, which they cover; none if the texts are the same.
    pieces: Vec<Piece>,
}

/// A stretch of the written-out text.
#[derive(Clone, Copy, Debug)]
struct Piece {
    /// Where it begins there.
    start: u32,
    /// What it stands for.
    origin: Span,
    /// Whether it is a copy of that, byte for byte.
    copied: bool,
}

impl Origins {
    /// The place that `span` of the written-out text came from.
    #[must_use]
    pub fn place(&self, span: Span) -> Span {
        if self.pieces.is_empty() {
            return span;
        }
        let first = self.at(span.start);
        if span.start == span.end {
            return first.at_start();
        }
        // The place of the last byte ends where the span does.
        let last = self.at(span.end - 1);
        if first.start < last.end {
            return Span::new(first.start, last.end);
        }
        first
    }

    /// The place of one byte: itself, or the whole use it was made for.
    fn at(&self, offset: u32) -> Span {
        let behind = self.pieces.partition_point(|piece| piece.start <= offset);
        let piece = behind.checked_sub(1).and_then(|last| self.pieces.get(last));
        match piece {
            Some(piece) if piece.copied => {
                let at = piece.origin.start + (offset - piece.start);
                Span::new(at, at + 1)
            }
            Some(piece) => piece.origin,
            None => Span::new(offset, offset + 1),
        }
    }
}

/// The written-out text while it grows.
pub(super) struct Output<'s> {
    source: &'s SourceText,
    text: String,
    pieces: Vec<Piece>,
    /// Up to where the source has been dealt with.
    done: u32,
}

impl<'s> Output<'s> {
    pub(super) fn new(source: &'s SourceText) -> Self {
        Self {
            source,
            text: String::with_capacity(source.text().len() * 2),
            pieces: Vec::new(),
            done: 0,
        }
    }

    /// Puts `words` in place of `used`.
    pub(super) fn replace(&mut self, used: Span, words: &[Word]) {
        self.copy(Span::new(self.done, used.start));
        self.done = used.end;
        for (index, word) in words.iter().enumerate() {
            if word.gap && index > 0 {
                self.push(" ", used, false);
            }
            match word.place {
                Some(place) if self.source.slice(place) == word.text => self.copy(place),
                _ => self.push(&word.text, used, false),
            }
        }
        let lines = self.source.slice(used).matches('\n').count();
        self.push(&"\n".repeat(lines), used, false);
    }

    pub(super) fn finish(mut self) -> Unfolded {
        let end = u32::try_from(self.source.text().len()).unwrap_or(u32::MAX);
        self.copy(Span::new(self.done, end));
        Unfolded {
            source: self.source.replaced(self.text),
            origins: Origins {
                pieces: self.pieces,
            },
        }
    }

    fn copy(&mut self, span: Span) {
        self.push(self.source.slice(span), span, true);
    }

    fn push(&mut self, text: &str, origin: Span, copied: bool) {
        if text.is_empty() {
            return;
        }
        // A text longer than spans reach is cut when it becomes a source.
        let start = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        self.pieces.push(Piece {
            start,
            origin,
            copied,
        });
        self.text.push_str(text);
    }
}
