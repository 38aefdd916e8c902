//! Statements and blocks.
//!
//! In: tokens in a function body. Out: [`Stmt`], [`Block`]. A statement that cannot be read becomes
//! text passed through, and reading goes on behind it.

use super::cursor::Parser;
use crate::ast::{Block, Expr, ExprKind, Opaque, Stmt, StmtKind};
use crate::span::Span;
use crate::token::{Keyword, Punct, TokenKind};

/// Reads the statement that a keyword begins.
type Rule = fn(&mut Parser<'_>) -> Option<StmtKind>;

/// The statements that a keyword begins.
const STATEMENTS: &[(Keyword, Rule)] = &[
    (Keyword::If, |parser| parser.parse_if()),
    (Keyword::While, |parser| parser.parse_while()),
    (Keyword::For, |parser| parser.parse_for()),
    (Keyword::Do, |parser| parser.parse_do()),
    (Keyword::Switch, |parser| parser.parse_switch()),
    (Keyword::Return, |parser| parser.parse_return()),
    (Keyword::Goto, |parser| parser.parse_goto()),
    (Keyword::Break, |parser| {
        Some(parser.parse_jump(StmtKind::Break))
    }),
    (Keyword::Continue, |parser| {
        Some(parser.parse_jump(StmtKind::Continue))
    }),
    (Keyword::Case, |parser| parser.parse_labels()),
    (Keyword::Default, |parser| parser.parse_labels()),
    (Keyword::Asm, |parser| {
        Some(StmtKind::Opaque(parser.parse_opaque_statement("`asm`")))
    }),
    (Keyword::StaticAssert, |parser| {
        Some(StmtKind::Opaque(parser.parse_opaque_statement("assertion")))
    }),
    (Keyword::Label, |parser| {
        Some(StmtKind::Opaque(
            parser.parse_opaque_statement("declaration"),
        ))
    }),
    (Keyword::Else, |parser| Some(parser.report_stray_else())),
];

impl Parser<'_> {
    /// `{ ... }`; without its closing brace it still is one, reported.
    pub(super) fn parse_block(&mut self) -> Option<Block> {
        let line_column = self.line_column(self.pos());
        let open = self.expect(Punct::LeftBrace)?;
        let scope = self.names.mark();
        self.blocks.push((open, line_column));
        let statements = self.parse_statements();
        self.names.forget(scope);
        if self.at(Punct::RightBrace) && !self.leaving {
            self.suspect_brace(open, line_column);
            self.bump();
        } else if !self.leaving {
            self.report_unclosed(open, None);
        }
        self.blocks.pop();
        Some(Block {
            span: self.span_from(open),
            statements,
        })
    }

    /// The column at which the line of the token at `index` begins.
    fn line_column(&self, index: usize) -> usize {
        let mut at = index;
        while !self.starts_line(at) && at > 0 {
            at -= 1;
        }
        self.column_at(at)
    }

    /// Notes a block whose closing brace stands further left than the line that opened it: should a
    /// brace turn out to be missing, it is that of this block.
    fn suspect_brace(&mut self, open: Span, line_column: usize) {
        if self.suspect.is_none()
            && self.starts_line(self.pos())
            && self.column_at(self.pos()) < line_column
        {
            self.suspect = Some(open);
        }
    }

    fn parse_statements(&mut self) -> Vec<Stmt> {
        let mut statements: Vec<Stmt> = Vec::new();
        loop {
            if self.leaving || self.at_end() {
                // Lines behind the last statement are not in this block, whose end is missing.
                let end = self.previous_span().end;
                while statements.pop_if(|last| last.span.start >= end).is_some() {}
                return statements;
            }
            let lines = self.directives_here();
            statements.extend(lines.into_iter().map(|line| Stmt {
                span: line.span,
                kind: StmtKind::Directive(line),
            }));
            if self.at(Punct::RightBrace) {
                return statements;
            }
            let first = self.pos();
            let statement = self.parse_statement();
            if self.pos() > first {
                statements.push(statement);
            } else if !self.leaving {
                let span = self.bump().span;
                statements.push(Stmt {
                    span,
                    kind: StmtKind::Opaque(Opaque { span }),
                });
            }
        }
    }

    pub(super) fn parse_statement(&mut self) -> Stmt {
        self.forget_bad();
        let start = self.span();
        let first = self.pos();
        let kind = match self.enter() {
            Some(outer) => {
                let kind = self.parse_statement_kind();
                self.leave(outer);
                kind
            }
            None => None,
        };
        let kind = kind.unwrap_or_else(|| StmtKind::Opaque(self.recover_statement(first)));
        let span = if self.pos() > first {
            self.span_from(start)
        } else {
            self.empty_span()
        };
        Stmt { span, kind }
    }

    fn parse_statement_kind(&mut self) -> Option<StmtKind> {
        match self.kind() {
            TokenKind::Punct(Punct::LeftBrace) => self.parse_block().map(StmtKind::Block),
            TokenKind::Punct(Punct::Semicolon) => {
                self.bump();
                Some(StmtKind::Empty)
            }
            TokenKind::Keyword(keyword) => {
                match STATEMENTS.iter().find(|(word, _)| *word == keyword) {
                    Some((_, rule)) => rule(self),
                    None => self.parse_declaration_or_expr(),
                }
            }
            TokenKind::Ident if self.at_label() => self.parse_labels(),
            TokenKind::Ident => match self.parse_macro_statement() {
                Some(kind) => Some(kind),
                None => self.parse_declaration_or_expr(),
            },
            TokenKind::Number
            | TokenKind::Char
            | TokenKind::String
            | TokenKind::Punct(_)
            | TokenKind::Directive
            | TokenKind::Bad(_)
            | TokenKind::End => self.parse_expr_statement(),
        }
    }

    fn parse_declaration_or_expr(&mut self) -> Option<StmtKind> {
        if self.at_attribute_statement() {
            return Some(StmtKind::Opaque(self.parse_opaque_statement("attribute")));
        }
        if self.starts_declaration(self.pos()) {
            return self.parse_local_declaration().map(StmtKind::Declaration);
        }
        self.parse_expr_statement()
    }

    /// `__attribute__((fallthrough));`
    pub(super) fn at_attribute_statement(&self) -> bool {
        self.at_keyword(Keyword::Attribute)
            && self
                .call_end(self.pos() + 1)
                .is_some_and(|close| self.kind_at(close + 1).is(Punct::Semicolon))
    }

    fn parse_expr_statement(&mut self) -> Option<StmtKind> {
        let first = self.pos();
        let expr = self.parse_expr()?;
        self.expect_semicolon(first, "statement");
        Some(StmtKind::Expr(expr))
    }

    fn report_stray_else(&mut self) -> StmtKind {
        self.error_here("`else` without a matching `if`");
        self.bump();
        let start = self.previous_span();
        self.parse_body();
        StmtKind::Opaque(Opaque {
            span: self.span_from(start),
        })
    }

    /// `(e)` behind `if`, `while` and `switch`. If it cannot be read, its text is passed through,
    /// so that the body still is read.
    pub(super) fn parse_condition(&mut self) -> Option<Expr> {
        let close = self.call_end(self.pos());
        let open = self.expect(Punct::LeftParen)?;
        let first = self.span();
        let condition = self
            .parse_expr()
            .filter(|_| self.expect_closer(Punct::RightParen, open, "").is_some());
        if condition.is_some() {
            return condition;
        }
        self.skip_to(close.filter(|close| *close >= self.pos() && !self.leaving)?);
        let span = self.span_from(first);
        self.bump();
        Some(Expr {
            span,
            kind: ExprKind::Opaque,
        })
    }

    /// The statement that another one governs.
    pub(super) fn parse_body(&mut self) -> Stmt {
        if self.at(Punct::RightBrace) || self.at_end() {
            self.error_here(format!("expected a statement, found {}", self.found()));
            let span = self.empty_span();
            return Stmt {
                span,
                kind: StmtKind::Opaque(Opaque { span }),
            };
        }
        let statement = self.parse_statement();
        if matches!(statement.kind, StmtKind::Macro(_)) && self.at(Punct::LeftBrace) {
            // `if (x) LOOP(i) { ... }`
            let block = self.parse_statement();
            let span = statement.span.to(block.span);
            let statements = vec![statement, block];
            return Stmt {
                span,
                kind: StmtKind::Block(Block { span, statements }),
            };
        }
        statement
    }

    /// `if` and the chain of `else if` behind it, which may be long.
    fn parse_if(&mut self) -> Option<StmtKind> {
        let mut arms = Vec::new();
        let mut otherwise = None;
        loop {
            let start = self.bump().span;
            let condition = self.parse_condition()?;
            let then = Box::new(self.parse_body());
            arms.push((start, condition, then));
            if self.leaving || self.eat_keyword(Keyword::Else).is_none() {
                break;
            }
            if !self.at_keyword(Keyword::If) {
                otherwise = Some(Box::new(self.parse_body()));
                break;
            }
        }
        self.grow(arms.len())?;
        let mut last = None;
        for (start, condition, then) in arms.into_iter().rev() {
            otherwise = last.take().map(Box::new).or(otherwise);
            let kind = StmtKind::If {
                condition,
                then,
                otherwise: otherwise.take(),
            };
            last = Some(Stmt {
                span: self.span_from(start),
                kind,
            });
        }
        last.map(|statement| statement.kind)
    }

    /// Accounts for a chain of statements each of which holds the next.
    pub(super) fn grow(&mut self, links: usize) -> Option<()> {
        let inner = self.take_height();
        let height = inner.saturating_add(u32::try_from(links).unwrap_or(u32::MAX));
        let span = self.previous_span();
        self.add_height(0, height);
        self.check_height(height, span).map(|_| ())
    }

    fn parse_return(&mut self) -> Option<StmtKind> {
        let first = self.pos();
        self.bump();
        let lacks_value = self.at(Punct::RightBrace)
            || (self.starts_line(self.pos())
                && self.kind().keyword().is_some_and(Keyword::starts_statement));
        let value = if self.at(Punct::Semicolon) || lacks_value {
            None
        } else {
            Some(self.parse_expr()?)
        };
        self.expect_semicolon(first, "statement");
        Some(StmtKind::Return(value))
    }

    fn parse_goto(&mut self) -> Option<StmtKind> {
        let first = self.pos();
        self.bump();
        let kind = if self.eat(Punct::Star).is_some() {
            StmtKind::GotoExpr(self.parse_expr()?)
        } else {
            StmtKind::Goto(self.expect_ident("the name of a label")?)
        };
        self.expect_semicolon(first, "statement");
        Some(kind)
    }

    fn parse_jump(&mut self, kind: StmtKind) -> StmtKind {
        let first = self.pos();
        self.bump();
        self.expect_semicolon(first, "statement");
        kind
    }
}
