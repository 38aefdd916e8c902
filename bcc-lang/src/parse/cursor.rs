//! The parser's place in the tokens.
//!
//! In: [`Visible`] tokens. Out: [`Parser`], with what every grammar area needs: looking at tokens,
//! taking them, reporting, trying a reading and going back, and the limits on depth and work.

use super::brackets::match_brackets;
use super::names::{Names, NamesMark};
use crate::ast::{Directive, Ident};
use crate::conditionals::Visible;
use crate::diag::Diagnostic;
use crate::lex;
use crate::source::SourceText;
use crate::span::Span;
use crate::token::{Keyword, Punct, Token, TokenKind};
use std::borrow::Cow;

/// How many constructs may stand inside each other. Deeper text would exhaust a small stack.
const MAX_DEPTH: u32 = 128;
/// How tall a tree of expressions or statements may become; long chains of operators and of
/// `else if` make tall trees without standing inside each other. Bounds every walk over the tree.
const MAX_HEIGHT: u32 = 400;
/// How many tokens readings that are tried and given up may cost, per token of the text.
const FUEL_PER_TOKEN: usize = 16;

/// The parser: tokens, place, names and messages.
pub(super) struct Parser<'s> {
    pub(super) source: &'s SourceText,
    tokens: Vec<Token>,
    closers: Vec<Option<usize>>,
    directives: Vec<(usize, Directive)>,
    next_directive: usize,
    pos: usize,
    /// Where the text to read ends; before the end of the tokens while a part is tried.
    end: usize,
    pub(super) names: Names,
    pub(super) errors: Vec<Diagnostic>,
    depth: u32,
    height: u32,
    reported_depth: bool,
    /// How many readings being tried enclose this place.
    trying: u32,
    fuel: usize,
    /// Whether text that is no token was taken since the last point of recovery.
    saw_bad: bool,
    /// A function definition inside a block shows that a brace is missing: leave all blocks.
    pub(super) leaving: bool,
    /// The open blocks, with the column their line begins at.
    pub(super) blocks: Vec<(Span, usize)>,
    /// The brace of a block whose closing brace stands further left than it should.
    pub(super) suspect: Option<Span>,
}

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

impl<'s> Parser<'s> {
    pub(super) fn new(source: &'s SourceText, visible: Visible) -> Self {
        let Visible { tokens, directives, alternatives: _ } = visible;
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
            leaving: false,
            blocks: Vec::new(),
            suspect: None,
        }
    }

    /// Every preprocessor line that was shown, in order.
    pub(super) fn into_directives(self) -> Vec<Directive> {
        self.directives.into_iter().map(|(_, directive)| directive).collect()
    }

    /// The lines that stand right before the current token and were not yet handed out.
    pub(super) fn directives_here(&mut self) -> Vec<Directive> {
        while self.directives.get(self.next_directive).is_some_and(|(index, _)| *index < self.pos) {
            self.next_directive += 1;
        }
        let rest = self.directives.get(self.next_directive..).unwrap_or(&[]);
        let here: Vec<_> =
            rest.iter().take_while(|(index, _)| *index == self.pos).map(|(_, line)| line.clone()).collect();
        self.next_directive += here.len();
        here
    }

    /// Whether a preprocessor line stands right before the current token.
    pub(super) fn directive_before(&self) -> bool {
        let at = self.directives.partition_point(|(index, _)| *index < self.pos);
        self.directives.get(at).is_some_and(|(index, _)| *index == self.pos)
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
            Some(_) | None => Token { kind: TokenKind::End, span: self.last_span(), first_on_line: true },
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
        let previous = self.pos.checked_sub(1).and_then(|index| self.tokens.get(index));
        previous.map_or_else(|| self.span().at_start(), |token| token.span)
    }

    /// The last token that may be read.
    fn last_span(&self) -> Span {
        let last = self.end.checked_sub(1).and_then(|index| self.tokens.get(index));
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
        self.closers.get(index).copied().flatten().filter(|close| *close < self.end)
    }

    /// Takes the current token.
    pub(super) fn bump(&mut self) -> Token {
        let token = self.token_at(self.pos);
        if token.kind != TokenKind::End {
            self.pos += 1;
        }
        self.saw_bad |= token.kind.is_bad();
        if self.trying > 0 {
            self.fuel = self.fuel.saturating_sub(1);
        }
        token
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
        Ident { name, span: self.bump().span }
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
            self.error_here(format!("expected `{}`, found {}", punct.text(), self.found()));
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
                Diagnostic::error(self.span(), message).with_label(open, format!("this `{opener}` is not closed")),
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
    }

    /// A point of recovery: what was wrong before does not excuse what follows.
    pub(super) const fn forget_bad(&mut self) {
        self.saw_bad = false;
    }

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
    pub(super) fn try_until<T>(&mut self, end: usize, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
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

    /// Goes one construct deeper; the result is the height measured so far, for [`Self::leave`].
    pub(super) fn enter(&mut self) -> Option<u32> {
        if self.depth >= MAX_DEPTH {
            self.report_depth(self.span());
            return None;
        }
        self.depth += 1;
        Some(std::mem::take(&mut self.height))
    }

    /// Leaves a construct: what stood in it is one higher than its tallest part.
    pub(super) fn leave(&mut self, outer: u32) {
        self.depth = self.depth.saturating_sub(1);
        self.height = outer.max(self.height + 1);
    }

    /// Starts measuring a part of its own; the result goes to [`Self::add_height`].
    pub(super) fn start_height(&mut self) -> u32 {
        std::mem::take(&mut self.height)
    }

    /// The height of what was read since [`Self::start_height`], which starts anew.
    pub(super) fn take_height(&mut self) -> u32 {
        std::mem::take(&mut self.height)
    }

    /// Ends measuring a part that is `height` tall.
    pub(super) fn add_height(&mut self, outer: u32, height: u32) {
        self.height = outer.max(height);
    }

    /// Whether a node of that height may be made; reports it otherwise.
    pub(super) fn check_height(&mut self, height: u32, span: Span) -> Option<u32> {
        if height > MAX_HEIGHT {
            self.report_depth(span);
            return None;
        }
        Some(height)
    }

    /// Says once that the text is too deep.
    fn report_depth(&mut self, span: Span) {
        if !self.reported_depth || self.trying > 0 {
            self.reported_depth = true;
            self.errors.push(
                Diagnostic::error(span, "nested too deeply").with_help("split the expression or the block in parts"),
            );
        }
    }
}
