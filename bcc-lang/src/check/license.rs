//! The licence: its spelling, and helpers it keeps out of reach.

use crate::analysis::Analysis;
use crate::ast::{Expr, ExprKind};
use crate::condition::Truth;
use crate::diag::{Diagnostic, Diagnostics};
use crate::dialect::helpers::{AddressSpace, GPL_COMPATIBLE, GPL_ONLY_HELPERS, find_usdt_reader};
use crate::dialect::methods::find_method;
use crate::span::Span;
use crate::visit::{self, Visitor};

pub(super) fn check_license(context: Analysis<'_>, cx: &mut Diagnostics) {
    let license = &context.model.license;
    let Some(span) = license.span else { return };
    if license.text.starts_with('"') {
        cx.push(
            Diagnostic::error(span, "the licence is written without quotes: the kernel would see them as part of its name")
                .with_help(format!("write `#define BPF_LICENSE {}`", license.text.trim_matches('"'))),
        );
    }
    if is_compatible(context) {
        return;
    }
    for function in &context.model.functions {
        visit::walk_block(&mut GplOnlyCalls { context, cx }, function.body);
    }
}

/// Reads of memory outside the program are calls of helpers too.
pub(super) fn check_reads(
    context: Analysis<'_>,
    reads: &[(Span, AddressSpace)],
    cx: &mut Diagnostics,
) {
    if is_compatible(context) {
        return;
    }
    for (span, space) in reads {
        if context.types.conditions().at(span.start) == Truth::False {
            continue;
        }
        let helper = match space {
            AddressSpace::Kernel => "bpf_probe_read_kernel",
            AddressSpace::User => "bpf_probe_read_user",
            AddressSpace::Any => "bpf_probe_read",
        };
        report(context, *span, context.source.slice(*span), helper, cx);
    }
}

/// Whether all helpers may be used; a licence in quotes is a mistake of its own.
fn is_compatible(context: Analysis<'_>) -> bool {
    let license = &context.model.license;
    license.span.is_none()
        || license.text.starts_with('"')
        || GPL_COMPATIBLE.contains(&license.text.as_str())
}

/// Reports a use of a helper that other licences may not use.
fn report(context: Analysis<'_>, span: Span, what: &str, helper: &str, cx: &mut Diagnostics) {
    let license = &context.model.license.text;
    let message = if what == helper {
        format!("`{helper}` is only for GPL-compatible programs, and this one is `{license}`")
    } else {
        format!(
            "`{what}` needs `{helper}`, which is only for GPL-compatible programs, and this one is `{license}`"
        )
    };
    let help = format!(
        "the kernel takes as compatible: {}",
        GPL_COMPATIBLE.join(", ")
    );
    cx.push(Diagnostic::error(span, message).with_help(help));
}

/// Reports calls of helpers that other licences may not use.
struct GplOnlyCalls<'a, 'cx> {
    context: Analysis<'a>,
    cx: &'cx mut Diagnostics,
}

/// The helper that a method becomes, if only GPL-compatible programs may use it.
fn gpl_only_helper(method: &str) -> Option<&'static str> {
    let helper = find_method(method)?.helper()?;
    GPL_ONLY_HELPERS.contains(&helper).then_some(helper)
}

impl Visitor for GplOnlyCalls<'_, '_> {
    fn visit_expr(&mut self, expr: &Expr) {
        let context = self.context;
        if let ExprKind::Call { callee, .. } = &expr.kind {
            if let ExprKind::Ident(name) = &callee.kind {
                if GPL_ONLY_HELPERS.contains(&name.name.as_str())
                    && context.model.find_function(&name.name).is_none()
                {
                    report(context, callee.span, &name.name, &name.name, self.cx);
                } else if find_usdt_reader(&name.name).is_some() {
                    report(
                        context,
                        callee.span,
                        &name.name,
                        "bpf_probe_read_kernel",
                        self.cx,
                    );
                }
            } else if let ExprKind::Member { member, .. } = &callee.kind
                && context.inference.method_call(expr).is_some()
                && let Some(helper) = gpl_only_helper(&member.name)
            {
                let what = context.source.slice(callee.span);
                report(context, callee.span, what, helper, self.cx);
            }
        }
        visit::walk_expr(self, expr);
    }
}
