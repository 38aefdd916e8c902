//! How the members of generated types are serialized.
//!
//! In: a member. Out: calls of serde's `Serializer`. serde has no arrays of more than 32 elements,
//! hence a trait of our own for members. Text is text, an address is what it prints as, and a named
//! value of an enum is its name.

use super::{Address, Bool, CharArray};
use serde::ser::SerializeTuple as _;
use serde::{Serialize, Serializer};

/// What members of generated types can be. Only code from `bpf_program!` implements it.
pub trait SerializeMember {
    /// As `Serialize::serialize`.
    ///
    /// # Errors
    /// As the serializer's.
    fn serialize_member<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
}

/// A member, as something to be serialized.
#[derive(Debug)]
pub struct Member<'value, T: ?Sized>(pub &'value T);

impl<T: SerializeMember + ?Sized> Serialize for Member<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize_member(serializer)
    }
}

impl<T: SerializeMember, const N: usize> SerializeMember for [T; N] {
    fn serialize_member<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut elements = serializer.serialize_tuple(N)?;
        for element in self {
            elements.serialize_element(&Member(element))?;
        }
        elements.end()
    }
}

/// Members that are serialized as by themselves.
macro_rules! by_themselves {
    ($($ty:ty),*) => {$(
        impl SerializeMember for $ty {
            fn serialize_member<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.serialize(serializer)
            }
        }
    )*};
}

by_themselves!(
    bool, i8, i16, i32, i64, i128, u8, u16, u32, u64, u128, f32, f64, Address, Bool
);

impl<const N: usize> SerializeMember for CharArray<N> {
    fn serialize_member<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.serialize(serializer)
    }
}

/// As the text; what is not UTF-8 is replaced.
impl<const N: usize> Serialize for CharArray<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_string_lossy())
    }
}

/// As text, `0x...`: JSON's numbers end at 2^53.
impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for Bool {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(self.get())
    }
}

/// The name of an enum's value, or the number if it has no name.
///
/// # Errors
/// As the serializer's.
pub fn serialize_enum<S: Serializer>(
    serializer: S,
    value: i128,
    names: &[(i128, &str)],
) -> Result<S::Ok, S::Error> {
    match names.iter().find(|(known, _)| *known == value) {
        Some((_, name)) => serializer.serialize_str(name),
        None => serialize_number(serializer, value),
    }
}

/// A number as one that all formats have, if it is small enough.
pub(crate) fn serialize_number<S: Serializer>(
    serializer: S,
    value: i128,
) -> Result<S::Ok, S::Error> {
    match (i64::try_from(value), u64::try_from(value)) {
        (Ok(value), _) => serializer.serialize_i64(value),
        (_, Ok(value)) => serializer.serialize_u64(value),
        _ => serializer.serialize_i128(value),
    }
}
