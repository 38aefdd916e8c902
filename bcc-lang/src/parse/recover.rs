//! Going on after a mistake.
//!
//! In: where the construct began that could not be read. Out: a place behind it from which reading
//! goes on, so that each mistake is reported and none is reported twice.

use super::cursor::Parser;
use crate::ast::Opaque;
use crate::diag::Diagnostic;
use crate::span::Span;
use crate::token::{Keyword, Punct, TokenKind};

impl Parser<'_> {
    /// Skips the rest of the statement or member that began at token `start`: up to its `;`, or
    /// before the brace that closes what it stands in.
    pub(super) fn recover_statement(&mut self, start: usize) -> Opaque {
        let stop = if self.leaving {
            self.pos()
        } else {
            self.find_stop(start, false)
        };
        self.skip_over(start, stop)
    }

    /// Skips the rest of the item that began at token `start`.
    pub(super) fn recover_item(&mut self, start: usize) -> Opaque {
        let stop = if self.leaving {
            self.pos()
        } else {
            self.find_stop(start, true)
        };
        self.skip_over(start, stop)
    }

    /// Goes to `stop`; the text from token `start` on is passed through.
    fn skip_over(&mut self, start: usize, stop: usize) -> Opaque {
        self.skip_to(stop);
        let first = self.token_at(start).span;
        let span = if self.pos() > start {
            self.span_from(first)
        } else {
            self.empty_span()
        };
        Opaque { span }
    }

    /// The index behind the construct that began at `start`. Brackets that the construct opened are
    /// stepped over as a whole, wherever in them the mistake was found.
    fn find_stop(&self, start: usize, is_item: bool) -> usize {
        let mut at = start;
        loop {
            let kind = self.kind_at(at);
            if kind == TokenKind::End {
                return at;
            }
            if at >= self.pos() {
                if kind.is(Punct::Semicolon) {
                    return at + 1;
                }
                if kind.is(Punct::RightBrace) {
                    return if is_item { at + 1 } else { at };
                }
                if at > start && self.starts_next(at, is_item) {
                    return at;
                }
            }
            let close = self
                .closer_of(at)
                .filter(|_| kind.punct().is_some_and(|punct| punct.closer().is_some()));
            at = close.unwrap_or(at) + 1;
            if close.is_some() && kind.is(Punct::LeftBrace) && at > self.pos() {
                return if self.kind_at(at).is(Punct::Semicolon) {
                    at + 1
                } else {
                    at
                };
            }
        }
    }

    /// Whether the token at `index` most likely begins something new.
    fn starts_next(&self, index: usize, is_item: bool) -> bool {
        if !self.starts_line(index) {
            return false;
        }
        let kind = self.kind_at(index);
        if is_item {
            return matches!(kind, TokenKind::Ident | TokenKind::Keyword(_))
                && self.at_base_column(index);
        }
        kind.keyword()
            .is_some_and(|keyword| keyword.starts_statement() || keyword.starts_declaration())
    }

    /// Whether the token at `index` stands as far left as the first one of the text.
    pub(super) fn at_base_column(&self, index: usize) -> bool {
        self.starts_line(index) && self.column_at(index) <= self.column_at(0)
    }

    /// Takes the `;` that must end a construct. Without one, what follows on the next line is most
    /// likely something new; anything else is skipped.
    pub(super) fn expect_semicolon(&mut self, start: usize, what: &str) {
        if self.eat(Punct::Semicolon).is_some() {
            return;
        }
        let next = self.kind();
        let is_new = self.at_end()
            || self.starts_line(self.pos())
            || next.is(Punct::RightBrace)
            || next == TokenKind::Keyword(Keyword::Else)
            || next
                .keyword()
                .is_some_and(|keyword| keyword.starts_statement() || keyword.starts_declaration());
        if is_new {
            let span = self.previous_span();
            self.error(
                Diagnostic::error(span, format!("expected `;` after this {what}"))
                    .with_help("add a `;`"),
            );
            return;
        }
        let found = self.found();
        let is_closer = next.punct().is_some_and(Punct::is_closer);
        let message = if is_closer {
            format!("unexpected {found}")
        } else {
            format!("expected `;` after this {what}, found {found}")
        };
        self.error_here(message);
        self.recover_statement(start);
    }

    /// Reports the brace that lacks its partner, and leaves everything that is open.
    pub(super) fn report_unclosed(&mut self, open: Span, found: Option<Span>) {
        let guilty = self.suspect.take().unwrap_or(open);
        let mut error =
            Diagnostic::error(guilty, "this `{` is not closed").with_help("add the closing `}`");
        if let Some(found) = found {
            error = error.with_label(found, "this would be inside of it");
        }
        if !self.is_swallowed(guilty) {
            self.error(error);
        }
        self.leaving = true;
    }

    /// Takes everything up to the `;` as it is: `asm(...)`, `__label__ a, b`.
    pub(super) fn parse_opaque_statement(&mut self, what: &str) -> Opaque {
        let start = self.pos();
        let first = self.span();
        self.bump();
        while !self.at_end() && !self.at(Punct::Semicolon) && !self.at(Punct::RightBrace) {
            match self.closer_of(self.pos()) {
                Some(close) => self.skip_to(close + 1),
                None if self.starts_next(self.pos(), false) => break,
                None => {
                    self.bump();
                }
            }
        }
        self.expect_semicolon(start, what);
        Opaque {
            span: self.span_from(first),
        }
    }
}
