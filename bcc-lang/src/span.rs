//! A place in the program text.
//!
//! In: nothing. Out: [`Span`], carried by every token, every tree node and every diagnostic.

use std::ops::Range;

/// A range of bytes in one [`SourceText`](crate::source::SourceText).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset behind the last byte.
    pub end: u32,
}

impl Span {
    /// The bytes from `start` up to, not including, `end`.
    #[must_use]
    pub const fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// The smallest span that covers both.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self {
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }

    /// Whether `other` lies inside this span.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The empty span before the first byte.
    #[must_use]
    pub const fn at_start(self) -> Self {
        Self {
            start: self.start,
            end: self.start,
        }
    }

    /// The empty span behind the last byte.
    #[must_use]
    pub const fn at_end(self) -> Self {
        Self {
            start: self.end,
            end: self.end,
        }
    }

    /// The span as indices into the text.
    #[must_use]
    pub const fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}
