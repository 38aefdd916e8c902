//! Which `kprobe__` programs could run on a hook as well: those that use nothing of their context
//! but the arguments they name, and return 0, as the kernel wants there.
//!
//! In: a program. Out: how many arguments it names, if it could.

use crate::ast::{Arg, DirectiveKind, Expr, ExprKind, Stmt, StmtKind, Unit};
use crate::dialect::methods::{MethodParam, find_method};
use crate::dialect::probes::{ArgumentForm, argument_form};
use crate::model::FunctionDecl;
use crate::program::ProbeKind;
use crate::scan::words_in;
use crate::source::SourceText;
use crate::visit::{self, Visitor};

/// Helpers that take any program's context.
const CONTEXT_HELPERS: &[&str] = &["bpf_perf_event_output", "bpf_get_stackid", "bpf_get_stack"];

/// How many arguments a `kprobe__` program names, if it needs no registers for anything else.
#[must_use]
pub fn hook_arguments(
    unit: &Unit,
    source: &SourceText,
    function: &FunctionDecl<'_>,
) -> Option<usize> {
    let kind @ ProbeKind::Kprobe { .. } = function.probe()? else {
        return None;
    };
    let (context, arguments) = function.split_params();
    if argument_form(kind) != ArgumentForm::Registers {
        return None;
    }
    let name = context?.declarator.name.as_ref();
    let context = name.map_or("", |name| name.name.as_str());
    let mut needs = Needs {
        context,
        source,
        kprobe: false,
    };
    visit::walk_block(&mut needs, function.body);
    (!needs.kprobe && !in_macro(unit, source, context)).then_some(arguments.len())
}

/// Whether a macro of the text may use the context behind our back.
fn in_macro(unit: &Unit, source: &SourceText, context: &str) -> bool {
    !context.is_empty()
        && unit.directives.iter().any(|directive| {
            let DirectiveKind::Define(define) = &directive.kind else {
                return false;
            };
            words_in(source.slice(define.body)).any(|word| word == context)
        })
}

/// Looks for what only a kprobe can do: uses of the context that registers must serve, and results
/// that may be another number than 0.
struct Needs<'a> {
    context: &'a str,
    source: &'a SourceText,
    kprobe: bool,
}

impl Needs<'_> {
    fn is_context(&self, arg: &Arg) -> bool {
        matches!(arg, Arg::Expr(expr) if self.names_context(expr))
    }

    fn names_context(&self, expr: &Expr) -> bool {
        matches!(&expr.kind, ExprKind::Ident(name) if name.name == self.context)
    }
}

impl Visitor for Needs<'_> {
    fn visit_stmt(&mut self, stmt: &Stmt) {
        if let StmtKind::Return(Some(value)) = &stmt.kind {
            self.kprobe |= self.source.slice(value.without_parens().span) != "0";
        }
        visit::walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &Expr) {
        self.kprobe |= self.names_context(expr);
        let ExprKind::Call { callee, args, .. } = &expr.kind else {
            visit::walk_expr(self, expr);
            return;
        };
        let takes_any = match &callee.kind {
            ExprKind::Ident(name) => CONTEXT_HELPERS.contains(&name.name.as_str()),
            ExprKind::Member { member, .. } => find_method(&member.name)
                .is_some_and(|row| row.params.first() == Some(&MethodParam::Ctx)),
            _ => false,
        };
        self.visit_expr(callee);
        let skipped =
            usize::from(takes_any && args.first().is_some_and(|arg| self.is_context(arg)));
        visit::walk_args(self, args.get(skipped..).unwrap_or_default());
    }
}
