//! Labels and jumps between statements.
//!
//! In: tokens from a label on. Out: [`StmtKind`]. Many labels may stand on one statement, so they
//! are read in a loop.

use super::cursor::Parser;
use crate::ast::{Expr, Ident, Stmt, StmtKind};
use crate::diag::Diagnostic;
use crate::token::{Keyword, Punct, TokenKind};

/// A label in front of a statement.
enum Head {
    Label(Ident),
    Case(Expr, Option<Expr>),
    Default,
}

impl Parser<'_> {
    pub(super) fn at_label(&self) -> bool {
        self.kind() == TokenKind::Ident && self.peek(1).is(Punct::Colon)
    }

    /// Labels and the statement they stand on; there may be many in a row.
    pub(super) fn parse_labels(&mut self) -> Option<StmtKind> {
        let mut heads = Vec::new();
        while self.at_label() || self.at_keyword(Keyword::Case) || self.at_keyword(Keyword::Default)
        {
            let start = self.span();
            heads.push((start, self.parse_label()?));
            if self.directive_before() {
                break;
            }
        }
        let ends = self.at(Punct::RightBrace) || self.at_end() || self.directive_before();
        let mut body = if ends {
            None
        } else {
            Some(Box::new(self.parse_statement()))
        };
        self.grow(heads.len())?;
        let mut last = None;
        for (start, head) in heads.into_iter().rev() {
            let body = last.take().map(Box::new).or_else(|| body.take());
            let kind = match head {
                Head::Label(name) => StmtKind::Label { name, body },
                Head::Case(value, end) => StmtKind::Case {
                    value,
                    last: end,
                    body,
                },
                Head::Default => StmtKind::Default { body },
            };
            last = Some(Stmt {
                span: self.span_from(start),
                kind,
            });
        }
        last.map(|statement| statement.kind)
    }

    fn parse_label(&mut self) -> Option<Head> {
        if self.eat_keyword(Keyword::Default).is_some() {
            self.expect_colon()?;
            return Some(Head::Default);
        }
        if self.eat_keyword(Keyword::Case).is_some() {
            let value = self.parse_conditional()?;
            let last = if self.eat(Punct::Ellipsis).is_some() {
                Some(self.parse_conditional()?)
            } else {
                None
            };
            self.expect_colon()?;
            return Some(Head::Case(value, last));
        }
        let name = self.bump_ident();
        self.bump();
        while self.at_keyword(Keyword::Attribute) && !self.at_attribute_statement() {
            self.parse_attributes(&mut Vec::new())?;
        }
        Some(Head::Label(name))
    }

    /// Takes the `:` of a label; where one is missing the statement behind is still read.
    fn expect_colon(&mut self) -> Option<()> {
        if self.eat(Punct::Colon).is_some() {
            return Some(());
        }
        if self.at(Punct::Semicolon) || !self.starts_line(self.pos()) {
            self.error_here(format!("expected `:`, found {}", self.found()));
            return None;
        }
        let span = self.previous_span();
        self.error(Diagnostic::error(span, "expected `:` after this").with_help("add a `:`"));
        Some(())
    }
}
