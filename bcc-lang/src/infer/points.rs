//! What pointers point to: which variables an assignment through a pointer reaches.
//!
//! In: lvalues and pointer values. Out: the variables they may name or lead to. A variable stands
//! for all its members, so that `e->task = t` is noted of whatever `e` may point to.

use super::Infer;
use super::scope::VarId;
use super::space::Space;
use crate::ast::{Expr, ExprKind, UnaryOp};
use crate::program::Type;
use std::collections::BTreeSet;

impl Infer<'_> {
    /// Notes that a value of `space` is stored into what `target` names, and, if it is a pointer,
    /// where it leads.
    pub(super) fn store_value(&mut self, target: &Expr, value: &Expr, space: Space) {
        self.store(target, space);
        let pointees = self.pointees(value);
        for variable in self.targets(target) {
            self.widen(variable, space);
            self.point(variable, &pointees);
        }
    }

    /// Adds to what a variable may point to.
    pub(super) fn point(&mut self, variable: VarId, pointees: &BTreeSet<VarId>) {
        if pointees.is_empty() {
            return;
        }
        let known = self.points.entry(variable).or_default();
        let before = known.len();
        known.extend(pointees);
        self.changed |= known.len() > before;
    }

    /// The variables that an lvalue may name.
    fn targets(&self, expr: &Expr) -> BTreeSet<VarId> {
        match &expr.kind {
            ExprKind::Ident(name) => self
                .scopes
                .find(&name.name)
                .map(|var| var.id)
                .into_iter()
                .collect(),
            ExprKind::Paren(inner)
            | ExprKind::Cast { operand: inner, .. }
            | ExprKind::Member {
                base: inner,
                arrow: false,
                ..
            } => self.targets(inner),
            ExprKind::Member {
                base, arrow: true, ..
            }
            | ExprKind::Unary {
                op: UnaryOp::Deref,
                operand: base,
                ..
            }
            | ExprKind::Index { base, .. } => self.pointees(base),
            _ => BTreeSet::new(),
        }
    }

    /// The variables that a pointer may lead to.
    pub(super) fn pointees(&self, expr: &Expr) -> BTreeSet<VarId> {
        match &expr.kind {
            ExprKind::Paren(inner)
            | ExprKind::Cast { operand: inner, .. }
            | ExprKind::Postfix { operand: inner, .. }
            | ExprKind::Comma(_, inner)
            | ExprKind::Assign { value: inner, .. }
            | ExprKind::Unary {
                op: UnaryOp::Increment | UnaryOp::Decrement | UnaryOp::Extension,
                operand: inner,
                ..
            } => self.pointees(inner),
            ExprKind::Unary {
                op: UnaryOp::AddressOf,
                operand,
                ..
            } => self.targets(operand),
            ExprKind::Binary { left, right, .. }
            | ExprKind::Conditional {
                then: Some(left),
                otherwise: right,
                ..
            } => &self.pointees(left) | &self.pointees(right),
            ExprKind::Call { callee, .. } => match &callee.kind {
                ExprKind::Ident(name) => self
                    .model
                    .find_function(&name.name)
                    .and_then(|index| self.result_points.get(index))
                    .cloned()
                    .unwrap_or_default(),
                _ => BTreeSet::new(),
            },
            _ => self.held_pointers(expr),
        }
    }

    /// The variables that the pointers in an lvalue lead to.
    fn held_pointers(&self, expr: &Expr) -> BTreeSet<VarId> {
        let targets = self.targets(expr);
        let array = self
            .out
            .value(expr)
            .is_some_and(|value| matches!(value.ty, Type::Array { .. }));
        if array {
            return targets;
        }
        let held = targets
            .iter()
            .filter_map(|variable| self.points.get(variable));
        held.flatten().copied().collect()
    }
}
