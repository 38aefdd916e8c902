//! Values that C has and Rust has not.
//!
//! In: bytes from the kernel, any bytes. Out: types that stand in generated structs for C's `char`
//! arrays, pointers and `_Bool`, have exactly their size, and accept every bit pattern.

use bytemuck::{Pod, Zeroable};
use std::borrow::Cow;
use std::fmt;
use std::str::Utf8Error;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Text in a C array `char[N]`: the bytes up to the first zero byte, or all of them.
///
/// It prints as text, with the width, precision and alignment asked for. Two arrays are equal if
/// all their bytes are, as the kernel compares keys; comparing with a `&str` looks at the text
/// only.
#[derive(
    Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, FromBytes, IntoBytes, Immutable, KnownLayout,
    Zeroable, Pod,
)]
#[repr(transparent)]
pub struct CharArray<const N: usize>(
    /// The whole array.
    pub [u8; N],
);

impl<const N: usize> CharArray<N> {
    /// The bytes of the text.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.split(|byte| *byte == 0).next().unwrap_or_default()
    }

    /// The text.
    ///
    /// # Errors
    ///
    /// If it is not UTF-8, which nothing in the kernel promises.
    pub fn to_str(&self) -> Result<&str, Utf8Error> {
        std::str::from_utf8(self.as_bytes())
    }

    /// The text, with a replacement character for each part that is not UTF-8.
    #[must_use]
    pub fn to_string_lossy(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.as_bytes())
    }

    /// Whether there is no text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.as_bytes().is_empty()
    }
}

impl<const N: usize> Default for CharArray<N> {
    fn default() -> Self {
        Self([0; N])
    }
}

impl<const N: usize> fmt::Display for CharArray<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.to_string_lossy())
    }
}

impl<const N: usize> fmt::Debug for CharArray<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.to_string_lossy(), f)
    }
}

impl<const N: usize> PartialEq<str> for CharArray<N> {
    fn eq(&self, text: &str) -> bool {
        self.as_bytes() == text.as_bytes()
    }
}

impl<const N: usize> PartialEq<&str> for CharArray<N> {
    fn eq(&self, text: &&str) -> bool {
        *self == **text
    }
}

/// Makes an array that holds `text` and zeros behind it, for use as a map key.
impl<const N: usize> TryFrom<&str> for CharArray<N> {
    type Error = TextTooLong;

    fn try_from(text: &str) -> Result<Self, TextTooLong> {
        let mut array = Self::default();
        let place = array.0.get_mut(..text.len());
        place.ok_or(TextTooLong { len: text.len(), max: N })?.copy_from_slice(text.as_bytes());
        Ok(array)
    }
}

/// A text has more bytes than the `char` array it was meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextTooLong {
    len: usize,
    max: usize,
}

impl fmt::Display for TextTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the array has room for {} bytes, the text has {}", self.max, self.len)
    }
}

impl std::error::Error for TextTooLong {}

/// An address in the kernel or in a traced process: a C pointer, which means nothing here but the
/// number.
///
/// It prints in hexadecimal with `0x`.
#[derive(
    Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, FromBytes, IntoBytes, Immutable,
    KnownLayout, Zeroable, Pod,
)]
#[repr(transparent)]
pub struct Address(
    /// The number.
    pub u64,
);

impl Address {
    /// Whether it is C's `NULL`.
    #[must_use]
    pub const fn is_null(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:#x}", self.0))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::LowerHex for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::LowerHex::fmt(&self.0, f)
    }
}

impl fmt::UpperHex for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::UpperHex::fmt(&self.0, f)
    }
}

impl From<u64> for Address {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

impl From<Address> for u64 {
    fn from(address: Address) -> Self {
        address.0
    }
}

/// C's `_Bool`: false if the byte is zero, true for every other value.
#[derive(
    Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, FromBytes, IntoBytes, Immutable,
    KnownLayout, Zeroable, Pod,
)]
#[repr(transparent)]
pub struct Bool(
    /// The byte.
    pub u8,
);

impl Bool {
    /// The value as Rust's `bool`.
    #[must_use]
    pub const fn get(self) -> bool {
        self.0 != 0
    }
}

impl From<bool> for Bool {
    fn from(value: bool) -> Self {
        Self(u8::from(value))
    }
}

impl From<Bool> for bool {
    fn from(value: Bool) -> Self {
        value.get()
    }
}

impl PartialEq<bool> for Bool {
    fn eq(&self, value: &bool) -> bool {
        self.get() == *value
    }
}

impl fmt::Display for Bool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.get(), f)
    }
}

impl fmt::Debug for Bool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.get(), f)
    }
}

/// What the methods of generated types are made of. Only code from `bpf_program!` may use it.
///
/// Offsets come from the layout of the generated type, so they lie within `storage`; should they
/// not, reading gives zeros and writing does nothing.
#[doc(hidden)]
pub mod raw {
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
    pub fn read_bits<S: IntoBytes + Immutable>(storage: &S, offset: usize, width: u32) -> u128 {
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
        S: IntoBytes + Immutable,
    {
        let unused = 128_u32.saturating_sub(width).min(127);
        read_bits(storage, offset, width).cast_signed() << unused >> unused
    }

    /// Sets the bit-field that starts at bit `offset`; bits of `value` beyond its width are
    /// dropped, as in C.
    pub fn write_bits<S>(storage: &mut S, offset: usize, width: u32, value: u128)
    where
        S: IntoBytes + FromBytes,
    {
        let bytes = storage.as_mut_bytes();
        for (byte, shift, count, at) in parts(offset, width) {
            let Some(place) = bytes.get_mut(byte) else { return };
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
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Text ends at the first zero byte and obeys the format.
    #[test]
    fn text_prints() {
        let comm = CharArray(*b"bash\0x\0\0");
        assert_eq!(format!("{comm}|{comm:<6}|{comm:>6}|{comm:.2}"), "bash|bash  |  bash|ba");
        assert_eq!(format!("{comm:?}"), "\"bash\"");
        assert_eq!(comm, "bash");
        assert_eq!(comm.to_str(), Ok("bash"));
        assert_eq!(CharArray(*b"full").as_bytes(), b"full");
        assert_eq!(CharArray([0xff, b'a']).to_string(), "\u{fffd}a");
        assert!(CharArray::<0>::default().is_empty());
        assert_ne!(comm, CharArray(*b"bash\0\0\0\0"));
    }

    /// A key made from text holds zeros behind it, and never less than the text.
    #[test]
    fn text_from_str() {
        assert_eq!(CharArray::try_from("bash"), Ok(CharArray(*b"bash\0\0")));
        assert_eq!(CharArray::try_from("full"), Ok(CharArray(*b"full")));
        let error = CharArray::<3>::try_from("full").expect_err("four bytes do not fit in three");
        assert_eq!(error.to_string(), "the array has room for 3 bytes, the text has 4");
    }

    /// Addresses print in hexadecimal whatever is asked for.
    #[test]
    fn addresses_print() {
        let address = Address(0xffff_8000);
        assert_eq!(format!("{address} {address:?} {address:x} {address:#X}"), "0xffff8000 0xffff8000 ffff8000 0xFFFF8000");
        assert_eq!(format!("{address:>12}|"), "  0xffff8000|");
        assert!(Address(0).is_null());
    }

    /// Any byte but zero is true.
    #[test]
    fn bools() {
        assert_eq!(format!("{:?} {}", Bool(2), Bool(0)), "true false");
        assert!(Bool(2) == true && Bool::from(true) == Bool(1));
    }

    /// Bit-fields across bytes, with and without sign, at full width.
    #[test]
    fn bit_fields() {
        let mut storage = [0_u8; 20];
        let table: [(usize, u32, i128); 6] =
            [(3, 5, -3), (8, 1, -1), (9, 13, 4000), (22, 64, i128::from(i64::MIN)), (86, 3, 3), (0, 3, 2)];
        for (offset, width, value) in table {
            raw::write_bits(&mut storage, offset, width, value.cast_unsigned());
        }
        for (offset, width, value) in table {
            let mask = (1_u128 << width) - 1;
            assert_eq!(raw::read_signed_bits(&storage, offset, width), value, "{offset}:{width}");
            assert_eq!(raw::read_bits(&storage, offset, width), value.cast_unsigned() & mask);
        }
        raw::write_bits(&mut storage, 5, 128, u128::MAX - 1);
        assert_eq!(raw::read_signed_bits(&storage, 5, 128), -2);
        raw::write_bits(&mut storage, 159, 8, 0xff);
        assert_eq!(raw::read_bits(&storage, 159, 8), 1);
    }

    /// Members are read and written in place; what lies outside is zero.
    #[test]
    fn members() {
        let mut storage = [0_u64; 2];
        raw::write(&mut storage, 6, &0x1122_3344_u32);
        assert_eq!(raw::read::<_, u32>(&storage, 6), 0x1122_3344);
        assert_eq!(raw::read::<_, u16>(&storage, 8), 0x1122);
        assert_eq!(raw::read::<_, u32>(&storage, 14), 0);
        raw::write(&mut storage, 14, &1_u32);
        assert_eq!(storage[1], 0x1122);
    }
}
