//! Values of types that are only known at run time.
//!
//! In: nothing; see `decode` for bytes to values and `encode` for the way back. Out: [`Value`], and
//! the ways to look into one.

use crate::error::{Error, ErrorKind, Result};
use crate::nearest::nearest;
use crate::types::Address;
use std::borrow::Cow;
use std::ops::Index;
use std::sync::Arc;

/// How many nearest names a message offers.
const OFFERED: usize = 3;

/// A key, a value, an event or a variable of a program text that came at run time.
///
/// Members are reached by name and elements by number: `event["comm"]`, `event["stack"][0]`. It
/// prints as what it is, with the width and alignment asked for: `{:<16}`. Integers compare with
/// Rust's, text with `&str`.
///
/// To hand one in, everything a value can be made of converts: integers, `bool`, floats, text,
/// [`Address`], arrays, slices and vectors, and tuples for the members of a struct in their order;
/// [`Value::record`] names them instead.
#[derive(Clone)]
#[non_exhaustive]
pub enum Value {
    /// `_Bool`
    Bool(bool),
    /// An integer with a sign, of any size; also a bit-field.
    Signed(i128),
    /// An integer without a sign, of any size; also a bit-field.
    Unsigned(u128),
    /// `float` or `double`
    Float(f64),
    /// A pointer, which means nothing here but the number.
    Address(Address),
    /// An array of `char`, without the zero bytes at its end.
    Text(Vec<u8>),
    /// An enum.
    Enum(EnumValue),
    /// A struct. Those of anonymous structs and unions in it are its own members.
    Struct(Record),
    /// A union, seen as each of its members.
    Union(Record),
    /// An array, or a tuple.
    Array(Vec<Self>),
    /// A value for each possible CPU, in the order of their numbers.
    PerCpu(Vec<Self>),
    /// Bytes of a type that is not known.
    Bytes(Vec<u8>),
}

/// The value of an enum, which need not be one of its constants.
#[derive(Clone, Debug)]
pub struct EnumValue {
    pub(super) type_name: Arc<str>,
    pub(super) number: i128,
    pub(super) name: Option<Arc<str>>,
}

impl EnumValue {
    /// The enum, as C spells it; empty if it has no name.
    #[must_use]
    pub fn type_name(&self) -> &str {
        &self.type_name
    }

    /// The number.
    #[must_use]
    pub fn number(&self) -> i128 {
        self.number
    }

    /// The name of the constant with this number; `None` if there is none.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}

/// The members of a struct or union, in the order of C.
#[derive(Clone, Debug)]
pub struct Record {
    pub(super) type_name: Arc<str>,
    pub(super) fields: Vec<(Arc<str>, Value)>,
}

impl Record {
    /// The struct or union, as C spells it, such as `struct data_t`; empty if it has no name.
    #[must_use]
    pub fn type_name(&self) -> &str {
        &self.type_name
    }

    /// The member of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.fields
            .iter()
            .find(|(known, _)| **known == *name)
            .map(|(_, value)| value)
    }

    /// Names and values of all members.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.fields.iter().map(|(name, value)| (&**name, value))
    }
}

impl Value {
    /// A struct or union with the given members, to be handed in; members that are not given are
    /// zero.
    ///
    /// ```
    /// use bcc_runtime::Value;
    /// let key = Value::record([("pid", Value::from(7)), ("comm", Value::from("bash"))]);
    /// assert_eq!(key["comm"], "bash");
    /// ```
    #[must_use]
    pub fn record<N: AsRef<str>, V: Into<Self>>(members: impl IntoIterator<Item = (N, V)>) -> Self {
        let fields = members.into_iter();
        Self::Struct(Record {
            type_name: Arc::from(""),
            fields: fields
                .map(|(name, value)| (Arc::from(name.as_ref()), value.into()))
                .collect(),
        })
    }

    /// The member of a struct or union; `None` if this is neither or has no such member.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.as_record()?.get(name)
    }

    /// The member of a struct or union.
    ///
    /// # Errors
    /// `NotFound`, with the nearest names, if this is neither or has no such member.
    pub fn field(&self, name: &str) -> Result<&Self> {
        self.get(name).ok_or_else(|| self.no_field(name))
    }

    /// The element of an array, or the value of a CPU; `None` if this is neither or too short.
    #[must_use]
    pub fn at(&self, index: usize) -> Option<&Self> {
        self.elements()?.get(index)
    }

    /// The elements of an array, or the values of all CPUs.
    #[must_use]
    pub fn elements(&self) -> Option<&[Self]> {
        match self {
            Self::Array(list) | Self::PerCpu(list) => Some(list),
            _ => None,
        }
    }

    /// The members of a struct or union.
    #[must_use]
    pub fn as_record(&self) -> Option<&Record> {
        match self {
            Self::Struct(record) | Self::Union(record) => Some(record),
            _ => None,
        }
    }

    /// An integer, boolean, enum or address that fits.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        self.as_u128()?.try_into().ok()
    }

    /// An integer, boolean, enum or address that fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        self.as_i128()?.try_into().ok()
    }

    /// An integer, boolean, enum or address that fits.
    #[must_use]
    pub fn as_u128(&self) -> Option<u128> {
        match self.integer()? {
            Integer::Signed(number) => number.try_into().ok(),
            Integer::Unsigned(number) => Some(number),
        }
    }

    /// An integer, boolean, enum or address that fits.
    #[must_use]
    pub fn as_i128(&self) -> Option<i128> {
        match self.integer()? {
            Integer::Signed(number) => Some(number),
            Integer::Unsigned(number) => number.try_into().ok(),
        }
    }

    /// A floating-point number.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Float(number) => Some(*number),
            _ => None,
        }
    }

    /// A boolean.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The text of a `char` array up to the first zero byte, if it is UTF-8; the name of an
    /// enum's constant.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(_) => std::str::from_utf8(self.as_bytes()?).ok(),
            Self::Enum(value) => value.name(),
            _ => None,
        }
    }

    /// The text of a `char` array up to the first zero byte, whatever its encoding; all bytes of a
    /// value whose type is not known.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Text(bytes) => bytes.split(|byte| *byte == 0).next(),
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The text of a `char` array, with a replacement character for each part that is not UTF-8.
    #[must_use]
    pub fn to_string_lossy(&self) -> Option<Cow<'_, str>> {
        matches!(self, Self::Text(_)).then(|| {
            let bytes = self.as_bytes().unwrap_or_default();
            String::from_utf8_lossy(bytes)
        })
    }

    /// The sum over all CPUs, or elements of an array; `None` if they are not integers or their
    /// sum is too large. bcc's `sum`.
    #[must_use]
    pub fn sum(&self) -> Option<i128> {
        let mut numbers = self.elements()?.iter().map(Self::as_i128);
        numbers.try_fold(0_i128, |sum, number| sum.checked_add(number?))
    }

    /// The largest value of any CPU, or element of an array; `None` if there is none or they are
    /// not integers. bcc's `max`.
    #[must_use]
    pub fn max(&self) -> Option<i128> {
        let numbers: Option<Vec<i128>> = self.elements()?.iter().map(Self::as_i128).collect();
        numbers?.into_iter().max()
    }

    /// The smallest value of any CPU, or element of an array; `None` if there is none or they are
    /// not integers.
    #[must_use]
    pub fn min(&self) -> Option<i128> {
        let numbers: Option<Vec<i128>> = self.elements()?.iter().map(Self::as_i128).collect();
        numbers?.into_iter().min()
    }

    /// The sum over all CPUs, divided by their number and rounded towards zero. bcc's `average`.
    #[must_use]
    pub fn average(&self) -> Option<i128> {
        let count = i128::try_from(self.elements()?.len()).ok()?;
        self.sum()?.checked_div(count)
    }

    pub(super) fn integer(&self) -> Option<Integer> {
        match self {
            Self::Bool(value) => Some(Integer::Unsigned(u128::from(*value))),
            Self::Signed(number) => Some(Integer::Signed(*number)),
            Self::Unsigned(number) => Some(Integer::Unsigned(*number)),
            Self::Address(address) => Some(Integer::Unsigned(u128::from(address.0))),
            Self::Enum(value) => Some(Integer::Signed(value.number)),
            _ => None,
        }
    }

    /// What a value is, for messages.
    pub(super) fn what(&self) -> &'static str {
        match self {
            Self::Bool(_) => "a boolean",
            Self::Signed(_) | Self::Unsigned(_) => "an integer",
            Self::Float(_) => "a floating-point number",
            Self::Address(_) => "an address",
            Self::Text(_) => "a text",
            Self::Enum(_) => "a constant of an enum",
            Self::Struct(_) => "a struct",
            Self::Union(_) => "a union",
            Self::Array(_) => "an array",
            Self::PerCpu(_) => "a value for each CPU",
            Self::Bytes(_) => "plain bytes",
        }
    }

    fn no_field(&self, name: &str) -> Error {
        let text = match self.as_record() {
            Some(record) => no_such_name(record.type_name(), name, record.iter().map(|(n, _)| n)),
            None => format!("{} has no field `{name}`", self.what()),
        };
        Error::new(ErrorKind::NotFound, text)
    }
}

/// The words for a field that a struct or union does not have.
pub(super) fn no_such_name<'n>(
    type_name: &str,
    name: &str,
    known: impl Iterator<Item = &'n str>,
) -> String {
    let whose = match type_name {
        "" => "this struct".to_owned(),
        type_name => format!("`{type_name}`"),
    };
    let offer = match nearest(name, known.map(str::to_owned), OFFERED).as_slice() {
        [] => String::new(),
        names => format!("; nearest names: `{}`", names.join("`, `")),
    };
    format!("{whose} has no field `{name}`{offer}")
}

/// An integer of either sign.
#[derive(Clone, Copy, Debug)]
pub(super) enum Integer {
    Signed(i128),
    Unsigned(u128),
}

impl Integer {
    /// The same number always in the same form.
    fn normal(self) -> (Option<i128>, u128) {
        match self {
            Self::Signed(number) if number < 0 => (Some(number), 0),
            Self::Signed(number) => (None, number.unsigned_abs()),
            Self::Unsigned(number) => (None, number),
        }
    }
}

impl PartialEq for Integer {
    fn eq(&self, other: &Self) -> bool {
        self.normal() == other.normal()
    }
}

/// Integers are equal if their numbers are, text if the whole arrays are, structs if all members
/// are.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        if let (Some(a), Some(b)) = (self.integer(), other.integer()) {
            return a == b;
        }
        match (self, other) {
            (Self::Float(a), Self::Float(b)) => a == b,
            (Self::Text(a), Self::Text(b)) | (Self::Bytes(a), Self::Bytes(b)) => a == b,
            (Self::Struct(a), Self::Struct(b)) | (Self::Union(a), Self::Union(b)) => {
                a.fields == b.fields
            }
            (Self::Array(a), Self::Array(b)) | (Self::PerCpu(a), Self::PerCpu(b)) => a == b,
            _ => false,
        }
    }
}

/// The member of a struct or union.
///
/// # Panics
///
/// If this is neither, or has no such member; [`Value::get`] and [`Value::field`] do not.
impl Index<&str> for Value {
    type Output = Self;

    fn index(&self, name: &str) -> &Self {
        match self.field(name) {
            Ok(value) => value,
            Err(error) => panic!("{error}"),
        }
    }
}

/// The element of an array, or the value of a CPU.
///
/// # Panics
///
/// If this is neither, or too short; [`Value::at`] does not.
impl Index<usize> for Value {
    type Output = Self;

    fn index(&self, index: usize) -> &Self {
        match self.at(index) {
            Some(value) => value,
            None => panic!("{} has no element {index}", self.what()),
        }
    }
}
