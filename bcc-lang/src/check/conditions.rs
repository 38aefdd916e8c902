//! Results that are tested for zero although a negative one is an error.

use crate::analysis::Analysis;
use crate::ast::{BinaryOp, Expr, ExprKind, Stmt, StmtKind, UnaryOp};
use crate::diag::{Diagnostic, Diagnostics};

/// The method whose result is 1, 0 or a negative error number.
const THREE_WAY: &str = "check_current_task";

/// The condition of a statement.
pub(super) fn check_statement(context: Analysis<'_>, stmt: &Stmt, cx: &mut Diagnostics) {
    if let StmtKind::If { condition, .. }
    | StmtKind::While { condition, .. }
    | StmtKind::DoWhile { condition, .. }
    | StmtKind::For {
        condition: Some(condition),
        ..
    } = &stmt.kind
    {
        check_truth(context, condition, cx);
    }
}

/// What an expression tests for zero.
pub(super) fn check_operands(context: Analysis<'_>, expr: &Expr, cx: &mut Diagnostics) {
    match &expr.kind {
        ExprKind::Unary {
            op: UnaryOp::Not,
            operand: tested,
            ..
        }
        | ExprKind::Conditional {
            condition: tested, ..
        } => check_truth(context, tested, cx),
        ExprKind::Binary {
            op: BinaryOp::And | BinaryOp::Or,
            left,
            right,
            ..
        } => {
            check_truth(context, left, cx);
            check_truth(context, right, cx);
        }
        _ => {}
    }
}

fn check_truth(context: Analysis<'_>, tested: &Expr, cx: &mut Diagnostics) {
    let tested = tested.without_parens();
    let ExprKind::Call { callee, .. } = &tested.kind else {
        return;
    };
    let ExprKind::Member { member, .. } = &callee.kind else {
        return;
    };
    if member.name != THREE_WAY || context.inference.method_call(tested).is_none() {
        return;
    }
    cx.push(
        Diagnostic::warning(
            member.span,
            format!("a negative error number of `{THREE_WAY}` counts as a member here"),
        )
        .with_help("compare the result with 1: it is 0 for others and negative for an error"),
    );
}
