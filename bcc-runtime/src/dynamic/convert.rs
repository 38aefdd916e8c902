//! Between values and Rust's own types.
//!
//! In: what Rust has. Out: values to hand in, Rust's numbers out of values, and comparisons.

use super::value::{Integer, Value};
use crate::error::{Error, ErrorKind};
use crate::types::{Address, CharArray};

macro_rules! integers {
    ($($integer:ty: $variant:ident |$number:ident| $wide:expr;)*) => {$(
        impl From<$integer> for Value {
            fn from($number: $integer) -> Self {
                Self::$variant($wide)
            }
        }

        impl PartialEq<$integer> for Value {
            fn eq(&self, number: &$integer) -> bool {
                let $number = *number;
                self.integer() == Some(Integer::$variant($wide))
            }
        }

        /// The number, if it fits.
        impl TryFrom<&Value> for $integer {
            type Error = Error;

            fn try_from(value: &Value) -> Result<Self, Error> {
                let number = match value.integer() {
                    Some(Integer::Signed(number)) => Self::try_from(number).ok(),
                    Some(Integer::Unsigned(number)) => Self::try_from(number).ok(),
                    None => None,
                };
                number.ok_or_else(|| misfit(value, stringify!($integer)))
            }
        }
    )*};
}

integers! {
    u8: Unsigned |number| number.into();
    u16: Unsigned |number| number.into();
    u32: Unsigned |number| number.into();
    u64: Unsigned |number| number.into();
    u128: Unsigned |number| number;
    // Every integer fits into 128 bits, but Rust does not promise it for these two.
    usize: Unsigned |number| number as u128;
    isize: Signed |number| number as i128;
    i8: Signed |number| number.into();
    i16: Signed |number| number.into();
    i32: Signed |number| number.into();
    i64: Signed |number| number.into();
    i128: Signed |number| number;
}

fn misfit(value: &Value, wanted: &str) -> Error {
    let text = format!("`{value}`, {}, is no `{wanted}`", value.what());
    Error::new(ErrorKind::Decode, text)
}

macro_rules! parts {
    ($($from:ty => |$value:ident| $into:expr;)*) => {$(
        impl From<$from> for Value {
            fn from($value: $from) -> Self {
                $into
            }
        }
    )*};
}

parts! {
    bool => |value| Self::Bool(value);
    f32 => |value| Self::Float(value.into());
    f64 => |value| Self::Float(value);
    Address => |value| Self::Address(value);
    &str => |value| text(value.as_bytes());
    &String => |value| text(value.as_bytes());
    String => |value| text(value.as_bytes());
    &Self => |value| value.clone();
}

/// Text without the zero bytes at its end, which every array of `char` is filled up with.
pub(super) fn text(bytes: &[u8]) -> Value {
    let len = bytes
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |last| last + 1);
    Value::Text(bytes[..len].to_vec())
}

impl<const N: usize> From<CharArray<N>> for Value {
    fn from(array: CharArray<N>) -> Self {
        text(&array.0)
    }
}

impl<T: Into<Self>> From<Vec<T>> for Value {
    fn from(list: Vec<T>) -> Self {
        Self::Array(list.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Self>, const N: usize> From<[T; N]> for Value {
    fn from(list: [T; N]) -> Self {
        Self::Array(list.into_iter().map(Into::into).collect())
    }
}

impl<T: Clone + Into<Self>> From<&[T]> for Value {
    fn from(list: &[T]) -> Self {
        Self::Array(list.iter().cloned().map(Into::into).collect())
    }
}

macro_rules! tuples {
    ($(($($part:ident $index:tt),*))*) => {$(
        /// The members of a struct in their order.
        impl<$($part: Into<Self>),*> From<($($part,)*)> for Value {
            fn from(parts: ($($part,)*)) -> Self {
                Self::Array(vec![$(parts.$index.into()),*])
            }
        }
    )*};
}

tuples! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
}

impl PartialEq<bool> for Value {
    fn eq(&self, other: &bool) -> bool {
        self.as_bool() == Some(*other)
    }
}

impl PartialEq<f64> for Value {
    fn eq(&self, other: &f64) -> bool {
        self.as_f64() == Some(*other)
    }
}

/// Compares the text up to the first zero byte, or the name of an enum's constant.
impl PartialEq<str> for Value {
    fn eq(&self, other: &str) -> bool {
        match self {
            Self::Enum(value) => value.name() == Some(other),
            Self::Text(_) => self.as_bytes() == Some(other.as_bytes()),
            _ => false,
        }
    }
}

impl PartialEq<&str> for Value {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}
