//! Mistakes that show only along the paths of a function: a result used before it is tested, a
//! record that is not given back, an event that is not written.
//!
//! In: the tree and what was inferred. Out: diagnostics only. Each function is gone through as it
//! would run, with what is known of its variables; where paths meet, what is known is joined. Loops
//! and backward jumps are gone through again until nothing changes. A mistake is reported only if
//! it happens on every path to its place, or on one that is certain to be possible; an address that
//! leaves the function, a macro that may hold statements, inline assembly make things unknown.

mod calls;
mod conditions;
mod effects;
mod expressions;
mod facts;
mod loops;
mod macros;
mod numbers;
mod places;
mod pointers;
mod slots;
mod statements;
mod summary;
#[cfg(test)]
mod tests;
mod unwritten;
mod walk;

use crate::analysis::Analysis;
use crate::ast::{Expr, ExprKind, StmtKind};
use crate::diag::Diagnostics;
use crate::visit::{self, Visitor};
use macros::MacroUses;
use std::collections::BTreeSet;
use summary::Summary;
use walk::Walk;

/// Checks all functions.
pub fn check(analysis: Analysis<'_>, cx: &mut Diagnostics) {
    let mut flow = Flow {
        analysis,
        macros: MacroUses::read(analysis.unit, analysis.source),
        summaries: analysis.model.functions.iter().map(|_| None).collect(),
        used_results: used_results(analysis),
    };
    for (index, function) in analysis.model.functions.iter().enumerate() {
        let done = Walk::new(&flow, function).run();
        cx.extend(done.found);
        if let Some(slot) = flow.summaries.get_mut(index) {
            *slot = done.summary;
        }
    }
}

/// What the walks through all functions share.
struct Flow<'a> {
    analysis: Analysis<'a>,
    macros: MacroUses,
    /// Of the functions before the one being walked.
    summaries: Vec<Option<Summary>>,
    /// Functions of which a call uses the result.
    used_results: BTreeSet<usize>,
}

/// The functions of which a call uses the result.
fn used_results(analysis: Analysis<'_>) -> BTreeSet<usize> {
    let mut uses = Uses {
        analysis,
        used: BTreeSet::new(),
    };
    for function in &analysis.model.functions {
        visit::walk_block(&mut uses, function.body);
    }
    uses.used
}

struct Uses<'a> {
    analysis: Analysis<'a>,
    used: BTreeSet<usize>,
}

impl Visitor for Uses<'_> {
    fn visit_stmt(&mut self, stmt: &crate::ast::Stmt) {
        // The result of `f(x);` is dropped.
        if let StmtKind::Expr(expr) = &stmt.kind
            && let ExprKind::Call { args, .. } = &expr.without_parens().kind
        {
            visit::walk_args(self, args);
            return;
        }
        visit::walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &Expr) {
        if let ExprKind::Call { callee, .. } = &expr.kind
            && let ExprKind::Ident(name) = &callee.kind
        {
            self.used
                .extend(self.analysis.model.find_function(&name.name));
        }
        visit::walk_expr(self, expr);
    }
}
