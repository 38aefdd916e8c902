//! How a C struct or union is laid out in Rust.
//!
//! In: members with the offsets clang gives them. Out: [`Plan`], pieces that put every byte where C
//! has it. What Rust cannot express as a field (bit-fields, unions, odd alignments) becomes bytes
//! with accessors.

use super::members::{Leaf, anonymous, leaf, leaves};
use super::types::Types;
use crate::span_map::SpanMap;
use bcc_lang::program::{Member, TypeDef, TypeDefKind};
use std::cmp::Ordering;

/// The layout of one struct or union.
pub(crate) struct Plan {
    /// What it consists of, in order and without gaps.
    pub(crate) pieces: Vec<Piece>,
    /// The `repr` that puts the pieces there.
    pub(crate) repr: Repr,
    /// Whether it can only be compared in part.
    pub(crate) floats: bool,
    /// Whether `align(n)` stands on it or in it.
    pub(crate) over_aligned: bool,
}

/// What to put behind `repr(C`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repr {
    /// Nothing.
    C,
    /// `align(n)`
    Align(u64),
    /// `packed(n)`
    Packed(u64),
}

/// A run of bytes.
pub(crate) struct Piece {
    /// Where it starts.
    pub(crate) offset: u64,
    /// How many bytes it has.
    pub(crate) size: u64,
    /// Alignment in bytes that Rust gives it.
    pub(crate) align: u64,
    /// What it holds.
    pub(crate) kind: PieceKind,
}

/// What a run of bytes holds.
pub(crate) enum PieceKind {
    /// One member that Rust can express as a field.
    Field(Leaf),
    /// Members that are reached through methods; their offsets count from the start of the piece.
    Storage(Vec<Leaf>),
    /// Nothing.
    Padding,
}

impl Plan {
    /// A union: bytes, and every member as a view of them.
    pub(crate) fn of_union(
        def: &TypeDef,
        members: &[Member],
        types: &Types<'_>,
        spans: &SpanMap,
    ) -> Self {
        Self::opaque(def, leaves(members, 0, types, spans))
    }

    /// A struct: fields where Rust can put them, bytes where it cannot.
    pub(crate) fn of_struct(
        def: &TypeDef,
        members: &[Member],
        types: &Types<'_>,
        spans: &SpanMap,
    ) -> Self {
        let mut pieces = Vec::new();
        push_pieces(&mut pieces, members, 0, types, spans);
        let parts = with_padding(pieces, def.size);
        parts
            .and_then(|pieces| Self::of_pieces(def, pieces))
            .unwrap_or_else(|| Self::opaque(def, leaves(members, 0, types, spans)))
    }

    /// The plan in which all members are reached through methods.
    fn opaque(def: &TypeDef, leaves: Vec<Leaf>) -> Self {
        let align = storage_align(def.align);
        let piece = Piece {
            offset: 0,
            size: def.size,
            align,
            kind: PieceKind::Storage(leaves),
        };
        let pieces = if def.size == 0 {
            Vec::new()
        } else {
            vec![piece]
        };
        let over_aligned = pieces.is_empty() || align < def.align;
        let repr = if over_aligned && def.align > 1 {
            Repr::Align(def.align)
        } else {
            Repr::C
        };
        Self {
            pieces,
            repr,
            floats: false,
            over_aligned: repr != Repr::C,
        }
    }

    /// The plan for pieces without gaps; `None` if no `repr` puts them there.
    fn of_pieces(def: &TypeDef, mut pieces: Vec<Piece>) -> Option<Self> {
        push_aligner(&mut pieces, def.align);
        let has = |test: fn(&Leaf) -> bool| pieces.iter().filter_map(Piece::member).any(test);
        let (floats, holds_over_aligned) =
            (has(|leaf| leaf.ty.floats), has(|leaf| leaf.ty.over_aligned));
        let repr = choose_repr(&pieces, def.align, holds_over_aligned)?;
        if let Repr::Packed(_) = repr {
            // Accessors borrow the storage, which in a packed struct only bytes allow.
            for piece in pieces.iter_mut().filter(|piece| piece.member().is_none()) {
                piece.align = 1;
            }
        }
        let over_aligned = holds_over_aligned || matches!(repr, Repr::Align(_));
        Some(Self {
            pieces,
            repr,
            floats,
            over_aligned,
        })
    }
}

/// The `repr` under which Rust puts the pieces where they belong and aligns the struct to `align`.
fn choose_repr(pieces: &[Piece], align: u64, holds_over_aligned: bool) -> Option<Repr> {
    let natural = natural_align(pieces);
    let in_place = |limit: u64| {
        pieces
            .iter()
            .all(|piece| piece.offset.is_multiple_of(piece.align.min(limit)))
    };
    match natural.cmp(&align) {
        Ordering::Equal if in_place(u64::MAX) => Some(Repr::C),
        Ordering::Less if in_place(u64::MAX) => Some(Repr::Align(align)),
        Ordering::Greater if in_place(align) && !holds_over_aligned => Some(Repr::Packed(align)),
        Ordering::Equal | Ordering::Less | Ordering::Greater => None,
    }
}

impl Piece {
    /// The member, if it is a field.
    pub(crate) const fn member(&self) -> Option<&Leaf> {
        match &self.kind {
            PieceKind::Field(leaf) => Some(leaf),
            PieceKind::Storage(_) | PieceKind::Padding => None,
        }
    }

    /// The members that are reached through methods.
    pub(crate) fn stored(&self) -> &[Leaf] {
        match &self.kind {
            PieceKind::Storage(leaves) => leaves,
            PieceKind::Field(_) | PieceKind::Padding => &[],
        }
    }

    const fn end(&self) -> u64 {
        self.offset + self.size
    }
}

/// The alignment Rust gives a struct of these pieces.
fn natural_align(pieces: &[Piece]) -> u64 {
    pieces.iter().map(|piece| piece.align).max().unwrap_or(1)
}

/// Adds padding of no size but of alignment `align`, if the pieces alone have less. It does what
/// `align(n)` would do, and allows the struct in packed ones. Pieces that are all members stay as
/// they are, so that the user can name them all.
fn push_aligner(pieces: &mut Vec<Piece>, align: u64) {
    let invented = pieces.iter().any(|piece| piece.member().is_none());
    if invented && natural_align(pieces) < align && storage_align(align) == align {
        pieces.insert(
            0,
            Piece {
                offset: 0,
                size: 0,
                align,
                kind: PieceKind::Padding,
            },
        );
    }
}

/// The alignment that storage can get from the type of its elements.
fn storage_align(align: u64) -> u64 {
    if align <= 16 && align.is_power_of_two() {
        align
    } else {
        1
    }
}

/// Appends the pieces of `members`, whose struct starts at byte `base`.
fn push_pieces(
    pieces: &mut Vec<Piece>,
    members: &[Member],
    base: u64,
    types: &Types<'_>,
    spans: &SpanMap,
) {
    for member in members {
        let offset = base + member.bit_offset / 8;
        match (anonymous(member, types), leaf(member, base, types, spans)) {
            (Some((_, TypeDefKind::Struct(inner))), _) => {
                push_pieces(pieces, inner, offset, types, spans);
            }
            (Some((def, TypeDefKind::Union(inner))), _) => pieces.push(Piece {
                offset,
                size: def.size,
                align: storage_align(def.align),
                kind: PieceKind::Storage(leaves(inner, 0, types, spans)),
            }),
            (Some((_, TypeDefKind::Enum { .. })) | None, Some(leaf)) => push_leaf(pieces, leaf),
            (Some((_, TypeDefKind::Enum { .. })) | None, None) => {}
        }
    }
}

/// Appends a member as a field, or as bits, together with the bits that share its bytes.
fn push_leaf(pieces: &mut Vec<Piece>, mut leaf: Leaf) {
    let offset = leaf.bit_offset / 8;
    let Some(bits) = leaf.bits else {
        let (size, align) = (leaf.ty.size, leaf.ty.align);
        pieces.push(Piece {
            offset,
            size,
            align,
            kind: PieceKind::Field(leaf),
        });
        return;
    };
    let end = (leaf.bit_offset + u64::from(bits.width)).div_ceil(8);
    if let Some(Piece {
        offset: start,
        size,
        align: 1,
        kind: PieceKind::Storage(shared),
    }) = pieces.last_mut()
        && *start + *size >= offset
    {
        *size = (*size).max(end - *start);
        leaf.bit_offset -= *start * 8;
        shared.push(leaf);
    } else {
        leaf.bit_offset -= offset * 8;
        let kind = PieceKind::Storage(vec![leaf]);
        pieces.push(Piece {
            offset,
            size: end - offset,
            align: 1,
            kind,
        });
    }
}

/// Fills the gaps up to `size`; `None` if pieces overlap.
fn with_padding(pieces: Vec<Piece>, size: u64) -> Option<Vec<Piece>> {
    let mut out: Vec<Piece> = Vec::with_capacity(pieces.len() + 1);
    let mut at = 0;
    for piece in pieces {
        push_padding(&mut out, at, piece.offset)?;
        at = piece.end();
        out.push(piece);
    }
    push_padding(&mut out, at, size)?;
    Some(out)
}

fn push_padding(pieces: &mut Vec<Piece>, start: u64, end: u64) -> Option<()> {
    let size = end.checked_sub(start)?;
    if size > 0 {
        pieces.push(Piece {
            offset: start,
            size,
            align: 1,
            kind: PieceKind::Padding,
        });
    }
    Some(())
}
