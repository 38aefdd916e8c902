//! Expressions from `,` down to the unary operators.
//!
//! In: tokens. Out: [`Expr`]. Binary operators are read with a stack of their own, so that the
//! depth of the call stack depends on brackets only; operands are left to [`primary`](super::primary).

use super::cursor::Parser;
use crate::ast::{BinaryOp, Expr, ExprKind, UnaryOp};
use crate::diag::Diagnostic;
use crate::span::Span;
use crate::token::{Keyword, Punct, TokenKind};

/// Binary operators and how tightly they bind.
const BINARY: &[(Punct, BinaryOp, u8)] = &[
    (Punct::Star, BinaryOp::Mul, 10),
    (Punct::Slash, BinaryOp::Div, 10),
    (Punct::Percent, BinaryOp::Rem, 10),
    (Punct::Plus, BinaryOp::Add, 9),
    (Punct::Minus, BinaryOp::Sub, 9),
    (Punct::Shl, BinaryOp::Shl, 8),
    (Punct::Shr, BinaryOp::Shr, 8),
    (Punct::Lt, BinaryOp::Lt, 7),
    (Punct::Gt, BinaryOp::Gt, 7),
    (Punct::Le, BinaryOp::Le, 7),
    (Punct::Ge, BinaryOp::Ge, 7),
    (Punct::EqEq, BinaryOp::Eq, 6),
    (Punct::NotEq, BinaryOp::Ne, 6),
    (Punct::And, BinaryOp::BitAnd, 5),
    (Punct::Caret, BinaryOp::BitXor, 4),
    (Punct::Or, BinaryOp::BitOr, 3),
    (Punct::AndAnd, BinaryOp::And, 2),
    (Punct::OrOr, BinaryOp::Or, 1),
];

/// Assignment operators.
const ASSIGN: &[(Punct, Option<BinaryOp>)] = &[
    (Punct::Assign, None),
    (Punct::MulAssign, Some(BinaryOp::Mul)),
    (Punct::DivAssign, Some(BinaryOp::Div)),
    (Punct::RemAssign, Some(BinaryOp::Rem)),
    (Punct::AddAssign, Some(BinaryOp::Add)),
    (Punct::SubAssign, Some(BinaryOp::Sub)),
    (Punct::ShlAssign, Some(BinaryOp::Shl)),
    (Punct::ShrAssign, Some(BinaryOp::Shr)),
    (Punct::AndAssign, Some(BinaryOp::BitAnd)),
    (Punct::XorAssign, Some(BinaryOp::BitXor)),
    (Punct::OrAssign, Some(BinaryOp::BitOr)),
];

/// Unary operators that are signs.
const UNARY: &[(Punct, UnaryOp)] = &[
    (Punct::Plus, UnaryOp::Plus),
    (Punct::Minus, UnaryOp::Minus),
    (Punct::Bang, UnaryOp::Not),
    (Punct::Tilde, UnaryOp::BitNot),
    (Punct::Star, UnaryOp::Deref),
    (Punct::And, UnaryOp::AddressOf),
    (Punct::Increment, UnaryOp::Increment),
    (Punct::Decrement, UnaryOp::Decrement),
];

/// A binary operator that waits for its right side.
struct Pending {
    op: BinaryOp,
    op_span: Span,
    precedence: u8,
}

/// An expression and how tall it is.
struct Operand(Expr, u32);

impl Parser<'_> {
    /// `a, b`
    pub(super) fn parse_expr(&mut self) -> Option<Expr> {
        let outer = self.start_height();
        let mut left = self.parse_assign()?;
        let mut height = self.take_height();
        while self.eat(Punct::Comma).is_some() {
            let right = self.parse_assign()?;
            height = height.max(self.take_height()) + 1;
            let span = left.span.to(right.span);
            self.check_height(height, span)?;
            left = Expr {
                span,
                kind: ExprKind::Comma(Box::new(left), Box::new(right)),
            };
        }
        self.add_height(outer, height);
        Some(left)
    }

    /// `a = b`
    pub(super) fn parse_assign(&mut self) -> Option<Expr> {
        let outer = self.enter()?;
        let result = self.parse_assign_inner();
        self.leave(outer);
        result
    }

    fn parse_assign_inner(&mut self) -> Option<Expr> {
        let target = self.parse_conditional_inner()?;
        let operator = self
            .kind()
            .punct()
            .and_then(|punct| ASSIGN.iter().find(|(sign, _)| *sign == punct));
        let Some((_, op)) = operator else {
            return Some(target);
        };
        let op_span = self.bump().span;
        let value = self.parse_assign()?;
        let span = target.span.to(value.span);
        let kind = ExprKind::Assign {
            op: *op,
            op_span,
            target: Box::new(target),
            value: Box::new(value),
        };
        Some(Expr { span, kind })
    }

    /// `a ? b : c`, without assignment: the width of a bit-field, the value of an enum constant.
    pub(super) fn parse_conditional(&mut self) -> Option<Expr> {
        let outer = self.enter()?;
        let result = self.parse_conditional_inner();
        self.leave(outer);
        result
    }

    fn parse_conditional_inner(&mut self) -> Option<Expr> {
        let condition = self.parse_binary()?;
        if self.eat(Punct::Question).is_none() {
            return Some(condition);
        }
        let then = if self.at(Punct::Colon) {
            None
        } else {
            Some(Box::new(self.parse_expr()?))
        };
        self.expect(Punct::Colon)?;
        let otherwise = self.parse_conditional()?;
        let span = condition.span.to(otherwise.span);
        let kind = ExprKind::Conditional {
            condition: Box::new(condition),
            then,
            otherwise: Box::new(otherwise),
        };
        Some(Expr { span, kind })
    }

    /// `a + b * c`
    fn parse_binary(&mut self) -> Option<Expr> {
        let outer = self.start_height();
        let mut operands = vec![self.parse_operand()?];
        let mut pending: Vec<Pending> = Vec::new();
        while let Some((op, precedence)) = self.binary_operator() {
            while pending
                .last()
                .is_some_and(|top| top.precedence >= precedence)
            {
                self.reduce(&mut operands, &mut pending)?;
            }
            pending.push(Pending {
                op,
                op_span: self.bump().span,
                precedence,
            });
            operands.push(self.parse_operand()?);
        }
        while !pending.is_empty() {
            self.reduce(&mut operands, &mut pending)?;
        }
        let Operand(expr, height) = operands.pop()?;
        self.add_height(outer, height);
        Some(expr)
    }

    fn binary_operator(&self) -> Option<(BinaryOp, u8)> {
        let punct = self.kind().punct()?;
        BINARY
            .iter()
            .find(|(sign, ..)| *sign == punct)
            .map(|(_, op, precedence)| (*op, *precedence))
    }

    fn parse_operand(&mut self) -> Option<Operand> {
        let expr = self.parse_unary()?;
        Some(Operand(expr, self.take_height()))
    }

    /// Joins the last two operands with the last operator.
    fn reduce(&mut self, operands: &mut Vec<Operand>, pending: &mut Vec<Pending>) -> Option<()> {
        let Pending {
            op,
            op_span,
            precedence: _,
        } = pending.pop()?;
        let Operand(right, right_height) = operands.pop()?;
        let Operand(left, left_height) = operands.pop()?;
        let span = left.span.to(right.span);
        let height = self.check_height(left_height.max(right_height) + 1, op_span)?;
        let kind = ExprKind::Binary {
            op,
            op_span,
            left: Box::new(left),
            right: Box::new(right),
        };
        operands.push(Operand(Expr { span, kind }, height));
        Some(())
    }

    /// `-a`, `*p`, `(T)a`, `sizeof a` or an operand without any of these.
    fn parse_unary(&mut self) -> Option<Expr> {
        match self.kind() {
            TokenKind::Punct(Punct::AndAnd) => self.parse_label_address(),
            TokenKind::Punct(Punct::LeftParen) if self.paren_holds_type(self.pos(), true) => {
                self.parse_cast()
            }
            TokenKind::Punct(punct) => match UNARY.iter().find(|(sign, _)| *sign == punct) {
                Some((_, op)) => self.parse_unary_operator(*op),
                None => self.parse_postfix(),
            },
            TokenKind::Keyword(Keyword::Extension | Keyword::Real | Keyword::Imag) => {
                self.parse_unary_operator(UnaryOp::Extension)
            }
            TokenKind::Keyword(Keyword::Sizeof | Keyword::Alignof) => self.parse_sizeof(),
            TokenKind::Keyword(_)
            | TokenKind::Ident
            | TokenKind::Number
            | TokenKind::Char
            | TokenKind::String
            | TokenKind::Directive
            | TokenKind::Bad(_)
            | TokenKind::End => self.parse_postfix(),
        }
    }

    /// An operand one construct deeper than the operator before it.
    fn parse_inner_operand(&mut self) -> Option<Expr> {
        let outer = self.enter()?;
        let result = self.parse_unary();
        self.leave(outer);
        result
    }

    fn parse_unary_operator(&mut self, op: UnaryOp) -> Option<Expr> {
        let op_span = self.bump().span;
        let operand = Box::new(self.parse_inner_operand()?);
        Some(Expr {
            span: op_span.to(operand.span),
            kind: ExprKind::Unary {
                op,
                op_span,
                operand,
            },
        })
    }

    fn parse_label_address(&mut self) -> Option<Expr> {
        let start = self.bump().span;
        let label = self.expect_ident("the name of a label")?;
        Some(Expr {
            span: start.to(label.span),
            kind: ExprKind::LabelAddress(label),
        })
    }

    /// `(T)e` or `(T){ 1, 2 }`
    fn parse_cast(&mut self) -> Option<Expr> {
        let open = self.bump().span;
        let ty = Box::new(self.parse_type_name()?);
        self.expect_closer(Punct::RightParen, open, "")?;
        if self.at(Punct::LeftBrace) {
            let init = self.parse_init_list()?;
            let literal = Expr {
                span: self.span_from(open),
                kind: ExprKind::CompoundLiteral { ty, init },
            };
            return self.parse_postfix_operators(literal);
        }
        let operand = Box::new(self.parse_inner_operand()?);
        Some(Expr {
            span: open.to(operand.span),
            kind: ExprKind::Cast { ty, operand },
        })
    }

    /// `sizeof e`, `sizeof(T)` and the same with `_Alignof`
    fn parse_sizeof(&mut self) -> Option<Expr> {
        let size = self.at_keyword(Keyword::Sizeof);
        let start = self.bump().span;
        if !self.paren_holds_type(self.pos(), false) {
            let operand = Box::new(self.parse_inner_operand()?);
            return Some(Expr {
                span: start.to(operand.span),
                kind: ExprKind::SizeofExpr { size, operand },
            });
        }
        let open = self.bump().span;
        let ty = Box::new(self.parse_type_name()?);
        self.expect_closer(Punct::RightParen, open, "")?;
        if self.at(Punct::LeftBrace) {
            let init = self.parse_init_list()?;
            let literal = Expr {
                span: self.span_from(open),
                kind: ExprKind::CompoundLiteral { ty, init },
            };
            let operand = Box::new(self.parse_postfix_operators(literal)?);
            return Some(Expr {
                span: start.to(operand.span),
                kind: ExprKind::SizeofExpr { size, operand },
            });
        }
        Some(Expr {
            span: self.span_from(start),
            kind: ExprKind::SizeofType { size, ty },
        })
    }

    /// Reports that an expression should stand here.
    pub(super) fn report_no_expr(&mut self) {
        let message = format!("expected an expression, found {}", self.found());
        // At the end of the text there is no token to point at: take the last one.
        self.error(Diagnostic::error(self.span(), message));
    }
}
