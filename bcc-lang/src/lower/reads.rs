//! Implicit reads: `sk->__sk_common.skc_dport` where `sk` leads out of the program's memory.
//!
//! The type of a kernel member is not known here, so the emitted macros decide in C what only the
//! C compiler can know: an array stays an address, everything else is copied.

use super::Lowerer;
use crate::ast::{Expr, ExprKind, Ident, UnaryOp};
use crate::dialect::helpers::AddressSpace;
use crate::dialect::probes::TRACEPOINT_STRUCT_PREFIX;
use crate::edits::Piece;
use crate::lex::lex_span;
use crate::program::Type;
use crate::token::Punct;
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
        self.reads.push((expr.span, space));
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
            let mut pieces = vec![format!("BCC_ELEMENT{suffix}(").into()];
            pieces.extend(self.argument(base));
            pieces.push(", ".into());
            pieces.extend(self.argument(index));
            pieces.push(")".into());
            return pieces;
        }
        let (name, tail) = match self.bit_field(access) {
            _ if path.is_empty() => ("DEREF", ")".to_owned()),
            Some((at, size)) => ("READ_BITS", format!(", {path}, {at}, {size})")),
            None if suffix.is_empty() && !self.is_of_kernel(access) => {
                ("PROBE_READ", format!(", {path})"))
            }
            None => ("READ", format!(", {path})")),
        };
        let mut pieces = vec![format!("BCC_{name}{suffix}(").into()];
        match &access.root {
            Root::Arrow(base) | Root::Deref(base) => pieces.extend(self.argument(base)),
            Root::Index(base, index) => {
                pieces.extend(["&".into(), base.span.into(), "[".into()]);
                pieces.extend(self.argument(index));
                pieces.push("]".into());
            }
        }
        pieces.push(tail.into());
        pieces
    }

    /// Whether what is followed certainly leads to a struct of the kernel: one that the text names
    /// and does not define, or a member of such a struct.
    fn is_of_kernel(&self, access: &Access<'_>) -> bool {
        let (Root::Arrow(base) | Root::Deref(base) | Root::Index(base, _)) = access.root;
        match self.inference.value(base).map(|value| &value.ty) {
            Some(Type::Pointer(inner) | Type::Array { element: inner, .. }) => {
                matches!(&**inner, Type::Named(name)
                    if !self.types.defines(name) && !name.name.starts_with(TRACEPOINT_STRUCT_PREFIX))
            }
            Some(Type::Unknown(_)) | None => {
                access_of_member(base).is_some_and(|access| self.is_of_kernel(&access))
            }
            Some(_) => false,
        }
    }

    /// The first byte and the number of bytes that hold a bit-field of a struct the text defines.
    /// Those of the kernel's structs are left to whoever knows the kernel.
    fn bit_field(&self, access: &Access<'_>) -> Option<(u64, u64)> {
        let (Root::Arrow(base) | Root::Deref(base) | Root::Index(base, _)) = &access.root;
        let mut record = match &self.inference.value(base)?.ty {
            Type::Pointer(inner) | Type::Array { element: inner, .. } => (**inner).clone(),
            _ => return None,
        };
        let mut offset = 0_u64;
        let mut width = None;
        for name in &access.path {
            let (at, member) = self.types.find_member(&record, &name.name)?;
            offset = offset.checked_add(at?)?;
            width = member.bit_width;
            record = member.ty.clone();
        }
        let end = offset.checked_add(u64::from(width?))?;
        Some((offset / 8, end.div_ceil(8) - offset / 8))
    }

    /// An expression as an argument of a macro: without its parentheses, unless a comma needs them.
    fn argument(&self, expr: &Expr) -> Vec<Piece> {
        let bare = expr.without_parens().span;
        let mut depth = 0_usize;
        for token in lex_span(self.source, bare) {
            match token.kind.punct() {
                Some(Punct::LeftParen) => depth += 1,
                Some(Punct::RightParen) => depth = depth.saturating_sub(1),
                Some(Punct::Comma) if depth == 0 => {
                    return vec!["(".into(), bare.into(), ")".into()];
                }
                _ => {}
            }
        }
        vec![bare.into()]
    }
}

/// An access that ends in a member.
fn access_of_member(expr: &Expr) -> Option<Access<'_>> {
    access(expr).filter(|access| !access.path.is_empty())
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
