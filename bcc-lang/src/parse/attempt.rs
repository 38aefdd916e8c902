//! Trying a reading and going back.
//!
//! In: a way to read some tokens. Out: what it read, or nothing and no trace. How much work all
//! trials of a text may cost is bounded by the parser's fuel.

use super::cursor::Parser;
use super::names::NamesMark;
use crate::diag::Diagnostic;
use crate::span::Span;

/// A place to go back to.
pub(super) struct Mark {
    pos: usize,
    next_directive: usize,
    end: usize,
    errors: usize,
    names: NamesMark,
    height: u32,
    saw_bad: bool,
    leaving: bool,
    blocks: usize,
    suspect: Option<Span>,
}

impl Parser<'_> {
    pub(super) fn mark(&self) -> Mark {
        Mark {
            pos: self.pos,
            next_directive: self.next_directive,
            end: self.end,
            errors: self.errors.len(),
            names: self.names.mark(),
            height: self.height,
            saw_bad: self.saw_bad,
            leaving: self.leaving,
            blocks: self.blocks.len(),
            suspect: self.suspect,
        }
    }

    pub(super) fn go_back(&mut self, mark: &Mark) {
        self.pos = mark.pos;
        self.next_directive = mark.next_directive;
        self.end = mark.end;
        self.errors.truncate(mark.errors);
        self.names.forget(mark.names);
        self.height = mark.height;
        self.saw_bad = mark.saw_bad;
        self.leaving = mark.leaving;
        self.blocks.truncate(mark.blocks);
        self.suspect = mark.suspect;
    }

    /// Whether anything was reported since `mark`.
    pub(super) const fn failed_since(&self, mark: &Mark) -> bool {
        self.errors.len() > mark.errors
    }

    /// Takes the messages since `mark` away, to give them back should no other reading fit.
    pub(super) fn take_errors(&mut self, mark: &Mark) -> Vec<Diagnostic> {
        self.errors.split_off(mark.errors.min(self.errors.len()))
    }

    /// Tries to read the tokens up to `end` in one way; stays at the start, silently, if they do
    /// not fit. The work spent on all trials of a text is bounded: out of fuel, none fits.
    pub(super) fn try_until<T>(
        &mut self,
        end: usize,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        let mark = self.mark();
        let outer = (self.depth, self.reported_depth);
        self.end = end.min(self.end);
        self.trying += 1;
        let result = read(self);
        let whole = self.pos == self.end && (self.fuel > 0) && !self.failed_since(&mark);
        self.trying -= 1;
        (self.depth, self.reported_depth) = outer;
        self.end = mark.end;
        if result.is_none() || !whole {
            self.go_back(&mark);
            return None;
        }
        result
    }

    /// Reads with the text ending at token `end`.
    pub(super) fn until<T>(&mut self, end: Option<usize>, read: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.end;
        self.end = end.unwrap_or(outer).min(outer);
        let result = read(self);
        self.end = outer;
        result
    }
}
