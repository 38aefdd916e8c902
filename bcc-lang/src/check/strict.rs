//! What `strict` refuses although bcc does it.
//!
//! What is a warning otherwise stands with its rule and asks
//! [`Semantics::doubtful`](crate::options::Semantics::doubtful) for its weight.

use crate::analysis::Analysis;
use crate::ast::{Expr, ExprKind};
use crate::condition::Truth;
use crate::diag::{Diagnostic, Diagnostics};
use crate::dialect::helpers::AddressSpace;
use crate::options::Semantics;
use crate::span::Span;

/// Reads of the process' memory are written out: they may fail, and then give zeros.
pub(super) fn check_reads(
    context: Analysis<'_>,
    reads: &[(Span, AddressSpace)],
    cx: &mut Diagnostics,
) {
    if context.options.semantics == Semantics::Bcc {
        return;
    }
    for (span, space) in reads {
        let is_left_out = context.types.conditions().at(span.start) == Truth::False;
        match space {
            // Where only the address tells, the read is right wherever the two kinds of memory have
            // addresses of their own.
            AddressSpace::Kernel | AddressSpace::Any => {}
            AddressSpace::User if is_left_out => {}
            AddressSpace::User => {
                let text = context.source.slice(*span);
                let message =
                    format!("`{text}` reads memory of the process, which may not be there");
                cx.push(Diagnostic::error(*span, message).with_help(
                    "read it with `bpf_probe_read_user` or `bpf_probe_read_user_str` and test the \
                     result",
                ));
            }
        }
    }
}

/// A method that may leave the function.
pub(super) fn check_method(context: Analysis<'_>, expr: &Expr, cx: &mut Diagnostics) {
    if context.options.semantics == Semantics::Bcc || context.inference.method_call(expr).is_none()
    {
        return;
    }
    if let ExprKind::Call { callee, .. } = &expr.kind
        && let ExprKind::Member { member, .. } = &callee.kind
        && member.name == "lookup_or_init"
    {
        cx.push(
            Diagnostic::error(
                member.span,
                "`lookup_or_init` hides a `return 0` for when the map is full",
            )
            .with_help("use `lookup_or_try_init` and test the result"),
        );
    }
}
