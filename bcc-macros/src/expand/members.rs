//! Members that Rust can reach.
//!
//! In: members of C structs and unions. Out: [`Leaf`]s, with the members of anonymous structs and
//! unions as if they stood in the struct around them.

use super::types::{RustType, Shape, Types};
use crate::span_map::SpanMap;
use bcc_lang::program::{Member, Type, TypeDef, TypeDefKind};
use proc_macro2::Span;

/// A named member, with the members of anonymous structs and unions in their places.
pub(crate) struct Leaf {
    /// Its name in C.
    pub(crate) name: String,
    /// Where the name stands.
    pub(crate) span: Span,
    /// Its type.
    pub(crate) ty: RustType,
    /// Offset in bits.
    pub(crate) bit_offset: u64,
    /// What it is, if it is a bit-field.
    pub(crate) bits: Option<Bits>,
}

/// A bit-field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bits {
    /// Width in bits.
    pub(crate) width: u32,
    /// What the bits mean.
    pub(crate) kind: BitKind,
}

/// What the bits of a bit-field mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BitKind {
    /// True or false.
    Bool,
    /// A number.
    Number {
        /// Whether it has a sign.
        signed: bool,
    },
    /// A value of a generated enum.
    Enum {
        /// Whether it has a sign.
        signed: bool,
        /// Size in bytes of the enum.
        size: u64,
    },
}

/// All named members with their offsets from `base` bytes on, through anonymous ones.
pub(super) fn leaves(
    members: &[Member],
    base: u64,
    types: &Types<'_>,
    spans: &SpanMap,
) -> Vec<Leaf> {
    let mut out = Vec::new();
    for member in members {
        match anonymous(member, types) {
            Some((_, TypeDefKind::Struct(inner) | TypeDefKind::Union(inner))) => {
                out.extend(leaves(inner, base + member.bit_offset / 8, types, spans));
            }
            Some((_, TypeDefKind::Enum { .. })) | None => {
                out.extend(leaf(member, base, types, spans));
            }
        }
    }
    out
}

/// The definition of an anonymous member's type.
pub(super) fn anonymous<'t>(
    member: &Member,
    types: &'t Types<'_>,
) -> Option<(&'t TypeDef, &'t TypeDefKind)> {
    match (&member.name, &member.ty) {
        (None, Type::Named(name)) => types.entry(name).map(|entry| (entry.def, &entry.def.kind)),
        _ => None,
    }
}

/// A member Rust can reach: it has a name, a type of known size, and at least one bit.
pub(super) fn leaf(member: &Member, base: u64, types: &Types<'_>, spans: &SpanMap) -> Option<Leaf> {
    let ty = types.rust_type(&member.ty).filter(|ty| ty.size > 0)?;
    let bits = match member.bit_width {
        Some(width) => Some(Bits {
            width,
            kind: bit_kind(&member.ty, types)?,
        }),
        None => None,
    };
    Some(Leaf {
        name: member.name.clone()?,
        span: spans.start(member.span),
        ty,
        bit_offset: base * 8 + member.bit_offset,
        bits,
    })
}

/// What the bits of a bit-field of type `ty` mean; `None` for types that have no bit-fields.
fn bit_kind(ty: &Type, types: &Types<'_>) -> Option<BitKind> {
    match ty {
        Type::Bool => Some(BitKind::Bool),
        Type::Char => Some(BitKind::Number { signed: true }),
        Type::Int { size: _, signed } => Some(BitKind::Number { signed: *signed }),
        Type::Named(name) => match types
            .entry(name)
            .map(|entry| (&entry.def.kind, &entry.shape))
        {
            Some((TypeDefKind::Enum { signed, .. }, Shape::Enum { .. })) => {
                let size = types.entry(name)?.def.size;
                Some(BitKind::Enum {
                    signed: *signed,
                    size,
                })
            }
            _ => None,
        },
        Type::Void
        | Type::Float { .. }
        | Type::Pointer(_)
        | Type::Function
        | Type::Array { .. }
        | Type::Unknown(_) => None,
    }
}
