//! Loops that the kernel cannot see the end of.

use super::walk::Walk;
use crate::ast::{Expr, ExprKind, MacroUse, Stmt, StmtKind};
use crate::diag::Diagnostic;
use crate::span::Span;
use crate::visit::{self, Visitor};

impl Walk<'_> {
    /// A loop without a condition must have another way out.
    pub(super) fn check_loop(
        &mut self,
        span: Span,
        condition: Option<&Expr>,
        _step: Option<&Expr>,
        body: &Stmt,
    ) {
        if self.state.is_none() {
            return;
        }
        let types = self.flow.analysis.types;
        let endless = condition
            .is_none_or(|condition| types.const_eval(condition).is_some_and(|value| value != 0));
        if !endless {
            return;
        }
        let mut exits = Exits(false);
        exits.visit_stmt(body);
        if let Some(condition) = condition {
            exits.visit_expr(condition);
        }
        if !exits.0 {
            let word = self
                .text(span)
                .split(|c: char| !c.is_alphabetic())
                .next()
                .unwrap_or_default();
            let end = span.start + u32::try_from(word.len()).unwrap_or(0);
            self.report(
                Diagnostic::error(
                    Span::new(span.start, end),
                    "nothing ends this loop: the kernel only takes loops that it can see the end of",
                )
                .with_help("count its rounds: `for (int i = 0; i < 64; i++)`, and leave it with `break`"),
            );
        }
    }
}

/// Whether anything may leave a loop.
struct Exits(bool);

impl Visitor for Exits {
    fn visit_stmt(&mut self, stmt: &Stmt) {
        self.0 |= matches!(
            stmt.kind,
            StmtKind::Break
                | StmtKind::Return(_)
                | StmtKind::Goto(_)
                | StmtKind::GotoExpr(_)
                | StmtKind::Opaque(_)
                | StmtKind::Macro(_)
                | StmtKind::Directive(_)
        );
        visit::walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &Expr) {
        self.0 |= match &expr.kind {
            // Method calls may hide a `return`, macros anything, and a tail call ends the program.
            ExprKind::Call { callee, .. } => {
                !matches!(&callee.kind, ExprKind::Ident(name) if name.name.starts_with("bpf_") && name.name != "bpf_tail_call")
            }
            ExprKind::Opaque => true,
            // `FINISH;`
            ExprKind::Ident(name) => !name.name.chars().any(char::is_lowercase),
            _ => false,
        };
        visit::walk_expr(self, expr);
    }

    fn visit_macro_use(&mut self, _use: &MacroUse) {
        self.0 = true;
    }
}
