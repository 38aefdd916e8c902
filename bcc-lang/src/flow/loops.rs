//! Loops that the kernel cannot see the end of.

use super::walk::Walk;
use crate::ast::{BinaryOp, Expr, ExprKind, MacroUse, Stmt, StmtKind, UnaryOp};
use crate::diag::Diagnostic;
use crate::span::Span;
use crate::visit::{self, Visitor};

impl Walk<'_> {
    /// A loop without a condition must have another way out, and one along a list a count.
    pub(super) fn check_loop(
        &mut self,
        span: Span,
        condition: Option<&Expr>,
        step: Option<&Expr>,
        body: &Stmt,
    ) {
        if self.state.is_none() {
            return;
        }
        let types = self.flow.analysis.types;
        let constant = condition.map(|condition| types.const_eval(condition));
        let endless = constant.is_none_or(|value| value.is_some_and(|value| value != 0));
        let word = self.text(span);
        let word = word.split(|c: char| !c.is_alphabetic()).next();
        let word = u32::try_from(word.map_or(0, str::len)).unwrap_or(0);
        let word = Span::new(span.start, span.start + word);
        if endless && !may_leave(true, body, condition) {
            self.report(
                Diagnostic::error(
                    word,
                    "nothing ends this loop: the kernel only takes loops that it can see the end of",
                )
                .with_help(
                    "count its rounds: `for (int i = 0; i < 64; i++)`, and leave it with `break`",
                ),
            );
        }
        let Some((condition, pointer)) = condition
            .filter(|_| !endless)
            .and_then(|condition| Some((condition, tested_name(condition)?)))
        else {
            return;
        };
        let mut links = Links {
            pointer,
            linked: false,
            otherwise: false,
        };
        links.visit_stmt(body);
        if let Some(step) = step {
            links.visit_expr(step);
        }
        if links.linked && !links.otherwise && !may_leave(false, body, None) {
            self.report(
                Diagnostic::warning(
                    condition.span,
                    format!("only `{pointer}` ends this loop: the kernel cannot see that it does"),
                )
                .with_help(format!(
                    "count its rounds too: `for (int i = 0; i < 64 && {pointer}; i++)`"
                )),
            );
        }
    }
}

/// The variable that a condition tests for not being `NULL`, and nothing else.
fn tested_name(condition: &Expr) -> Option<&str> {
    match &condition.kind {
        ExprKind::Ident(name) => Some(&name.name),
        ExprKind::Paren(inner) => tested_name(inner),
        ExprKind::Binary {
            op: BinaryOp::Ne,
            left,
            right,
            ..
        } => match &right.without_parens().kind {
            ExprKind::Ident(name) if name.name == "NULL" => tested_name(left),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a pointer goes along a list, and whether it is given anything else.
struct Links<'n> {
    pointer: &'n str,
    linked: bool,
    otherwise: bool,
}

impl Visitor for Links<'_> {
    fn visit_expr(&mut self, expr: &Expr) {
        let is_pointer = |expr: &Expr| matches!(&expr.without_parens().kind, ExprKind::Ident(name) if name.name == self.pointer);
        match &expr.kind {
            ExprKind::Assign { target, value, .. } if is_pointer(target) => {
                let next = match &value.without_parens().kind {
                    ExprKind::Member {
                        base, arrow: true, ..
                    } => is_pointer(base),
                    _ => false,
                };
                self.linked |= next;
                self.otherwise |= !next;
            }
            ExprKind::Unary {
                op: UnaryOp::AddressOf | UnaryOp::Increment | UnaryOp::Decrement,
                operand,
                ..
            }
            | ExprKind::Postfix { operand, .. } => self.otherwise |= is_pointer(operand),
            _ => {}
        }
        visit::walk_expr(self, expr);
    }
}

/// Whether anything may leave a loop; calls too, if `by_calls`.
fn may_leave(by_calls: bool, body: &Stmt, condition: Option<&Expr>) -> bool {
    let mut exits = Exits {
        found: false,
        by_calls,
    };
    exits.visit_stmt(body);
    if let Some(condition) = condition {
        exits.visit_expr(condition);
    }
    exits.found
}

/// Whether anything may leave a loop.
struct Exits {
    found: bool,
    by_calls: bool,
}

impl Visitor for Exits {
    fn visit_stmt(&mut self, stmt: &Stmt) {
        self.found |= matches!(
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
        self.found |= match &expr.kind {
            // Method calls may hide a `return`, macros anything, and a tail call ends the program.
            ExprKind::Call { callee, .. } if self.by_calls => {
                !matches!(&callee.kind, ExprKind::Ident(name) if name.name.starts_with("bpf_") && name.name != "bpf_tail_call")
            }
            ExprKind::Opaque => true,
            // `FINISH;`
            ExprKind::Ident(name) => {
                name.name != "NULL" && !name.name.chars().any(char::is_lowercase)
            }
            _ => false,
        };
        visit::walk_expr(self, expr);
    }

    fn visit_macro_use(&mut self, _use: &MacroUse) {
        self.found = true;
    }
}
