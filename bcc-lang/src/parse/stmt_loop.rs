//! Loops and `switch`.
//!
//! In: tokens from `for`, `while`, `do` or `switch` on. Out: [`StmtKind`].

use super::cursor::Parser;
use crate::ast::{Expr, Stmt, StmtKind};
use crate::token::{Keyword, Punct};

/// What stands in the parentheses of a `for`.
#[derive(Default)]
struct ForHead {
    init: Option<Box<Stmt>>,
    condition: Option<Expr>,
    step: Option<Expr>,
}

impl Parser<'_> {
    pub(super) fn parse_while(&mut self) -> Option<StmtKind> {
        self.bump();
        let condition = self.parse_condition()?;
        Some(StmtKind::While {
            condition,
            body: Box::new(self.parse_body()),
        })
    }

    pub(super) fn parse_switch(&mut self) -> Option<StmtKind> {
        self.bump();
        let value = self.parse_condition()?;
        Some(StmtKind::Switch {
            value,
            body: Box::new(self.parse_body()),
        })
    }

    pub(super) fn parse_do(&mut self) -> Option<StmtKind> {
        let first = self.pos();
        self.bump();
        let body = Box::new(self.parse_body());
        if self.eat_keyword(Keyword::While).is_none() {
            self.error_here(format!(
                "expected `while` behind the body of `do`, found {}",
                self.found()
            ));
            return None;
        }
        let condition = self.parse_condition()?;
        self.expect_semicolon(first, "statement");
        Some(StmtKind::DoWhile { body, condition })
    }

    pub(super) fn parse_for(&mut self) -> Option<StmtKind> {
        self.bump();
        let close = self.call_end(self.pos());
        let scope = self.names.mark();
        let head = match (self.parse_for_head(close), close) {
            (Some(head), _) => Some(head),
            (None, Some(close)) if close >= self.pos() && !self.leaving => {
                self.skip_to(close + 1);
                self.forget_bad();
                Some(ForHead::default())
            }
            (None, _) => None,
        };
        let kind = head.map(|head| StmtKind::For {
            init: head.init,
            condition: head.condition,
            step: head.step,
            body: Box::new(self.parse_body()),
        });
        self.names.forget(scope);
        kind
    }

    fn parse_for_head(&mut self, close: Option<usize>) -> Option<ForHead> {
        let mark = self.mark();
        let open = self.expect(Punct::LeftParen)?;
        let init = if self.eat(Punct::Semicolon).is_some() {
            None
        } else {
            Some(Box::new(self.until(close, Self::parse_for_init)?))
        };
        if self.failed_since(&mark) {
            return None;
        }
        let condition = if self.at(Punct::Semicolon) {
            None
        } else {
            Some(self.parse_expr()?)
        };
        self.expect(Punct::Semicolon)?;
        let step = if self.at(Punct::RightParen) {
            None
        } else {
            Some(self.parse_expr()?)
        };
        self.expect_closer(Punct::RightParen, open, "")?;
        Some(ForHead {
            init,
            condition,
            step,
        })
    }

    fn parse_for_init(&mut self) -> Option<Stmt> {
        let start = self.span();
        let kind = if self.starts_declaration(self.pos()) {
            StmtKind::Declaration(self.parse_local_declaration()?)
        } else {
            let expr = self.parse_expr()?;
            self.expect(Punct::Semicolon)?;
            StmtKind::Expr(expr)
        };
        Some(Stmt {
            span: self.span_from(start),
            kind,
        })
    }
}
