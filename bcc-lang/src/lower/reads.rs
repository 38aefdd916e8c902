//! Implicit reads: `sk->__sk_common.skc_dport` where `sk` leads out of the program's memory.
//!
//! The type of a kernel member is not known here, so the emitted macros decide in C what only the
//! C compiler can know: an array stays an address, everything else is copied.

use super::Lowerer;
use crate::ast::{Expr, ExprKind, Ident, UnaryOp};
use crate::dialect::helpers::AddressSpace;
use crate::edits::Piece;
use crate::program::Type;
use crate::visit::Visitor as _;

/// What an access follows, and which member of it is meant.
struct Access<'e> {
    root: Root<'e>,
    /// Names behind the root, joined by dots: `__sk_common.skc_dport`.
    path: Vec<&'e Ident>,
}

/// The step of an access that leaves the program's memory.
enum Root<'e> {
    /// `p->member`
    Arrow(&'e Expr),
    /// `*p`
    Deref(&'e Expr),
    /// `p[i]`
    Index(&'e Expr, &'e Expr),
}

impl Lowerer<'_> {
    /// Turns an access to outside memory into a read; `false` if it is none.
    pub(super) fn lower_read(&mut self, expr: &Expr) -> bool {
        let Some(value) = self.inference.value(expr) else {
            return false;
        };
        let Some(space) = value.place else {
            return false;
        };
        if matches!(value.ty, Type::Array { .. } | Type::Function) {
            // An array stands for its address: nothing is read.
            return false;
        }
        let Some(access) = access(expr) else {
            return false;
        };
        let pieces = self.read_pieces(&access, space);
        self.edits.replace(expr.span, pieces);
        match access.root {
            Root::Arrow(base) | Root::Deref(base) => self.visit_expr(base),
            Root::Index(base, index) => {
                self.visit_expr(base);
                self.visit_expr(index);
            }
        }
        true
    }

    fn read_pieces(&self, access: &Access<'_>, space: AddressSpace) -> Vec<Piece> {
        let suffix = match space {
            AddressSpace::Kernel => "",
            AddressSpace::User => "_USER",
            AddressSpace::Any => "_ANY",
        };
        let path = access
            .path
            .iter()
            .map(|name| name.name.as_str())
            .collect::<Vec<_>>()
            .join(".");
        if let (Root::Index(base, index), "") = (&access.root, path.as_str())
            && self
                .inference
                .value(base)
                .is_some_and(|value| value.own_unknown)
        {
            let open = format!("BCC_ELEMENT{suffix}(").into();
            return vec![
                open,
                base.span.into(),
                ", ".into(),
                index.span.into(),
                ")".into(),
            ];
        }
        let (name, tail) = if path.is_empty() {
            ("DEREF", ")".to_owned())
        } else {
            ("READ", format!(", {path})"))
        };
        let mut pieces = vec![format!("BCC_{name}{suffix}(").into()];
        match &access.root {
            Root::Arrow(base) | Root::Deref(base) => pieces.push(base.without_parens().span.into()),
            Root::Index(base, index) => {
                pieces.extend([
                    "&".into(),
                    base.span.into(),
                    "[".into(),
                    index.span.into(),
                    "]".into(),
                ]);
            }
        }
        pieces.push(tail.into());
        pieces
    }
}

/// Splits `p->a.b`, `(*p).a`, `p[i].a` into what is followed and the members behind it.
fn access(expr: &Expr) -> Option<Access<'_>> {
    let mut path = Vec::new();
    let mut at = expr;
    let root = loop {
        match &at.kind {
            ExprKind::Paren(inner) => at = inner,
            ExprKind::Member {
                base,
                arrow: false,
                member,
                ..
            } => {
                path.push(member);
                at = base;
            }
            ExprKind::Member {
                base,
                arrow: true,
                member,
                ..
            } => {
                path.push(member);
                break Root::Arrow(base);
            }
            ExprKind::Unary {
                op: UnaryOp::Deref,
                operand,
                ..
            } => break Root::Deref(operand),
            ExprKind::Index { base, index } => break Root::Index(base, index),
            _ => return None,
        }
    };
    path.reverse();
    Some(Access { root, path })
}
