//! Members of contexts that the kernel does not let a program read.

use crate::analysis::Analysis;
use crate::ast::{Expr, ExprKind};
use crate::diag::{Diagnostic, Diagnostics};
use crate::dialect::probes::TRACEPOINT_STRUCT_PREFIX;
use crate::program::{Type, TypeName};

/// What all tracepoints have in common, and what gives the same.
const COMMON: &[(&str, &str)] = &[
    (
        "common_pid",
        "`(u32)bpf_get_current_pid_tgid()` is the same number",
    ),
    (
        "common_type",
        "it is the same for all records of a tracepoint",
    ),
    ("common_flags", "no helper gives what they hold"),
    ("common_preempt_count", "no helper gives what it holds"),
];

/// `args->common_pid` lies where a program may not read.
pub(super) fn check_member(context: Analysis<'_>, expr: &Expr, cx: &mut Diagnostics) {
    let ExprKind::Member { base, member, .. } = &expr.kind else {
        return;
    };
    let Some((name, instead)) = COMMON.iter().find(|(name, _)| *name == member.name) else {
        return;
    };
    let ty = context.inference.value(base).map(|value| &value.ty);
    let Some(Type::Named(TypeName { name: record, .. })) = ty.and_then(pointee) else {
        return;
    };
    if record.starts_with(TRACEPOINT_STRUCT_PREFIX) {
        let message = format!("the kernel does not let a program read `{name}`");
        cx.push(Diagnostic::error(member.span, message).with_help(*instead));
    }
}

fn pointee(ty: &Type) -> Option<&Type> {
    match ty {
        Type::Pointer(inner) => Some(inner),
        Type::Void
        | Type::Bool
        | Type::Char
        | Type::Int { .. }
        | Type::Float { .. }
        | Type::Function
        | Type::Array { .. }
        | Type::Named(_)
        | Type::Unknown(_) => None,
    }
}
