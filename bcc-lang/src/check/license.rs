//! The licence: its spelling, and helpers it keeps out of reach.

use crate::analysis::Analysis;
use crate::ast::{Expr, ExprKind};
use crate::diag::{Diagnostic, Diagnostics};
use crate::dialect::helpers::{GPL_COMPATIBLE, GPL_ONLY_HELPERS};
use crate::dialect::methods::find_method;
use crate::visit::{self, Visitor};

pub(super) fn check_license(context: Analysis<'_>, cx: &mut Diagnostics) {
    let license = &context.model.license;
    let Some(span) = license.span else { return };
    if license.text.starts_with('"') {
        cx.push(
            Diagnostic::error(span, "the licence is written without quotes: the kernel would see them as part of its name")
                .with_help(format!("write `#define BPF_LICENSE {}`", license.text.trim_matches('"'))),
        );
        return;
    }
    if GPL_COMPATIBLE.contains(&license.text.as_str()) {
        return;
    }
    for function in &context.model.functions {
        visit::walk_block(&mut GplOnlyCalls { context, cx }, function.body);
    }
}

/// Reports calls of helpers that other licences may not use.
struct GplOnlyCalls<'a, 'cx> {
    context: Analysis<'a>,
    cx: &'cx mut Diagnostics,
}

impl GplOnlyCalls<'_, '_> {
    fn report(&mut self, expr: &Expr, what: &str, helper: &str) {
        let license = &self.context.model.license.text;
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
        self.cx
            .push(Diagnostic::error(expr.span, message).with_help(help));
    }
}

/// The helper that a method becomes, if only GPL-compatible programs may use it.
fn gpl_only_helper(method: &str) -> Option<&'static str> {
    let form = find_method(method)?.form;
    GPL_ONLY_HELPERS
        .iter()
        .copied()
        .find(|helper| form.split('(').next() == Some(*helper))
}

impl Visitor for GplOnlyCalls<'_, '_> {
    fn visit_expr(&mut self, expr: &Expr) {
        let context = self.context;
        if let ExprKind::Call { callee, .. } = &expr.kind {
            if let ExprKind::Ident(name) = &callee.kind {
                if GPL_ONLY_HELPERS.contains(&name.name.as_str())
                    && context.model.find_function(&name.name).is_none()
                {
                    self.report(callee, &name.name, &name.name);
                }
            } else if let ExprKind::Member { member, .. } = &callee.kind
                && context.inference.method_call(expr).is_some()
                && let Some(helper) = gpl_only_helper(&member.name)
            {
                self.report(callee, context.source.slice(callee.span), helper);
            }
        } else if matches!(expr.kind, ExprKind::Member { arrow: true, .. })
            && context
                .inference
                .value(expr)
                .is_some_and(|value| value.place.is_some())
        {
            self.report(expr, context.source.slice(expr.span), "bpf_probe_read");
        }
        visit::walk_expr(self, expr);
    }
}
