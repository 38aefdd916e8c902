//! Values that C has and Rust has not.
//!
//! In: bytes from the kernel, any bytes. Out: types that stand in generated structs for C's `char`
//! arrays, pointers and `_Bool`, have exactly their size, and accept every bit pattern.
//!
//! Generated structs use them by themselves. By hand they are needed to make a key or a value:
//!
//! ```
//! use bcc_runtime::types::CharArray;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let comm: CharArray<16> = "bash".try_into()?;
//! assert_eq!(comm, "bash");
//! assert_eq!(format!("{comm:<6}|{comm:?}"), "bash  |\"bash\"");
//! assert_eq!(comm.0[4..], [0; 12]);
//! assert!(CharArray::<4>::try_from("longer").is_err());
//! # Ok(())
//! # }
//! ```

#[doc(hidden)]
pub mod raw;
#[cfg(feature = "serde")]
pub(crate) mod serialize;

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
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    FromBytes,
    IntoBytes,
    Immutable,
    KnownLayout,
    Zeroable,
    Pod,
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
        place
            .ok_or(TextTooLong {
                len: text.len(),
                max: N,
            })?
            .copy_from_slice(text.as_bytes());
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
        write!(
            f,
            "the array has room for {} bytes, the text has {}",
            self.max, self.len
        )
    }
}

impl std::error::Error for TextTooLong {}

/// An address in the kernel or in a traced process: a C pointer, which means nothing here but the
/// number.
///
/// It prints in hexadecimal with `0x`.
#[derive(
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    FromBytes,
    IntoBytes,
    Immutable,
    KnownLayout,
    Zeroable,
    Pod,
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
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    FromBytes,
    IntoBytes,
    Immutable,
    KnownLayout,
    Zeroable,
    Pod,
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Text ends at the first zero byte and obeys the format.
    #[test]
    fn text_prints() {
        let comm = CharArray(*b"bash\0x\0\0");
        assert_eq!(
            format!("{comm}|{comm:<6}|{comm:>6}|{comm:.2}"),
            "bash|bash  |  bash|ba"
        );
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
        assert_eq!(
            error.to_string(),
            "the array has room for 3 bytes, the text has 4"
        );
    }

    /// Addresses print in hexadecimal whatever is asked for.
    #[test]
    fn addresses_print() {
        let address = Address(0xffff_8000);
        assert_eq!(
            format!("{address} {address:?} {address:x} {address:#X}"),
            "0xffff8000 0xffff8000 ffff8000 0xFFFF8000"
        );
        assert_eq!(format!("{address:>12}|"), "  0xffff8000|");
        assert!(Address(0).is_null());
    }

    /// Any byte but zero is true.
    #[test]
    fn bools() {
        assert_eq!(format!("{:?} {}", Bool(2), Bool(0)), "true false");
        assert!(Bool(2) == true && Bool::from(true) == Bool(1));
    }
}
