//! What the methods of generated types are made of. Only code from `bpf_program!` may use it.
//!
//! In: the bytes of a value, and the place of a member in them. Out: the member. Places come from
//! the layout of the generated type, so they lie within the bytes; should they not, reading gives
//! zeros and writing does nothing.

#[cfg(feature = "serde")]
pub use super::serialize::{Member, SerializeMember, serialize_enum};

use std::fmt;
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// The member of type `T` at byte `offset`.
#[must_use]
pub fn read<S: IntoBytes + Immutable, T: FromBytes>(storage: &S, offset: usize) -> T {
    let bytes = storage.as_bytes().get(offset..).unwrap_or_default();
    T::read_from_prefix(bytes).map_or_else(|_| T::new_zeroed(), |(value, _)| value)
}

/// Sets the member at byte `offset`.
pub fn write<S, T>(storage: &mut S, offset: usize, value: &T)
where
    S: IntoBytes + FromBytes,
    T: IntoBytes + Immutable,
{
    let end = offset.saturating_add(size_of::<T>());
    if let Some(place) = storage.as_mut_bytes().get_mut(offset..end) {
        place.copy_from_slice(value.as_bytes());
    }
}

/// The bits of one byte that belong to a bit-field: where they start in the byte, how many
/// there are, and where they start in the value.
fn parts(offset: usize, width: u32) -> impl Iterator<Item = (usize, u32, u32, u32)> {
    let first = u32::try_from(offset % 8).unwrap_or(0);
    let mut done = 0;
    std::iter::from_fn(move || {
        let at = first + done;
        let (byte, shift) = (offset / 8 + at as usize / 8, at % 8);
        let count = (8 - shift).min(width - done);
        let part = (byte, shift, count, done);
        done += count;
        (count > 0).then_some(part)
    })
}

/// The unsigned bit-field that starts at bit `offset`.
#[must_use]
pub fn read_bits<S: IntoBytes + Immutable + ?Sized>(
    storage: &S,
    offset: usize,
    width: u32,
) -> u128 {
    let bytes = storage.as_bytes();
    parts(offset, width).fold(0, |value, (byte, shift, count, at)| {
        let bits = u128::from(bytes.get(byte).copied().unwrap_or(0) >> shift);
        value | (bits & ((1 << count) - 1)) << at
    })
}

/// The signed bit-field that starts at bit `offset`.
#[must_use]
pub fn read_signed_bits<S>(storage: &S, offset: usize, width: u32) -> i128
where
    S: IntoBytes + Immutable + ?Sized,
{
    let unused = 128_u32.saturating_sub(width).min(127);
    read_bits(storage, offset, width).cast_signed() << unused >> unused
}

/// Sets the bit-field that starts at bit `offset`; bits of `value` beyond its width are
/// dropped, as in C.
pub fn write_bits<S>(storage: &mut S, offset: usize, width: u32, value: u128)
where
    S: IntoBytes + FromBytes + ?Sized,
{
    let bytes = storage.as_mut_bytes();
    for (byte, shift, count, at) in parts(offset, width) {
        let Some(place) = bytes.get_mut(byte) else {
            return;
        };
        let mask = u8::MAX >> (8 - count) << shift;
        let [low, ..] = (value >> at).to_le_bytes();
        *place = *place & !mask | low << shift & mask;
    }
}

/// Prints the name of an enum's value, or the number if it has no name.
///
/// # Errors
///
/// As the formatter's.
pub fn debug_enum(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    value: i128,
    names: &[(i128, &str)],
) -> fmt::Result {
    match names.iter().find(|(known, _)| *known == value) {
        Some((_, known)) => f.pad(known),
        None => f.debug_tuple(name).field(&value).finish(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bit-fields across bytes, with and without sign, at full width.
    #[test]
    fn bit_fields() {
        let mut storage = [0_u8; 20];
        let table: [(usize, u32, i128); 6] = [
            (3, 5, -3),
            (8, 1, -1),
            (9, 13, 4000),
            (22, 64, i128::from(i64::MIN)),
            (86, 3, 3),
            (0, 3, 2),
        ];
        for (offset, width, value) in table {
            write_bits(&mut storage, offset, width, value.cast_unsigned());
        }
        for (offset, width, value) in table {
            let mask = (1_u128 << width) - 1;
            assert_eq!(
                read_signed_bits(&storage, offset, width),
                value,
                "{offset}:{width}"
            );
            assert_eq!(
                read_bits(&storage, offset, width),
                value.cast_unsigned() & mask
            );
        }
        write_bits(&mut storage, 5, 128, u128::MAX - 1);
        assert_eq!(read_signed_bits(&storage, 5, 128), -2);
        write_bits(&mut storage, 159, 8, 0xff);
        assert_eq!(read_bits(&storage, 159, 8), 1);
    }

    /// Members are read and written in place; what lies outside is zero.
    #[test]
    fn members() {
        let mut storage = [0_u64; 2];
        write(&mut storage, 6, &0x1122_3344_u32);
        assert_eq!(read::<_, u32>(&storage, 6), 0x1122_3344);
        assert_eq!(read::<_, u16>(&storage, 8), 0x1122);
        assert_eq!(read::<_, u32>(&storage, 14), 0);
        write(&mut storage, 14, &1_u32);
        assert_eq!(storage[1], 0x1122);
    }
}
