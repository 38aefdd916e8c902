//! Conditions: what is known on either side of a test.

use super::effects::is_hint;
use super::facts::{Fact, Kind, Null, Owed, State, Val};
use super::walk::{SiteKind, Walk};
use crate::ast::{Arg, BinaryOp, Expr, ExprKind, UnaryOp};
use crate::program::Type;

/// What is known if a condition holds, and if it does not.
pub(super) type Sides = (Option<State>, Option<State>);

impl Walk<'_> {
    /// Evaluates a condition; no path leads on from here but those returned.
    pub(super) fn branch(&mut self, condition: &Expr) -> Sides {
        if self.state.is_none() {
            return (None, None);
        }
        match &condition.kind {
            ExprKind::Paren(inner) => self.branch(inner),
            ExprKind::Unary {
                op: UnaryOp::Not,
                operand,
                ..
            } => {
                let (yes, no) = self.branch(operand);
                (no, yes)
            }
            ExprKind::Binary {
                op: op @ (BinaryOp::And | BinaryOp::Or),
                left,
                right,
                ..
            } => {
                let (yes, no) = self.branch(left);
                if *op == BinaryOp::And {
                    self.state = yes;
                    let (yes, also_no) = self.branch(right);
                    (yes, self.meet(no, also_no))
                } else {
                    self.state = no;
                    let (also_yes, no) = self.branch(right);
                    (self.meet(yes, also_yes), no)
                }
            }
            ExprKind::Comma(left, right) => {
                self.value(left);
                self.branch(right)
            }
            ExprKind::Conditional {
                condition,
                then: Some(then),
                otherwise,
            } => {
                let (yes, no) = self.branch(condition);
                self.state = yes;
                let (a, b) = self.branch(then);
                self.state = no;
                let (c, d) = self.branch(otherwise);
                (self.meet(a, c), self.meet(b, d))
            }
            ExprKind::Call { callee, args, .. } if matches!(&callee.kind, ExprKind::Ident(name) if is_hint(&name.name) && self.find(&name.name).is_none()) => {
                match args.as_slice() {
                    [Arg::Expr(hinted), ..] => self.branch(hinted),
                    _ => self.branch_on(condition),
                }
            }
            ExprKind::Binary {
                op:
                    op @ (BinaryOp::Eq
                    | BinaryOp::Ne
                    | BinaryOp::Lt
                    | BinaryOp::Gt
                    | BinaryOp::Le
                    | BinaryOp::Ge),
                left,
                right,
                ..
            } => self.compare(*op, left, right),
            _ => self.branch_on(condition),
        }
    }

    /// A value is tested for being zero.
    fn branch_on(&mut self, condition: &Expr) -> Sides {
        let val = self.value(condition);
        self.test_zero(val, condition, false)
    }

    /// The sides of `val != 0`; those of `val == 0` if `equal`.
    fn test_zero(&mut self, val: Val, tested: &Expr, equal: bool) -> Sides {
        if let Some(value) = val.constant() {
            let state = self.state.take();
            return if (value == 0) == equal {
                (state, None)
            } else {
                (None, state)
            };
        }
        if let Some(site) = val.site() {
            self.note_late_test(site, tested);
        }
        let zero = self.assume(val, true);
        let other = self.assume(val, false);
        self.state = None;
        if equal { (zero, other) } else { (other, zero) }
    }

    /// A test behind the place where the result was followed.
    fn note_late_test(&mut self, site: usize, tested: &Expr) {
        let null = self.state.as_ref().and_then(|state| state.site(site)?.null);
        if let Some(Null::Followed(at)) = null.map(|null| null.is) {
            self.add_label(at, tested.span, "tested only here");
        }
    }

    /// What is known if a value is zero, or if it is not.
    fn assume(&self, val: Val, zero: bool) -> Option<State> {
        let mut state = self.state.clone()?;
        state.branch();
        let Kind::Result(site) = val.kind else {
            return Some(state);
        };
        if val.on_some.is_some() {
            return Some(state);
        }
        if self.is_number(site) {
            // `if (len)` gives no bound, but what is known of it is no longer simple.
            state.change_site(site, |fact| {
                fact.upper = true;
                fact.lower = true;
            });
            return Some(state);
        }
        let known = state.site(site).and_then(|fact| fact.null);
        match known {
            Some(Fact {
                is: Null::No,
                all: true,
            }) if zero => return None,
            Some(Fact {
                is: Null::Yes,
                all: true,
            }) if !zero => return None,
            _ => {}
        }
        state.change_site(site, |fact| {
            fact.null = Some(Fact::new(if zero { Null::Yes } else { Null::No }));
            if zero && fact.owed.is_some() {
                fact.owed = Some(Fact::new(Owed::Nothing));
            }
        });
        Some(state)
    }

    fn compare(&mut self, op: BinaryOp, left: &Expr, right: &Expr) -> Sides {
        let a = self.value(left);
        let b = self.value(right);
        self.check_comparison(op, (left, a), (right, b));
        if let (Some(a), Some(b)) = (a.constant(), b.constant())
            && let Some(holds) = compare_constants(op, a, b)
        {
            let state = self.state.take();
            return if holds { (state, None) } else { (None, state) };
        }
        let equality = matches!(op, BinaryOp::Eq | BinaryOp::Ne);
        for (val, tested, other) in [(a, left, b), (b, right, a)] {
            let pointer = val.site().is_some_and(|site| !self.is_number(site));
            if equality && pointer && other.constant() == Some(0) {
                return self.test_zero(val, tested, op == BinaryOp::Eq);
            }
        }
        self.bound(op, (a, left), (b, right))
    }

    pub(super) fn is_number(&self, site: usize) -> bool {
        matches!(
            self.sites.get(site).map(|info| info.kind),
            Some(SiteKind::Number { .. } | SiteKind::StackId)
        )
    }

    /// A comparison of two values bounds those that are numbers, and ends what is known of others.
    fn bound(&mut self, op: BinaryOp, a: (Val, &Expr), b: (Val, &Expr)) -> Sides {
        let Some(mut state) = self.state.take() else {
            return (None, None);
        };
        state.branch();
        let (mut yes, mut no) = (state.clone(), state);
        let below = matches!(op, BinaryOp::Lt | BinaryOp::Le);
        let above = matches!(op, BinaryOp::Gt | BinaryOp::Ge);
        for ((val, _), (other, other_expr), below) in [(a, b, below), (b, a, above)] {
            let Kind::Result(site) = val.kind else {
                continue;
            };
            if val.on_some.is_some() {
                continue;
            }
            let kind = self.sites.get(site).map(|info| info.kind);
            let Some(SiteKind::Number { signed }) = kind else {
                yes.forget_site(site);
                no.forget_site(site);
                continue;
            };
            // Compared with an unsigned number, a negative one is huge.
            let plain = match self.type_of(other_expr) {
                Some(Type::Int { size, signed }) => *signed || *size < 4,
                _ => false,
            };
            let one_sided = signed
                && plain
                && other.constant().is_some()
                && matches!(
                    op,
                    BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge
                );
            for (side, holds) in [(&mut yes, true), (&mut no, false)] {
                side.change_site(site, |fact| {
                    let upper = below == holds;
                    fact.upper |= upper || !one_sided;
                    fact.lower |= !upper || !one_sided;
                });
            }
        }
        (Some(yes), Some(no))
    }
}

fn compare_constants(op: BinaryOp, a: i128, b: i128) -> Option<bool> {
    // Whether both are signed is not looked at: of a negative one nothing is said.
    (a >= 0 && b >= 0).then_some(())?;
    match op {
        BinaryOp::Eq => Some(a == b),
        BinaryOp::Ne => Some(a != b),
        BinaryOp::Lt => Some(a < b),
        BinaryOp::Gt => Some(a > b),
        BinaryOp::Le => Some(a <= b),
        BinaryOp::Ge => Some(a >= b),
        _ => None,
    }
}
