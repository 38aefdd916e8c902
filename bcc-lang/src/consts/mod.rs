//! Constant integer expressions.
//!
//! In: an expression and an [`Environment`] that knows names and types. Out: the [`Value`] that the
//! C compiler computes, or `None` where it is not known here. Macros are expanded before; what a
//! name or a type is, is left to the environment.

pub mod literal;
pub mod value;

pub use value::{IntType, Value};

use crate::ast::{Arg, BinaryOp, Designator, Expr, ExprKind, Ident, TypeName, UnaryOp};
use crate::layout::Layout;
use crate::lex::clean;
use crate::source::SourceText;

/// What an expression may ask for. The defaults know nothing.
pub trait Environment {
    /// The text that the spans of the expression refer to.
    fn source(&self) -> &SourceText;

    /// The value of a literal, given with the type C gives it.
    fn literal(&self, value: Value) -> Option<Value> {
        Some(value)
    }

    /// The value of a name.
    fn name(&self, _name: &Ident) -> Option<Value> {
        None
    }

    /// `value` cast to a type.
    fn cast(&self, _ty: &TypeName, _value: Value) -> Option<Value> {
        None
    }

    /// The layout of a type under `sizeof` or `_Alignof`.
    fn type_layout(&self, _ty: &TypeName) -> Option<Layout> {
        None
    }

    /// The layout of an expression under `sizeof` or `_Alignof`.
    fn expr_layout(&self, _expr: &Expr) -> Option<Layout> {
        None
    }

    /// The offset in bytes of what a path leads to.
    fn offset(&self, _ty: &TypeName, _path: &[Designator]) -> Option<u64> {
        None
    }

    /// Whether two types are the same.
    fn same_type(&self, _left: &TypeName, _right: &TypeName) -> Option<bool> {
        None
    }
}

/// The value of a constant expression, or `None` where it is not known.
#[must_use]
pub fn evaluate(expr: &Expr, environment: &dyn Environment) -> Option<Value> {
    Evaluator { environment }.value(expr)
}

struct Evaluator<'e> {
    environment: &'e dyn Environment,
}

impl Evaluator<'_> {
    fn value(&self, expr: &Expr) -> Option<Value> {
        match &expr.kind {
            ExprKind::Number => self.literal(expr, literal::number),
            ExprKind::Char => self.literal(expr, literal::character),
            ExprKind::Ident(name) => self.environment.name(name),
            ExprKind::Paren(inner) => self.value(inner),
            ExprKind::Unary { op, operand, .. } => self.unary(*op, operand),
            ExprKind::Binary {
                op, left, right, ..
            } => self.binary(*op, left, right),
            ExprKind::Conditional {
                condition,
                then,
                otherwise,
            } => self.conditional(condition, then.as_deref(), otherwise),
            ExprKind::Cast { ty, operand } => self.environment.cast(ty, self.value(operand)?),
            ExprKind::SizeofType { size, ty } => {
                Some(Self::measure(*size, self.environment.type_layout(ty)?))
            }
            ExprKind::SizeofExpr { size, operand } => {
                Some(Self::measure(*size, self.environment.expr_layout(operand)?))
            }
            ExprKind::Offsetof { ty, path } => {
                Some(Value::from_size(self.environment.offset(ty, path)?))
            }
            ExprKind::Call { callee, args, .. } => self.call(callee, args),
            ExprKind::String(_)
            | ExprKind::Postfix { .. }
            | ExprKind::Assign { .. }
            | ExprKind::CompoundLiteral { .. }
            | ExprKind::Member { .. }
            | ExprKind::Index { .. }
            | ExprKind::Statements(_)
            | ExprKind::Generic { .. }
            | ExprKind::Comma(..)
            | ExprKind::LabelAddress(_)
            | ExprKind::Opaque => None,
        }
    }

    fn literal(&self, expr: &Expr, read: fn(&str) -> Option<Value>) -> Option<Value> {
        self.environment
            .literal(read(&clean(self.environment.source().slice(expr.span)))?)
    }

    fn unary(&self, op: UnaryOp, operand: &Expr) -> Option<Value> {
        match op {
            UnaryOp::Plus => self.value(operand)?.plus(),
            UnaryOp::Minus => self.value(operand)?.negate(),
            UnaryOp::BitNot => self.value(operand)?.complement(),
            UnaryOp::Not => Some(Value::from_bool(!self.value(operand)?.is_true())),
            UnaryOp::Extension => self.value(operand),
            UnaryOp::Deref | UnaryOp::AddressOf | UnaryOp::Increment | UnaryOp::Decrement => None,
        }
    }

    fn binary(&self, op: BinaryOp, left: &Expr, right: &Expr) -> Option<Value> {
        /// One side of these may decide alone, even if the other is not known.
        const DECIDING: [(BinaryOp, bool); 2] = [(BinaryOp::And, false), (BinaryOp::Or, true)];
        let deciding = DECIDING
            .iter()
            .find(|(lazy, _)| *lazy == op)
            .map(|(_, decision)| *decision);
        let (left, right) = (self.value(left), self.value(right));
        if let Some(decision) = deciding
            && [left, right]
                .into_iter()
                .flatten()
                .any(|side| side.is_true() == decision)
        {
            return Some(Value::from_bool(decision));
        }
        Value::binary(op, left?, right?)
    }

    /// The value of the side taken, in the type both sides share.
    fn conditional(
        &self,
        condition: &Expr,
        then: Option<&Expr>,
        otherwise: &Expr,
    ) -> Option<Value> {
        let condition = self.value(condition)?;
        let then = then.map_or(Some(condition), |then| self.value(then));
        let otherwise = self.value(otherwise);
        let (taken, other) = if condition.is_true() {
            (then?, otherwise)
        } else {
            (otherwise?, then)
        };
        match other {
            Some(other) => taken.convert(taken.ty().common(other.ty())),
            None => Some(taken),
        }
    }

    const fn measure(size: bool, layout: Layout) -> Value {
        Value::from_size(if size { layout.size } else { layout.align })
    }

    /// Builtins that are constant; calls of macros have been expanded before.
    fn call(&self, callee: &Expr, args: &[Arg]) -> Option<Value> {
        let ExprKind::Ident(name) = &callee.kind else {
            return None;
        };
        match (name.name.as_str(), args) {
            ("__builtin_constant_p", [Arg::Expr(arg)]) => {
                self.value(arg).map(|_| Value::from_bool(true))
            }
            ("__builtin_expect", [Arg::Expr(value), Arg::Expr(_)]) => self.value(value),
            (
                "__builtin_choose_expr",
                [Arg::Expr(condition), Arg::Expr(then), Arg::Expr(otherwise)],
            ) => self.value(if self.value(condition)?.is_true() {
                then
            } else {
                otherwise
            }),
            ("__builtin_types_compatible_p", [Arg::Type(left), Arg::Type(right)]) => {
                Some(Value::from_bool(self.environment.same_type(left, right)?))
            }
            _ => None,
        }
    }
}
