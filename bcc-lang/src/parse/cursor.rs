//! The parser's place in the tokens.
//!
//! In: [`Visible`] tokens. Out: [`Parser`], with what every grammar area needs: looking at tokens,
//! taking them, reporting, trying a reading and going back, and the limits on depth and work.

use super::brackets::match_brackets;
use super::names::Names;
use crate::ast::{Directive, Ident};
use crate::conditionals::Visible;
use crate::diag::Diagnostic;
use crate::lex;
use crate::source::SourceText;
use crate::span::Span;
use crate::token::{Bad, Keyword, Punct, Token, TokenKind};
use std::borrow::Cow;

/// How many tokens readings that are tried and given up may cost, per token of the text.
const FUEL_PER_TOKEN: usize = 16;

/// The parser: tokens, place, names and messages.
pub(super) struct Parser<'s> {
    pub(super) source: &'s SourceText,
    tokens: Vec<Token>,
    closers: Vec<Option<usize>>,
    directives: Vec<(usize, Directive)>,
    pub(super) next_directive: usize,
    pub(super) pos: usize,
    /// Where the text to read ends; before the end of the tokens while a part is tried.
    pub(super) end: usize,
    pub(super) names: Names,
    pub(super) errors: Vec<Diagnostic>,
    pub(super) depth: u32,
    pub(super) height: u32,
    pub(super) reported_depth: bool,
    /// How many readings being tried enclose this place.
    pub(super) trying: u32,
    pub(super) fuel: usize,
    /// Whether text that is no token was taken since the last point of recovery.
    pub(super) saw_bad: bool,
    /// Where the last literal that lacks its end began: it swallowed the rest of its line.
    swallowed: Option<u32>,
    /// A function definition inside a block shows that a brace is missing: leave all blocks.
    pub(super) leaving: bool,
    /// The open blocks, with the column their line begins at.
    pub(super) blocks: Vec<(Span, usize)>,
    /// The brace of a block whose closing brace stands further left than it should.
    pub(super) suspect: Option<Span>,
}

impl<'s> Parser<'s> {
    pub(super) fn new(source: &'s SourceText, visible: Visible) -> Self {
        let Visible {
            tokens,
            directives,
            alternatives: _,
        } = visible;
        let names = Names::new(source, directives.iter().map(|(_, directive)| directive));
        Self {
            source,
            closers: match_brackets(&tokens),
            fuel: tokens.len() * FUEL_PER_TOKEN + 64,
            end: tokens.len(),
            tokens,
            directives,
            next_directive: 0,
            pos: 0,
            names,
            errors: Vec::new(),
            depth: 0,
            height: 0,
            reported_depth: false,
            trying: 0,
            saw_bad: false,
            swallowed: None,
            leaving: false,
            blocks: Vec::new(),
            suspect: None,
        }
    }

    /// Every preprocessor line that was shown, in order.
    pub(super) fn into_directives(self) -> Vec<Directive> {
        self.directives
            .into_iter()
            .map(|(_, directive)| directive)
            .collect()
    }

    /// The lines that stand right before the current token and were not yet handed out.
    pub(super) fn directives_here(&mut self) -> Vec<Directive> {
        while self
            .directives
            .get(self.next_directive)
            .is_some_and(|(index, _)| *index < self.pos)
        {
            self.next_directive += 1;
        }
        let rest = self.directives.get(self.next_directive..).unwrap_or(&[]);
        let here: Vec<_> = rest
            .iter()
            .take_while(|(index, _)| *index == self.pos)
            .map(|(_, line)| line.clone())
            .collect();
        self.next_directive += here.len();
        here
    }

    /// Hands out again the lines right before the current token.
    pub(super) fn rewind_directives(&mut self) {
        self.next_directive = self
            .directives
            .partition_point(|(index, _)| *index < self.pos);
    }

    /// Whether a preprocessor line stands right before the current token.
    pub(super) fn directive_before(&self) -> bool {
        let at = self
            .directives
            .partition_point(|(index, _)| *index < self.pos);
        self.directives
            .get(at)
            .is_some_and(|(index, _)| *index == self.pos)
    }

    /// The index of the current token.
    pub(super) const fn pos(&self) -> usize {
        self.pos
    }

    /// Goes to the token at `index`, which is not before the current one.
    pub(super) fn skip_to(&mut self, index: usize) {
        while self.pos < index && !self.at_end() {
            self.bump();
        }
    }

    pub(super) fn token_at(&self, index: usize) -> Token {
        let exhausted = self.trying > 0 && self.fuel == 0;
        match self.tokens.get(index) {
            Some(token) if index < self.end && !exhausted => *token,
            Some(_) | None => Token {
                kind: TokenKind::End,
                span: self.last_span(),
                first_on_line: true,
            },
        }
    }

    pub(super) fn kind_at(&self, index: usize) -> TokenKind {
        self.token_at(index).kind
    }

    pub(super) fn kind(&self) -> TokenKind {
        self.kind_at(self.pos)
    }

    /// The kind of the token `ahead` tokens on.
    pub(super) fn peek(&self, ahead: usize) -> TokenKind {
        self.kind_at(self.pos + ahead)
    }

    pub(super) fn at_end(&self) -> bool {
        self.kind() == TokenKind::End
    }

    pub(super) fn at(&self, punct: Punct) -> bool {
        self.kind().is(punct)
    }

    pub(super) fn at_keyword(&self, keyword: Keyword) -> bool {
        self.kind() == TokenKind::Keyword(keyword)
    }

    /// Where the current token stands; the last token at the end of the text.
    pub(super) fn span(&self) -> Span {
        self.token_at(self.pos).span
    }

    /// Where the token before the current one stands.
    pub(super) fn previous_span(&self) -> Span {
        let previous = self
            .pos
            .checked_sub(1)
            .and_then(|index| self.tokens.get(index));
        previous.map_or_else(|| self.span().at_start(), |token| token.span)
    }

    /// The last token that may be read.
    fn last_span(&self) -> Span {
        let last = self
            .end
            .checked_sub(1)
            .and_then(|index| self.tokens.get(index));
        last.map_or(Span::new(0, 0), |token| token.span)
    }

    /// From `start` to the end of the token before the current one.
    pub(super) fn span_from(&self, start: Span) -> Span {
        let end = self.previous_span().end;
        Span::new(start.start, end.max(start.start))
    }

    /// An empty span before the current token, behind the one before it.
    pub(super) fn empty_span(&self) -> Span {
        self.previous_span().at_end()
    }

    /// The text of the token at `index`, splices taken out.
    pub(super) fn text_at(&self, index: usize) -> Cow<'s, str> {
        lex::clean(self.source.slice(self.token_at(index).span))
    }

    /// The column, from 0, of the token at `index`.
    pub(super) fn column_at(&self, index: usize) -> usize {
        let start = self.token_at(index).span.start as usize;
        let before = self.source.text().get(..start).unwrap_or("");
        before.len() - before.rfind('\n').map_or(0, |at| at + 1)
    }

    pub(super) fn starts_line(&self, index: usize) -> bool {
        self.token_at(index).first_on_line
    }

    /// The index of the bracket that closes the one at `index`.
    pub(super) fn closer_of(&self, index: usize) -> Option<usize> {
        self.closers
            .get(index)
            .copied()
            .flatten()
            .filter(|close| *close < self.end)
    }

    /// Takes the current token.
    pub(super) fn bump(&mut self) -> Token {
        let token = self.token_at(self.pos);
        if token.kind != TokenKind::End {
            self.pos += 1;
        }
        self.saw_bad |= token.kind.is_bad();
        if matches!(
            token.kind,
            TokenKind::Bad(Bad::UnterminatedString | Bad::UnterminatedChar)
        ) {
            self.swallowed = Some(token.span.start);
        }
        self.burn();
        token
    }

    /// Pays for looking at one token far ahead.
    pub(super) const fn burn(&mut self) {
        if self.trying > 0 {
            self.fuel = self.fuel.saturating_sub(1);
        }
    }

    pub(super) fn eat(&mut self, punct: Punct) -> Option<Span> {
        self.at(punct).then(|| self.bump().span)
    }

    pub(super) fn eat_keyword(&mut self, keyword: Keyword) -> Option<Span> {
        self.at_keyword(keyword).then(|| self.bump().span)
    }

    pub(super) fn eat_ident(&mut self) -> Option<Ident> {
        (self.kind() == TokenKind::Ident).then(|| self.bump_ident())
    }

    /// Takes the current token as a name.
    pub(super) fn bump_ident(&mut self) -> Ident {
        let name = self.text_at(self.pos).into_owned();
        Ident {
            name,
            span: self.bump().span,
        }
    }

    /// The current token as messages call it.
    pub(super) fn found(&self) -> String {
        if self.at_end() {
            return "the end of the text".to_owned();
        }
        let text = self.text_at(self.pos);
        let short: String = text.chars().take(40).filter(|c| *c != '\n').collect();
        format!("`{short}`")
    }

    /// Takes the name that must stand here.
    pub(super) fn expect_ident(&mut self, what: &str) -> Option<Ident> {
        let ident = self.eat_ident();
        if ident.is_none() {
            self.error_here(format!("expected {what}, found {}", self.found()));
        }
        ident
    }

    /// Takes the sign that must stand here.
    pub(super) fn expect(&mut self, punct: Punct) -> Option<Span> {
        let found = self.eat(punct);
        if found.is_none() {
            self.error_here(format!(
                "expected `{}`, found {}",
                punct.text(),
                self.found()
            ));
        }
        found
    }

    /// Takes the bracket that must close the one at `open`.
    pub(super) fn expect_closer(&mut self, punct: Punct, open: Span, what: &str) -> Option<Span> {
        let found = self.eat(punct);
        if found.is_none() {
            let message = format!("expected {what}`{}`, found {}", punct.text(), self.found());
            let opener = self.source.slice(open);
            self.error(
                Diagnostic::error(self.span(), message)
                    .with_label(open, format!("this `{opener}` is not closed")),
            );
        }
        found
    }

    pub(super) fn error_here(&mut self, message: impl Into<String>) {
        self.error(Diagnostic::error(self.span(), message));
    }

    /// Reports a mistake, unless a piece of text that is no token is the likely cause.
    pub(super) fn error(&mut self, error: Diagnostic) {
        let excused = self.leaving || self.saw_bad || self.kind().is_bad();
        // Whoever tries this reading has to learn that it failed, whatever the cause.
        if !excused || self.trying > 0 {
            self.errors.push(error);
        }
        // What is open at the end of the text needs no message of its own.
        self.leaving |= self.trying == 0 && self.pos >= self.tokens.len();
    }

    /// Whether a literal without its end, somewhere behind `open`, may have swallowed the bracket
    /// that closes it.
    pub(super) fn is_swallowed(&self, open: Span) -> bool {
        let ahead = (self.pos..self.pos + 64).map(|index| self.token_at(index).kind);
        let on_line = ahead
            .take_while(|kind| !kind.is(Punct::Semicolon))
            .any(TokenKind::is_bad);
        on_line || self.swallowed.is_some_and(|start| start > open.start)
    }

    /// A point of recovery: what was wrong before does not excuse what follows.
    pub(super) const fn forget_bad(&mut self) {
        self.saw_bad = false;
    }
}
