//! Headers of packets: which expressions name a part of one.
//!
//! A pointer to a header leads into the packet, unless it is known to lead into other memory: then
//! the header was copied there, and is read as any struct is.

use super::expr::U64;
use super::space::Space;
use super::{Infer, Value};
use crate::ast::{Expr, Ident};
use crate::program::Type;

/// A part of a packet's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PacketField {
    /// Where it begins, in bits from the start of the header, or from the array it is an element of.
    pub bit_offset: u64,
    /// How many bits it has; `None` if it is no number, so that only parts of it can be read.
    pub bits: Option<u64>,
}

impl Infer<'_> {
    /// `ip->ttl`, or `header->part.member`; `pointer` is what is known of the pointer followed.
    pub(super) fn packet_member(
        &mut self,
        expr: &Expr,
        (base, pointer): (&Expr, Option<Space>),
        record: &Type,
        member: &Ident,
    ) -> Option<Value> {
        self.out.packet_fields.remove(&expr.span);
        let outer = match pointer {
            Some(Space::Plain) if self.types.is_packet(record) => 0,
            Some(_) => return None,
            None => self.out.packet_field(base.without_parens())?.bit_offset,
        };
        let (offset, member) = self.types.find_member(record, &member.name)?;
        let bit_offset = outer.checked_add(offset?)?;
        let width = member.bit_width.map(u64::from);
        Some(self.note(expr, bit_offset, width, &member.ty.clone()))
    }

    /// `header->bytes[i]`.
    pub(super) fn packet_element(
        &mut self,
        expr: &Expr,
        base: &Expr,
        element: &Type,
    ) -> Option<Value> {
        self.out.packet_fields.remove(&expr.span);
        let array = self.out.packet_field(base.without_parens())?;
        Some(self.note(expr, array.bit_offset, None, element))
    }

    fn note(&mut self, expr: &Expr, bit_offset: u64, width: Option<u64>, ty: &Type) -> Value {
        let bits = match ty {
            Type::Int { .. } | Type::Bool | Type::Char | Type::Pointer(_) => {
                width.or_else(|| self.types.layout(ty)?.size.checked_mul(8))
            }
            _ => None,
        };
        let field = PacketField { bit_offset, bits };
        self.out.packet_fields.insert(expr.span, field);
        let ty = if bits.is_some() { U64 } else { ty.clone() };
        Value::new(ty, Space::Plain)
    }
}
