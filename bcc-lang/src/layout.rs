//! Where clang puts members: sizes, alignments and bit offsets for the bpf target.
//!
//! In: what is known of each member. Out: the record's layout and the offset of every member, or
//! `None` where a size does not fit 64 bits. The rules are those of clang's Itanium record layout
//! for LP64, little endian, which the bpf target uses as it stands. What a type *is* is left to
//! [`types`](crate::types); nothing here knows a name.

use crate::ast::RecordKind;

/// Bits in a byte.
const BYTE: u64 = 8;

/// Alignment of `__attribute__((aligned))` without a number, in bytes.
pub const DEFAULT_ALIGNED: u64 = 16;

/// Size and alignment of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Layout {
    /// Size in bytes.
    pub size: u64,
    /// Alignment in bytes, a power of two.
    pub align: u64,
}

impl Layout {
    /// The layout of a type that is as large as it is aligned: integers and pointers.
    #[must_use]
    pub const fn scalar(size: u64) -> Self {
        Self { size, align: size }
    }

    /// The layout of `len` elements of this layout, or `None` if it is too large.
    ///
    /// The size is rounded up to the alignment because a typedef may align its type to more than
    /// its size.
    #[must_use]
    pub fn array(self, len: u64) -> Option<Self> {
        let size = round_up(self.size.checked_mul(len)?, self.align)?;
        Some(Self {
            size,
            align: self.align,
        })
    }

    fn bits(self) -> Option<u64> {
        self.size.checked_mul(BYTE)
    }
}

/// What the layout needs to know of a member.
#[derive(Clone, Copy, Debug)]
pub struct Piece {
    /// Layout of its type.
    pub layout: Layout,
    /// Width of a bit-field.
    pub bits: Option<u32>,
    /// Whether it has a name; a bit-field without one does not align the record.
    pub named: bool,
    /// Whether the member itself is `packed`.
    pub packed: bool,
    /// Alignment asked for by attributes of the member, in bytes.
    pub align: Option<u64>,
}

/// What the layout needs to know of a struct or union besides its members.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Struct or union.
    pub kind: RecordKind,
    /// Whether it is `packed`.
    pub packed: bool,
    /// Alignment asked for by attributes of the record, in bytes.
    pub align: Option<u64>,
    /// Limit set by `#pragma pack`, in bytes.
    pub pack: Option<u64>,
}

/// A struct or union that has been laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordLayout {
    /// Size and alignment.
    pub layout: Layout,
    /// Offset of each member in bits.
    pub offsets: Vec<u64>,
}

/// Lays out a struct or union; `None` if it is too large.
#[must_use]
pub fn record(rules: Rules, pieces: &[Piece]) -> Option<RecordLayout> {
    let mut placer = Placer {
        rules,
        next: 0,
        end: 0,
        align: rules.align.unwrap_or(1),
    };
    let offsets = pieces
        .iter()
        .map(|piece| placer.place(piece))
        .collect::<Option<_>>()?;
    let size = round_up(placer.end.div_ceil(BYTE), placer.align)?;
    Some(RecordLayout {
        layout: Layout {
            size,
            align: placer.align,
        },
        offsets,
    })
}

/// Lays out members one after the other.
struct Placer {
    rules: Rules,
    /// First bit behind the members so far; stays 0 in a union.
    next: u64,
    /// First bit behind the longest member so far.
    end: u64,
    /// Alignment of the record so far, in bytes.
    align: u64,
}

impl Placer {
    /// The bit offset of the next member.
    fn place(&mut self, piece: &Piece) -> Option<u64> {
        let offset = match piece.bits {
            Some(bits) => self.place_bits(piece, u64::from(bits))?,
            None => self.place_whole(piece)?,
        };
        let length = piece
            .bits
            .map_or_else(|| piece.layout.bits(), |bits| Some(u64::from(bits)))?;
        let end = offset.checked_add(length)?;
        self.end = self.end.max(end);
        if self.rules.kind == RecordKind::Struct {
            self.next = end;
        }
        Some(offset)
    }

    fn place_whole(&mut self, piece: &Piece) -> Option<u64> {
        let natural = if self.is_packed(piece) {
            1
        } else {
            piece.layout.align
        };
        let wanted = natural.max(piece.align.unwrap_or(1));
        let align = self.rules.pack.map_or(wanted, |pack| wanted.min(pack));
        self.align = self.align.max(align);
        // A bit-field may end inside a byte; what follows it starts with the next one.
        round_up(self.next, align.checked_mul(BYTE)?)
    }

    /// A bit-field goes to the next free bit unless it would cross the border of a storage unit.
    fn place_bits(&mut self, piece: &Piece, bits: u64) -> Option<u64> {
        let align = self.bit_field_align(piece, bits != 0)?;
        let crosses = (self.next % align).checked_add(bits)? > piece.layout.bits()?;
        let offset = if bits == 0 || (self.rules.pack.is_none() && crosses) {
            round_up(self.next, align)?
        } else {
            self.place_inside_unit(piece)?
        };
        if piece.named {
            self.align = self.align.max(align / BYTE);
        }
        Some(offset)
    }

    /// The alignment of a bit-field, in bits.
    ///
    /// `packed` drops that of the type, down to a single bit, and `#pragma pack` limits it, but
    /// neither touches a bit-field of width zero, which exists to align.
    fn bit_field_align(&self, piece: &Piece, has_width: bool) -> Option<u64> {
        let natural = piece.layout.align.max(piece.align.unwrap_or(1));
        match (self.rules.pack, piece.align) {
            (Some(pack), _) if has_width => natural.min(pack),
            (None, explicit) if has_width && self.is_packed(piece) => {
                return explicit.map_or(Some(1), |align| align.checked_mul(BYTE));
            }
            _ => natural,
        }
        .checked_mul(BYTE)
    }

    /// Only an attribute of the member itself moves a bit-field that fits its unit.
    fn place_inside_unit(&self, piece: &Piece) -> Option<u64> {
        match piece.align {
            Some(align) if self.rules.pack.is_none_or(|pack| align <= pack) => {
                round_up(self.next, align.checked_mul(BYTE)?)
            }
            Some(_) | None => Some(self.next),
        }
    }

    const fn is_packed(&self, piece: &Piece) -> bool {
        self.rules.packed || piece.packed
    }
}

/// The integer type clang gives to an enum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnumLayout {
    /// Size in bytes: 1, 2, 4 or 8.
    pub size: u8,
    /// Whether it is signed, which it is only if a constant is negative.
    pub signed: bool,
}

/// The integer type of an enum with constants from `min` to `max`; `None` if 64 bits do not hold
/// them.
#[must_use]
pub fn enumeration(min: i128, max: i128, packed: bool) -> Option<EnumLayout> {
    let sizes: &[u8] = if packed { &[1, 2, 4, 8] } else { &[4, 8] };
    let signed = min < 0;
    let size = sizes
        .iter()
        .copied()
        .find(|size| fits(min, *size, signed) && fits(max, *size, signed))?;
    Some(EnumLayout { size, signed })
}

/// Whether an integer of `size` bytes can hold `value`.
fn fits(value: i128, size: u8, signed: bool) -> bool {
    let value_bits = u32::from(size) * 8 - u32::from(signed);
    let limit = 1i128 << value_bits;
    value < limit && (value >= 0 || (signed && value >= -limit))
}

/// `value` rounded up to a multiple of `align`, which must not be zero.
fn round_up(value: u64, align: u64) -> Option<u64> {
    value.checked_next_multiple_of(align)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enums_get_the_smallest_type_allowed() {
        /// Smallest and largest constant, `packed`, and the size and sign of the type.
        type Row = (i128, i128, bool, Option<(u8, bool)>);
        const ROWS: &[Row] = &[
            (0, 1, false, Some((4, false))),
            (-1, 1, false, Some((4, true))),
            (0, 0xffff_ffff, false, Some((4, false))),
            (-1, 0x8000_0000, false, Some((8, true))),
            (0, 255, true, Some((1, false))),
            (-128, 127, true, Some((1, true))),
            (-128, 128, true, Some((2, true))),
            (0, 0xffff_ffff_ffff_ffff, false, Some((8, false))),
            (-1, 0xffff_ffff_ffff_ffff, false, None),
            (0, 1 << 64, false, None),
        ];
        for (min, max, packed, expected) in ROWS {
            let found = enumeration(*min, *max, *packed).map(|layout| (layout.size, layout.signed));
            assert_eq!(found, *expected, "{min}..={max} packed={packed}");
        }
    }

    /// Sizes that no machine has must not wrap around to small ones.
    #[test]
    fn sizes_do_not_wrap() {
        let huge = Layout {
            size: u64::MAX - 7,
            align: 8,
        };
        assert_eq!(huge.array(2), None);
        let piece = Piece {
            layout: huge,
            bits: None,
            named: true,
            packed: false,
            align: None,
        };
        let rules = Rules {
            kind: RecordKind::Struct,
            packed: false,
            align: None,
            pack: None,
        };
        assert_eq!(record(rules, &[piece]), None);
        let many = Piece {
            layout: Layout {
                size: 1 << 60,
                align: 1,
            },
            ..piece
        };
        assert_eq!(record(rules, &[many, many]), None);
    }
}
