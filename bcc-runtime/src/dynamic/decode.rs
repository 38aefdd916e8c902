//! From bytes to values.
//!
//! In: a layout, and bytes from the kernel, any bytes. Out: the value, or an error that says how
//! many bytes are missing.

use super::convert::text;
use super::layout::{ArrayLayout, EnumLayout, Field, Layout, RecordLayout};
use super::value::{EnumValue, Record, Value};
use crate::error::{Error, ErrorKind, Result};
use crate::types::{Address, raw};
use std::sync::Arc;

impl Layout {
    /// The value at the start of `bytes`, which may be longer.
    pub(crate) fn decode(&self, bytes: &[u8]) -> Result<Value> {
        let size = self.size();
        match bytes.get(..size) {
            Some(bytes) => Ok(self.value(bytes)),
            None => Err(too_short(size, bytes.len())),
        }
    }

    /// The value in just as many bytes as it takes.
    fn value(&self, bytes: &[u8]) -> Value {
        match self {
            Self::Bool => Value::Bool(bytes.iter().any(|byte| *byte != 0)),
            Self::Int { size: _, signed } => integer(bytes, *signed),
            Self::Float { size: 4 } => Value::Float(f32::from_bits(narrow(number(bytes))).into()),
            Self::Float { size: _ } => Value::Float(f64::from_bits(narrow(number(bytes)))),
            Self::Pointer => Value::Address(Address(narrow(number(bytes)))),
            Self::Text { len: _ } => text(bytes),
            Self::Enum(layout) => layout.value(&integer(bytes, layout.signed)),
            Self::Array(layout) => Value::Array(layout.values(bytes)),
            Self::Record(layout) => layout.value(bytes),
            Self::Bytes { size: _ } => Value::Bytes(bytes.to_vec()),
        }
    }
}

impl EnumLayout {
    fn value(&self, value: &Value) -> Value {
        // Enums have up to 64 bits.
        let number = value.as_i128().unwrap_or_default();
        let known = self.constants.iter().find(|(_, known)| *known == number);
        Value::Enum(EnumValue {
            type_name: Arc::clone(&self.name),
            number,
            name: known.map(|(name, _)| Arc::clone(name)),
        })
    }
}

impl ArrayLayout {
    fn values(&self, bytes: &[u8]) -> Vec<Value> {
        // Elements have a size, or there would be no `ArrayLayout`.
        let elements = bytes.chunks_exact(self.element.size().max(1));
        elements
            .take(self.len)
            .map(|bytes| self.element.value(bytes))
            .collect()
    }
}

impl RecordLayout {
    fn value(&self, bytes: &[u8]) -> Value {
        let fields = self
            .fields
            .iter()
            .map(|field| (Arc::clone(&field.name), field.value(bytes)));
        let record = Record {
            type_name: Arc::clone(&self.name),
            fields: fields.collect(),
        };
        if self.is_union {
            Value::Union(record)
        } else {
            Value::Struct(record)
        }
    }
}

impl Field {
    /// The member in the bytes of the whole struct. A flexible array has no bytes of its own.
    fn value(&self, record: &[u8]) -> Value {
        if let Some(width) = self.bits {
            return self.bit_field(record, width);
        }
        let start = self.bit_offset / 8;
        let place = record.get(start..start.saturating_add(self.layout.size()));
        // Members lie within their struct; should BTF say otherwise, they read as unknown.
        place.map_or_else(
            || Value::Bytes(Vec::new()),
            |bytes| self.layout.value(bytes),
        )
    }

    fn bit_field(&self, record: &[u8], width: u32) -> Value {
        let unsigned = || raw::read_bits(record, self.bit_offset, width);
        let signed = || raw::read_signed_bits(record, self.bit_offset, width);
        match &self.layout {
            Layout::Bool => Value::Bool(unsigned() != 0),
            Layout::Int {
                size: _,
                signed: true,
            } => Value::Signed(signed()),
            Layout::Enum(layout) if layout.signed => layout.value(&Value::Signed(signed())),
            Layout::Enum(layout) => layout.value(&Value::Unsigned(unsigned())),
            _ => Value::Unsigned(unsigned()),
        }
    }
}

/// The integer in 1 to 16 bytes, in the machine's order.
fn integer(bytes: &[u8], signed: bool) -> Value {
    let number = number(bytes);
    if !signed {
        return Value::Unsigned(number);
    }
    let unused = 128 - 8 * u32::try_from(bytes.len().clamp(1, 16)).unwrap_or(16);
    Value::Signed(number.cast_signed() << unused >> unused)
}

fn number(bytes: &[u8]) -> u128 {
    let shift = |number: u128, byte: &u8| number << 8 | u128::from(*byte);
    if cfg!(target_endian = "little") {
        bytes.iter().rev().fold(0, shift)
    } else {
        bytes.iter().fold(0, shift)
    }
}

/// A number that was read from as many bytes as the result has.
fn narrow<T: TryFrom<u128> + Default>(number: u128) -> T {
    T::try_from(number).unwrap_or_default()
}

fn too_short(size: usize, found: usize) -> Error {
    let text = format!("the value takes {size} bytes, there are {found}");
    Error::new(ErrorKind::Decode, text)
}
