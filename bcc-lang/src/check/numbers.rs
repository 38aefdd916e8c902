//! Arithmetic that the kernel's machine has not.

use crate::analysis::Analysis;
use crate::ast::{BinaryOp, Expr, ExprKind};
use crate::diag::{Diagnostic, Diagnostics};
use crate::program::Type;

/// All of these are warnings: what clang can work out itself never reaches the kernel.
pub(super) fn check_numbers(context: Analysis<'_>, expr: &Expr, cx: &mut Diagnostics) {
    let (op, left, right) = match &expr.kind {
        ExprKind::Binary {
            op, left, right, ..
        } => (*op, left, right),
        ExprKind::Assign {
            op: Some(op),
            target,
            value,
            ..
        } => (*op, target, value),
        _ => return,
    };
    check_float(context, op, [left, right], cx);
    if matches!(op, BinaryOp::Div | BinaryOp::Rem) && is_zero_literal(context, right) {
        cx.push(
            Diagnostic::warning(right.span, "a division by zero")
                .with_help("the kernel gives 0 for it, and the compiler may give anything"),
        );
    }
}

/// A fraction in a computation with something that is not constant.
fn check_float(context: Analysis<'_>, op: BinaryOp, sides: [&Expr; 2], cx: &mut Diagnostics) {
    let is_logical = matches!(op, BinaryOp::And | BinaryOp::Or);
    let is_float = |side: &Expr| {
        let value = context.inference.value(side);
        value.is_some_and(|value| matches!(value.ty, Type::Float { .. }))
    };
    let is_number = |side: &Expr| is_literal(side);
    let Some(side) = sides.into_iter().find(|side| is_float(side)) else {
        return;
    };
    if is_logical || sides.into_iter().all(is_number) {
        return;
    }
    cx.push(
        Diagnostic::warning(side.span, "there is no floating point in BPF")
            .with_help("use integers: multiply first, or send the numbers and divide in Rust"),
    );
}

fn is_zero_literal(context: Analysis<'_>, expr: &Expr) -> bool {
    is_literal(expr) && context.types.const_eval(expr) == Some(0)
}

fn is_literal(expr: &Expr) -> bool {
    matches!(expr.without_parens().kind, ExprKind::Number)
}
