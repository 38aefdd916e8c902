//! Type or expression, attribute or macro: questions answered by looking at the next few tokens.
//!
//! In: the index of a token. Out: yes or no; nothing is taken. What cannot be known without the
//! kernel's headers is guessed from how kernel code is written.

use super::cursor::Parser;
use super::names::NameKind;
use crate::conditionals::is_macro_name;
use crate::token::{Keyword, Punct, TokenKind};

impl Parser<'_> {
    pub(super) fn name_kind_at(&self, index: usize) -> NameKind {
        self.names.kind(&self.text_at(index))
    }

    /// Whether the name at `index` is spelled like a macro for attributes: `__foo`, `FOO`.
    pub(super) fn is_attribute_like(&self, index: usize) -> bool {
        let text = self.text_at(index);
        let kind = self.names.kind(&text);
        matches!(kind, NameKind::Word | NameKind::Attribute | NameKind::Macro)
            || (kind == NameKind::Unknown && (text.starts_with("__") || is_macro_name(&text)))
    }

    /// The index of the parenthesis that closes the one at `index`.
    pub(super) fn call_end(&self, index: usize) -> Option<usize> {
        if self.kind_at(index).is(Punct::LeftParen) {
            self.closer_of(index)
        } else {
            None
        }
    }

    fn is_declaration_keyword(&self, index: usize) -> bool {
        self.kind_at(index)
            .keyword()
            .is_some_and(Keyword::starts_declaration)
    }

    /// Whether a declaration begins at the token at `index`, where a statement may begin as well.
    pub(super) fn starts_declaration(&self, index: usize) -> bool {
        match self.kind_at(index) {
            TokenKind::Keyword(Keyword::Extension) => {
                self.starts_declaration_behind_extension(index + 1)
            }
            TokenKind::Keyword(keyword) => keyword.starts_declaration(),
            TokenKind::Ident => self.name_starts_declaration(index),
            _ => false,
        }
    }

    /// `__extension__` may stand before a declaration and before an expression, once is enough.
    fn starts_declaration_behind_extension(&self, index: usize) -> bool {
        self.is_declaration_keyword(index)
            || (self.kind_at(index) == TokenKind::Ident && self.name_starts_declaration(index))
    }

    fn name_starts_declaration(&self, index: usize) -> bool {
        let next = self.kind_at(index + 1);
        let close = self.call_end(index + 1);
        let kind = self.name_kind_at(index);
        match kind {
            NameKind::Value => false,
            NameKind::Type => {
                next == TokenKind::Ident
                    || next.is(Punct::Star)
                    || self.is_declaration_keyword(index + 1)
                    || self.is_pointer_declarator(index + 1)
            }
            NameKind::Word => {
                next == TokenKind::Ident
                    || self.is_declaration_keyword(index + 1)
                    || self.is_starred_name(index + 1)
            }
            NameKind::Attribute => {
                close.is_some_and(|close| self.continues_specifiers(close + 1))
                    || (close.is_none() && next == TokenKind::Ident)
            }
            NameKind::Unknown | NameKind::Macro => {
                next == TokenKind::Ident
                    || self.is_declaration_keyword(index + 1)
                    || (kind == NameKind::Unknown && self.is_starred_name(index + 1))
                    || (kind == NameKind::Unknown && self.is_pointer_declarator(index + 1))
                    || (self.is_attribute_like(index)
                        && close.is_some_and(|close| self.is_declaration_keyword(close + 1)))
            }
        }
    }

    /// Whether the token at `index` may stand behind an attribute and before a declarator.
    pub(super) fn continues_specifiers(&self, index: usize) -> bool {
        self.kind_at(index) == TokenKind::Ident
            || self.kind_at(index).is(Punct::Star)
            || self.is_declaration_keyword(index)
            || self.kind_at(index) == TokenKind::Keyword(Keyword::Extension)
    }

    /// `* const *name` and then a token that a declaration goes on with.
    fn is_starred_name(&self, index: usize) -> bool {
        if !self.kind_at(index).is(Punct::Star) {
            return false;
        }
        let at = self.skip_stars(index);
        let after = self.kind_at(at + 1).punct();
        self.kind_at(at) == TokenKind::Ident
            && after.is_some_and(|punct| {
                matches!(
                    punct,
                    Punct::Assign
                        | Punct::Semicolon
                        | Punct::Comma
                        | Punct::LeftBracket
                        | Punct::RightParen
                )
            })
    }

    /// `(*name)(` or `(*)(`.
    fn is_pointer_declarator(&self, index: usize) -> bool {
        let close = self
            .call_end(index)
            .filter(|_| self.kind_at(index + 1).is(Punct::Star));
        close.is_some_and(|close| {
            self.kind_at(close + 1).is(Punct::LeftParen)
                || self.kind_at(close + 1).is(Punct::LeftBracket)
        })
    }

    /// The index behind stars, qualifiers and words such as `__user`.
    pub(super) fn skip_stars(&self, mut index: usize) -> usize {
        loop {
            let kind = self.kind_at(index);
            let is_qualifier = kind.keyword().is_some_and(Keyword::is_qualifier);
            let is_word = kind == TokenKind::Ident && self.name_kind_at(index) == NameKind::Word;
            if !kind.is(Punct::Star) && !is_qualifier && !is_word {
                return index;
            }
            index += 1;
        }
    }

    /// Whether the parenthesis at `index` holds a type name: `(u32)`, `(struct a *)`. In front of
    /// an operand (`is_cast`) what follows the parenthesis may decide.
    pub(super) fn paren_holds_type(&self, index: usize, is_cast: bool) -> bool {
        if !self.kind_at(index).is(Punct::LeftParen) {
            return false;
        }
        let mut at = index + 1;
        while self.kind_at(at) == TokenKind::Ident
            && self.name_kind_at(at) == NameKind::Word
            && !self.kind_at(at + 1).is(Punct::RightParen)
        {
            at += 1;
        }
        match self.kind_at(at) {
            TokenKind::Keyword(keyword) => keyword.starts_type(),
            TokenKind::Ident => match self.name_kind_at(at) {
                NameKind::Value | NameKind::Word | NameKind::Attribute => false,
                NameKind::Type => {
                    self.goes_on_as_type(at + 1) || self.kind_at(at + 1).is(Punct::LeftBracket)
                }
                NameKind::Unknown | NameKind::Macro => self.guess_type(at, is_cast),
            },
            _ => false,
        }
    }

    /// Whether what stands behind a type in parentheses is what may stand there.
    fn goes_on_as_type(&self, index: usize) -> bool {
        let kind = self.kind_at(index);
        kind == TokenKind::Ident
            || kind.is(Punct::RightParen)
            || kind.is(Punct::Star)
            || kind.keyword().is_some_and(Keyword::starts_type)
            || (kind.is(Punct::LeftParen) && self.kind_at(index + 1).is(Punct::Star))
    }

    /// Guesses whether a name nobody knows, first in parentheses, is a type.
    fn guess_type(&self, index: usize, is_cast: bool) -> bool {
        let next = self.kind_at(index + 1);
        if next.is(Punct::Star) {
            let at = self.skip_stars(index + 1);
            return self.kind_at(at).is(Punct::RightParen) || self.is_pointer_declarator(at);
        }
        if next.is(Punct::RightParen) {
            return is_cast && self.starts_operand(index + 2);
        }
        let word = next == TokenKind::Ident && self.name_kind_at(index + 1) == NameKind::Word;
        word || next.keyword().is_some_and(Keyword::is_qualifier)
            || self.is_pointer_declarator(index + 1)
    }

    /// Whether the token at `index` can only be the start of an operand.
    fn starts_operand(&self, index: usize) -> bool {
        match self.kind_at(index) {
            TokenKind::Ident | TokenKind::Number | TokenKind::Char | TokenKind::String => {
                !self.starts_line(index) || !self.kind_at(index + 1).is(Punct::Assign)
            }
            TokenKind::Keyword(keyword) => {
                matches!(
                    keyword,
                    Keyword::Sizeof | Keyword::Alignof | Keyword::Extension | Keyword::Generic
                )
            }
            TokenKind::Punct(punct) => {
                matches!(punct, Punct::Tilde | Punct::Bang | Punct::LeftBrace)
            }
            TokenKind::Directive | TokenKind::Bad(_) | TokenKind::End => false,
        }
    }

    /// Whether the name at `index` is that of a macro which makes a declarator: its parentheses hold
    /// no parameters. `BPF_KPROBE(name, int a)`, `CALLBACK(void, *name, (int))`
    pub(super) fn is_declarator_macro(&mut self, index: usize) -> bool {
        let Some(close) = self.call_end(index + 1) else {
            return false;
        };
        let name = self.text_at(index);
        if !(is_macro_name(&name) || name.starts_with("__") || self.names.is_macro(&name)) {
            return false;
        }
        if !self.looks_like_params(index + 1) {
            return true;
        }
        let mark = self.mark();
        self.skip_to(index + 1);
        let fits = self.try_until(close + 1, Self::parse_params).is_some();
        self.go_back(&mark);
        !fits
    }

    /// Whether the parenthesis at `index` likely holds parameters.
    pub(super) fn looks_like_params(&self, index: usize) -> bool {
        let first = index + 1;
        match self.kind_at(first) {
            TokenKind::Keyword(keyword) => keyword.starts_declaration(),
            TokenKind::Punct(punct) => matches!(punct, Punct::RightParen | Punct::Ellipsis),
            TokenKind::Ident => match self.name_kind_at(first) {
                NameKind::Type | NameKind::Word | NameKind::Attribute => true,
                NameKind::Unknown | NameKind::Value | NameKind::Macro => {
                    let next = self.kind_at(first + 1);
                    next == TokenKind::Ident
                        || next.is(Punct::Star)
                        || self.is_declaration_keyword(first + 1)
                }
            },
            TokenKind::Number
            | TokenKind::Char
            | TokenKind::String
            | TokenKind::Directive
            | TokenKind::Bad(_)
            | TokenKind::End => false,
        }
    }
}
