//! Numbers: sizes and indices without bounds, and numbers of the kernel whose halves mean
//! different things.

use super::facts::{Evidence, Kind, Origin, Val};
use super::walk::{SiteKind, Walk};
use crate::ast::{BinaryOp, Expr, ExprKind};
use crate::diag::Diagnostic;

impl Walk<'_> {
    /// A size that a helper is given.
    pub(super) fn check_size(&mut self, val: Val, arg: &Expr) {
        let Some((upper, lower, signed)) = self.bounds(val) else {
            return;
        };
        let text = self.text(arg.span);
        if !upper {
            self.report(
                Diagnostic::error(arg.span, format!("`{text}` has no upper bound: the kernel must see that so many bytes fit"))
                    .with_help(format!("bound it before, with `if ({text} > sizeof(buffer)) {text} = sizeof(buffer);` or `{text} &= 0xff`{}", if signed { ", and make it unsigned" } else { "" })),
            );
        } else if signed && !lower {
            self.report(
                Diagnostic::error(
                    arg.span,
                    format!("`{text}` may be negative: only its upper bound is tested"),
                )
                .with_help(format!(
                    "make it unsigned, or test `if ({text} < 0)` before"
                )),
            );
        }
    }

    /// Whether a number was tested from above and from below, and whether it is signed.
    fn bounds(&self, val: Val) -> Option<(bool, bool, bool)> {
        let Kind::Result(site) = val.kind else {
            return None;
        };
        let SiteKind::Number { signed } = self.sites.get(site)?.kind else {
            return None;
        };
        match val.on_some {
            None => {
                let fact = self.state.as_ref()?.site(site)?;
                Some((fact.upper, fact.lower, signed))
            }
            // One path went on without the bound that the other one set.
            Some(Evidence::Unbounded) => Some((signed, false, signed)),
            Some(Evidence::Null(_)) => None,
        }
    }

    /// An index into an array of the program's own.
    pub(super) fn check_index(&mut self, val: Val, index: &Expr, base: &Expr, len: u64) {
        let on_stack = matches!(&base.without_parens().kind, ExprKind::Ident(name) if self.find(&name.name).is_some());
        let Some((false, _, _)) = self
            .bounds(val)
            .filter(|_| on_stack && val.on_some.is_none())
        else {
            return;
        };
        let text = self.text(index.span);
        let help = if len.is_power_of_two() {
            format!("bound it before: `{text} &= {}`", len.saturating_sub(1))
        } else {
            format!("bound it before: `if ({text} >= {len}) return 0;`")
        };
        self.report(
            Diagnostic::warning(
                index.span,
                format!("`{text}` has no bound, and `{}` has {len} elements: the kernel must see that it fits", self.text(base.span)),
            )
            .with_help(help),
        );
    }

    /// `pid == 1234`
    pub(super) fn check_comparison(
        &mut self,
        op: BinaryOp,
        left: (&Expr, Val),
        right: (&Expr, Val),
    ) {
        if !matches!(op, BinaryOp::Eq | BinaryOp::Ne) {
            return;
        }
        for ((expr, val), (other, constant)) in [(left, right), (right, left)] {
            let Kind::Origin(origin) = val.kind else {
                continue;
            };
            if !self.is_fixed(other) {
                continue;
            }
            let is_zero = constant.constant() == Some(0);
            match origin {
                Origin::Thread if !is_zero => self.check_thread(expr),
                Origin::PidTgid if !is_zero => {
                    let text = self.text(expr.span);
                    self.report(
                        Diagnostic::warning(
                            expr.span,
                            format!("`{text}` is the process id and the thread id together"),
                        )
                        .with_help(format!("compare the process id, `{text} >> 32`, or the thread id, `(u32){text}`")),
                    );
                }
                Origin::UidGid => {
                    let text = self.text(expr.span);
                    self.report(
                        Diagnostic::warning(
                            expr.span,
                            format!("`{text}` is the user id and the group id together"),
                        )
                        .with_help(format!(
                            "compare the user id, `(u32){text}`, or the group id, `{text} >> 32`"
                        )),
                    );
                }
                Origin::Thread | Origin::PidTgid => {}
            }
        }
    }

    /// The thread id is meant where the variable says so.
    fn check_thread(&mut self, expr: &Expr) {
        let ExprKind::Ident(name) = &expr.without_parens().kind else {
            return;
        };
        let lower = name.name.to_lowercase();
        if self.knows_process || !(lower.contains("pid") || lower.contains("tgid")) {
            return;
        }
        self.report(
            Diagnostic::warning(
                expr.span,
                format!("`{}` is a thread id here: the low half of `bpf_get_current_pid_tgid()`", name.name),
            )
            .with_help("the id of the process is the high half, `bpf_get_current_pid_tgid() >> 32`; name it `tid` if the thread is meant"),
        );
    }

    /// A number written into the text, or given to it from outside.
    fn is_fixed(&self, expr: &Expr) -> bool {
        match &expr.without_parens().kind {
            ExprKind::Number => true,
            ExprKind::Ident(name) => self.find(&name.name).is_none(),
            ExprKind::Cast { operand, .. } => self.is_fixed(operand),
            _ => false,
        }
    }
}
