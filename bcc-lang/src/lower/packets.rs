//! Headers of packets: members become loads from the packet, and stores to it.

use super::Lowerer;
use crate::ast::{Expr, ExprKind, PostfixOp, UnaryOp};
use crate::edits::Piece;
use crate::visit::Visitor as _;

impl Lowerer<'_> {
    /// Turns a member of a header into a load; `false` if `expr` is none.
    pub(super) fn lower_packet_read(&mut self, expr: &Expr) -> bool {
        let Some(place) = self.packet_place(expr) else {
            return false;
        };
        self.visit_path(expr);
        self.edits
            .replace(expr.span, call("bpf_dext_pkt", place, None));
        true
    }

    /// Turns an assignment to a member of a header into a store; `false` if `expr` is none.
    pub(super) fn lower_packet_write(&mut self, expr: &Expr) -> bool {
        let (target, operator, value) = match &expr.kind {
            ExprKind::Assign {
                op_span,
                target,
                value,
                ..
            } => (target, self.source.slice(*op_span), Some(value)),
            ExprKind::Unary { op, operand, .. } => match op {
                UnaryOp::Increment => (operand, "+=", None),
                UnaryOp::Decrement => (operand, "-=", None),
                _ => return false,
            },
            ExprKind::Postfix { op, operand } => match op {
                PostfixOp::Increment => (operand, "+=", None),
                PostfixOp::Decrement => (operand, "-=", None),
            },
            _ => return false,
        };
        let target = target.without_parens();
        let Some(place) = self.packet_place(target) else {
            return false;
        };
        self.visit_path(target);
        let mut stored = Vec::new();
        match operator.trim_end_matches('=') {
            "" => {}
            operator => {
                stored = call("bpf_dext_pkt", place.clone(), None);
                stored.push(format!(" {operator} ").into());
            }
        }
        match value {
            Some(value) => {
                self.visit_expr(value);
                let (open, close) = if stored.is_empty() {
                    ("", "")
                } else {
                    ("(", ")")
                };
                stored.extend([open.into(), value.span.into(), close.into()]);
            }
            None => stored.push("1".into()),
        }
        self.edits
            .replace(expr.span, call("bpf_dins_pkt", place, Some(stored)));
        true
    }

    /// The arguments that say where in the packet `expr` lies: packet, offset, bit, bits.
    fn packet_place(&self, expr: &Expr) -> Option<Vec<Piece>> {
        let field = self.inference.packet_field(expr)?;
        let mut pieces = vec![format!("{}, (unsigned long)", self.packet?).into()];
        let indices = path_pieces(expr, field.bits? / 8, &mut pieces);
        let (byte, bit) = (field.bit_offset / 8, field.bit_offset % 8);
        if byte != 0 {
            pieces.push(format!(" + {byte}").into());
        }
        pieces.extend(indices);
        pieces.push(format!(", {bit}, {}", field.bits?).into());
        Some(pieces)
    }

    /// Visits the pointer and the indices on the way to a part of a header.
    fn visit_path(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Paren(inner) => self.visit_path(inner),
            ExprKind::Member {
                base, arrow: false, ..
            } => self.visit_path(base),
            ExprKind::Index { base, index } => {
                self.visit_path(base);
                self.visit_expr(index);
            }
            ExprKind::Member { base, .. } => self.visit_expr(base),
            _ => self.visit_expr(expr),
        }
    }
}

/// Writes the pointer at the root of a path; returns what the indices on it add in bytes.
fn path_pieces(expr: &Expr, element: u64, pieces: &mut Vec<Piece>) -> Vec<Piece> {
    match &expr.kind {
        ExprKind::Paren(base)
        | ExprKind::Member {
            base, arrow: false, ..
        } => path_pieces(base, element, pieces),
        ExprKind::Index { base, index } => {
            let mut indices = path_pieces(base, element, pieces);
            indices.extend([
                " + (".into(),
                index.span.into(),
                format!(") * {element}").into(),
            ]);
            indices
        }
        ExprKind::Member { base, .. } => {
            let simple = matches!(base.kind, ExprKind::Ident(_) | ExprKind::Paren(_));
            let (open, close) = if simple { ("", "") } else { ("(", ")") };
            pieces.extend([open.into(), base.span.into(), close.into()]);
            Vec::new()
        }
        _ => Vec::new(),
    }
}

/// A call with the arguments that say where in the packet something lies.
fn call(name: &str, place: Vec<Piece>, value: Option<Vec<Piece>>) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = vec![format!("{name}(").into()];
    pieces.extend(place);
    if let Some(value) = value {
        pieces.push(", ".into());
        pieces.extend(value);
    }
    pieces.push(")".into());
    pieces
}
