//! Operands: names, literals, parentheses, calls, members.
//!
//! In: tokens. Out: [`Expr`]. A call may be a function, a method of a map or a macro; they look
//! alike and are told apart later.

use super::cursor::Parser;
use super::names::NameKind;
use crate::ast::{Designator, Expr, ExprKind, Ident, PostfixOp, TypeName};
use crate::conditionals::is_macro_name;
use crate::span::Span;
use crate::token::{Bad, Keyword, Punct, TokenKind};

impl Parser<'_> {
    /// `a.b[i](c)++`
    pub(super) fn parse_postfix(&mut self) -> Option<Expr> {
        let base = self.parse_primary()?;
        self.parse_postfix_operators(base)
    }

    pub(super) fn parse_postfix_operators(&mut self, mut base: Expr) -> Option<Expr> {
        let mut height = self.take_height();
        loop {
            let start = base.span;
            let kind = match self.kind().punct() {
                Some(Punct::LeftBracket) => self.parse_index(base)?,
                Some(Punct::LeftParen) => self.parse_call(base)?,
                Some(Punct::Dot | Punct::Arrow) => self.parse_member_access(base)?,
                Some(Punct::Increment) => self.parse_postfix_sign(PostfixOp::Increment, base),
                Some(Punct::Decrement) => self.parse_postfix_sign(PostfixOp::Decrement, base),
                Some(_) | None => {
                    let outer = self.start_height();
                    self.add_height(outer, height);
                    return Some(base);
                }
            };
            height = height.max(self.take_height()) + 1;
            base = Expr {
                span: self.span_from(start),
                kind,
            };
            self.check_height(height, self.previous_span())?;
        }
    }

    fn parse_postfix_sign(&mut self, op: PostfixOp, operand: Expr) -> ExprKind {
        self.bump();
        ExprKind::Postfix {
            op,
            operand: Box::new(operand),
        }
    }

    fn parse_index(&mut self, base: Expr) -> Option<ExprKind> {
        let open = self.bump().span;
        let index = Box::new(self.parse_expr()?);
        self.expect_closer(Punct::RightBracket, open, "")?;
        Some(ExprKind::Index {
            base: Box::new(base),
            index,
        })
    }

    fn parse_member_access(&mut self, base: Expr) -> Option<ExprKind> {
        let arrow = self.at(Punct::Arrow);
        let op_span = self.bump().span;
        let member = self.expect_ident("the name of a member")?;
        Some(ExprKind::Member {
            base: Box::new(base),
            arrow,
            op_span,
            member,
        })
    }

    fn parse_call(&mut self, callee: Expr) -> Option<ExprKind> {
        let lenient = match &callee.kind {
            ExprKind::Ident(name) => {
                self.names.is_macro(&name.name)
                    || (is_macro_name(&name.name)
                        && self.names.kind(&name.name) == NameKind::Unknown)
            }
            _ => false,
        };
        let (args, args_span) = self.parse_call_args(lenient)?;
        Some(ExprKind::Call {
            callee: Box::new(callee),
            args,
            args_span,
        })
    }

    fn parse_primary(&mut self) -> Option<Expr> {
        match self.kind() {
            TokenKind::Ident => self.parse_name(),
            TokenKind::Number => Some(Expr {
                span: self.bump().span,
                kind: ExprKind::Number,
            }),
            TokenKind::Char | TokenKind::Bad(Bad::UnterminatedChar | Bad::EmptyChar) => {
                Some(Expr {
                    span: self.bump().span,
                    kind: ExprKind::Char,
                })
            }
            TokenKind::String | TokenKind::Bad(Bad::UnterminatedString) => self.parse_string(),
            TokenKind::Punct(Punct::LeftParen) => self.parse_paren(),
            TokenKind::Keyword(Keyword::Generic) => self.parse_generic(),
            TokenKind::Keyword(_)
            | TokenKind::Punct(_)
            | TokenKind::Directive
            | TokenKind::Bad(Bad::UnknownCharacter | Bad::UnterminatedComment)
            | TokenKind::End => {
                self.report_no_expr();
                None
            }
        }
    }

    fn parse_name(&mut self) -> Option<Expr> {
        if self.peek(1) == TokenKind::String && self.name_kind_at(self.pos()) != NameKind::Value {
            return self.parse_string();
        }
        let name = self.bump_ident();
        if matches!(name.name.as_str(), "offsetof" | "__builtin_offsetof")
            && let Some((ty, path)) = self.try_offsetof()
        {
            let kind = ExprKind::Offsetof {
                ty: Box::new(ty),
                path,
            };
            return Some(Expr {
                span: self.span_from(name.span),
                kind,
            });
        }
        Some(Expr {
            span: name.span,
            kind: ExprKind::Ident(name),
        })
    }

    /// `(T, a.b[2])` behind `offsetof`; other arguments make it an ordinary call.
    fn try_offsetof(&mut self) -> Option<(TypeName, Vec<Designator>)> {
        let close = self.call_end(self.pos())?;
        let mark = self.mark();
        self.bump();
        let found = self.try_until(close, |parser| {
            let ty = parser.parse_type_name()?;
            parser.expect(Punct::Comma)?;
            let mut path = vec![Designator::Member(
                parser.expect_ident("the name of a member")?,
            )];
            while let Some(member) = parser.eat_arrow_member() {
                path.push(Designator::Member(member));
            }
            parser.parse_designators(&mut path)?;
            Some((ty, path))
        });
        if found.is_some() {
            self.bump();
        } else {
            self.go_back(&mark);
        }
        found
    }

    fn eat_arrow_member(&mut self) -> Option<Ident> {
        if !self.at(Punct::Arrow) || self.peek(1) != TokenKind::Ident {
            return None;
        }
        self.bump();
        self.eat_ident()
    }

    /// `"a" "b"`, with names of macros and uses of macros between: `"%" PRIu64 "\n"`
    fn parse_string(&mut self) -> Option<Expr> {
        let start = self.span();
        let mut pieces = Vec::new();
        while self.at_string_piece(pieces.is_empty()) {
            pieces.push(self.parse_string_piece()?);
        }
        Some(Expr {
            span: self.span_from(start),
            kind: ExprKind::String(pieces),
        })
    }

    /// Whether a string goes on here; a name may stand for its `first` piece.
    fn at_string_piece(&self, first: bool) -> bool {
        match self.kind() {
            TokenKind::String | TokenKind::Bad(Bad::UnterminatedString) => true,
            TokenKind::Ident => first || self.is_string_macro(),
            _ => false,
        }
    }

    fn parse_string_piece(&mut self) -> Option<Span> {
        let is_name = self.kind() == TokenKind::Ident;
        let start = self.bump().span;
        if is_name && self.at(Punct::LeftParen) {
            self.parse_macro_args()?;
        }
        Some(self.span_from(start))
    }

    /// Whether the name here, behind a string, likely is a macro that gives a string.
    fn is_string_macro(&self) -> bool {
        let name = self.text_at(self.pos());
        let is_format = name.starts_with("PRI") || name.starts_with("SCN");
        let joins = self.peek(1) == TokenKind::String || !self.starts_line(self.pos());
        is_format || (joins && (is_macro_name(&name) || self.names.is_macro(&name)))
    }

    /// `(e)` or `({ ... })`
    fn parse_paren(&mut self) -> Option<Expr> {
        let open = self.bump().span;
        let kind = if self.at(Punct::LeftBrace) {
            ExprKind::Statements(self.parse_block()?)
        } else {
            ExprKind::Paren(Box::new(self.parse_expr()?))
        };
        self.expect_closer(Punct::RightParen, open, "")?;
        Some(Expr {
            span: self.span_from(open),
            kind,
        })
    }

    /// `_Generic(e, int: 1, default: 2)`
    fn parse_generic(&mut self) -> Option<Expr> {
        let start = self.bump().span;
        let open = self.expect(Punct::LeftParen)?;
        let control = Box::new(self.parse_assign()?);
        let mut choices = Vec::new();
        while self.eat(Punct::Comma).is_some() {
            let ty = if self.eat_keyword(Keyword::Default).is_some() {
                None
            } else {
                Some(self.parse_type_name()?)
            };
            self.expect(Punct::Colon)?;
            choices.push((ty, self.parse_assign()?));
        }
        self.expect_closer(Punct::RightParen, open, "`,` or ")?;
        Some(Expr {
            span: self.span_from(start),
            kind: ExprKind::Generic { control, choices },
        })
    }
}
