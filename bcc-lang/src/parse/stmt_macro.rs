//! Macros where a statement would stand.
//!
//! In: a name at the start of a statement. Out: a [`StmtKind::Macro`] where the name is not the
//! start of an expression or a declaration. A missing `;` must not pass for a macro, so names that
//! the text declares, and lower-case names nobody knows, are not taken for one.

use super::cursor::Parser;
use super::names::{NameKind, is_loop};
use crate::ast::{MacroUse, StmtKind};
use crate::token::{Keyword, Punct, TokenKind};

impl Parser<'_> {
    /// Reads a macro that is a statement of its own; takes nothing if there is none.
    pub(super) fn parse_macro_statement(&mut self) -> Option<StmtKind> {
        let at = self.pos();
        let is_macro = match self.call_end(at + 1) {
            Some(close) => self.is_statement_call(at, close),
            None => self.is_statement_name(at),
        };
        if !is_macro {
            return None;
        }
        let name = self.bump_ident();
        let args = if self.at(Punct::LeftParen) {
            Some(self.parse_macro_args()?)
        } else {
            None
        };
        Some(StmtKind::Macro(MacroUse {
            span: self.span_from(name.span),
            name,
            args,
            semicolon: false,
        }))
    }

    /// `SUBMIT(x)` without `;`, `LOOP(i) {`
    fn is_statement_call(&self, at: usize, close: usize) -> bool {
        let name = self.text_at(at);
        let next = self.kind_at(close + 1);
        let may_be = self.names.may_be_statement(&name);
        if next.is(Punct::LeftBrace) {
            return may_be || self.names.kind(&name) == NameKind::Unknown;
        }
        if self.is_attribute_like(at) && self.starts_declaration(at) && !self.starts_line(close + 1)
        {
            return false;
        }
        may_be && self.starts_statement(close + 1, is_loop(&name) || self.names.is_macro(&name))
    }

    /// `FILTER` on a line of its own
    fn is_statement_name(&self, at: usize) -> bool {
        let name = self.text_at(at);
        let kind = self.names.kind(&name);
        if !self.names.may_be_statement(&name)
            || (kind != NameKind::Macro && name.starts_with("__") && !self.names.is_macro(&name))
        {
            return false;
        }
        let next = self.kind_at(at + 1);
        if next.is(Punct::LeftBrace) || next.is(Punct::RightBrace) || next == TokenKind::End {
            return true;
        }
        if next
            .keyword()
            .is_some_and(|keyword| keyword.starts_statement() || keyword == Keyword::Else)
        {
            return true;
        }
        (self.starts_line(at + 1) || kind == NameKind::Macro)
            && self.starts_statement(at + 1, false)
    }

    /// Whether a new statement most likely begins at `index`, behind a macro; `same_line` if it may
    /// do so on the macro's line.
    fn starts_statement(&self, index: usize, same_line: bool) -> bool {
        let new_line = self.starts_line(index);
        match self.kind_at(index) {
            TokenKind::Keyword(_) | TokenKind::End => true,
            TokenKind::Ident => new_line || same_line || self.starts_declaration(index),
            TokenKind::Punct(punct) => {
                punct == Punct::RightBrace
                    || (new_line
                        && matches!(
                            punct,
                            Punct::Star
                                | Punct::LeftParen
                                | Punct::Increment
                                | Punct::Decrement
                                | Punct::LeftBrace
                        ))
            }
            TokenKind::Number
            | TokenKind::Char
            | TokenKind::String
            | TokenKind::Directive
            | TokenKind::Bad(_) => false,
        }
    }
}
