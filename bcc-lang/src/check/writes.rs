//! Writes to memory that a program can only read.

use crate::analysis::Analysis;
use crate::ast::{Expr, ExprKind, UnaryOp};
use crate::diag::{Diagnostic, Diagnostics};
use crate::dialect::helpers::AddressSpace;

pub(super) fn check_write(context: Analysis<'_>, expr: &Expr, cx: &mut Diagnostics) {
    let target = match &expr.kind {
        ExprKind::Assign { target, .. }
        | ExprKind::Postfix {
            operand: target, ..
        }
        | ExprKind::Unary {
            op: UnaryOp::Increment | UnaryOp::Decrement,
            operand: target,
            ..
        } => target.without_parens(),
        _ => return,
    };
    // What `**p` names may still be the program's own, where `p` is an address of its own.
    if !follows_arrow(target) {
        return;
    }
    let value = context.inference.value(target);
    let Some(space) = value.and_then(|value| value.place.filter(|_| !value.own_unknown)) else {
        return;
    };
    let (whose, help) = match space {
        AddressSpace::Kernel => (
            "the kernel's memory",
            "copy what you change into a variable of the program",
        ),
        AddressSpace::User => (
            "memory of the traced process",
            "`bpf_probe_write_user` writes there",
        ),
        AddressSpace::Any => (
            "memory outside the program",
            "copy what you change into a variable of the program",
        ),
    };
    let text = context.source.slice(target.span);
    let message = format!("`{text}` is {whose}, which is read-only here");
    cx.push(Diagnostic::error(target.span, message).with_help(help));
}

/// Whether a place is a member of what a pointer leads to: `p->a`, `p->a.b`.
fn follows_arrow(place: &Expr) -> bool {
    match &place.without_parens().kind {
        ExprKind::Member { base, arrow, .. } => *arrow || follows_arrow(base),
        _ => false,
    }
}
