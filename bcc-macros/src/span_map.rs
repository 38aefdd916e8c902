//! From places in the C text to places the compiler knows.
//!
//! In: the bytes each token takes in the text. Out: [`SpanMap`], which finds the tokens under a
//! [`bcc_lang::span::Span`].

use bcc_lang::span::Span as TextSpan;
use proc_macro2::Span;
use std::ops::Range;

/// Where each token stands in the text.
#[derive(Debug)]
pub(crate) struct SpanMap {
    /// In the order of the text, never overlapping.
    tokens: Vec<(Range<usize>, Span)>,
    /// Stands for the whole text when there are no tokens.
    whole: Span,
}

impl SpanMap {
    /// A map of tokens in the order of the text; `whole` is used if there are none.
    pub(crate) fn new(tokens: Vec<(Range<usize>, Span)>, whole: Span) -> Self {
        Self { tokens, whole }
    }

    /// A map for a text that is a single token to the compiler, such as a literal.
    pub(crate) const fn single(whole: Span) -> Self {
        Self {
            tokens: Vec::new(),
            whole,
        }
    }

    /// The first and the last token under `span`, or twice the one nearest to it.
    pub(crate) fn ends(&self, span: TextSpan) -> (Span, Span) {
        let range = span.range();
        let first = self
            .tokens
            .partition_point(|(place, _)| place.end <= range.start);
        let behind = self
            .tokens
            .partition_point(|(place, _)| place.start < range.end);
        if first < behind {
            (self.tokens[first].1, self.tokens[behind - 1].1)
        } else {
            let nearest = self.nearest(first, range.start);
            (nearest, nearest)
        }
    }

    /// The first token under `span`, or the one nearest to it.
    pub(crate) fn start(&self, span: TextSpan) -> Span {
        self.ends(span).0
    }

    /// The token nearest to the byte `at`, which lies between token `next - 1` and token `next`.
    /// On a tie it is the one before: a missing `;` belongs behind what was written.
    fn nearest(&self, next: usize, at: usize) -> Span {
        let before = next.checked_sub(1).and_then(|index| self.tokens.get(index));
        match (before, self.tokens.get(next)) {
            (Some(before), Some(after)) => {
                let closer_after = after.0.start.abs_diff(at) < at.abs_diff(before.0.end);
                if closer_after { after.1 } else { before.1 }
            }
            (Some(only), None) | (None, Some(only)) => only.1,
            (None, None) => self.whole,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proc_macro2::TokenStream;

    /// Spans over tokens, inside one, between two and behind all of them.
    #[test]
    fn finds_tokens() {
        let stream: TokenStream = "abc de  ;".parse().expect("lexes");
        let spans: Vec<_> = stream.into_iter().map(|tree| tree.span()).collect();
        let places = [0..3, 4..6, 8..9];
        let map = SpanMap::new(
            places.into_iter().zip(spans.clone()).collect(),
            Span::call_site(),
        );
        let table = [
            ((0, 3), (0, 0)),
            ((0, 6), (0, 1)),
            ((1, 2), (0, 0)),
            ((2, 9), (0, 2)),
            ((3, 3), (0, 0)),
            ((6, 6), (1, 1)),
            ((6, 8), (1, 1)),
            ((8, 8), (2, 2)),
            ((20, 20), (2, 2)),
        ];
        for ((start, end), (first, last)) in table {
            let (from, to) = map.ends(TextSpan::new(start, end));
            assert_eq!(from.start(), spans[first].start(), "{start}..{end}");
            assert_eq!(to.start(), spans[last].start(), "{start}..{end}");
        }
    }
}
