//! How values are serialized.
//!
//! In: a value. Out: calls of serde's `Serializer`, as for the generated type of the same C type.

use super::value::{EnumValue, Record, Value};
use crate::types::serialize::serialize_number;
use serde::{Serialize, Serializer};

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Signed(number) => serialize_number(serializer, *number),
            Self::Unsigned(number) => match i128::try_from(*number) {
                Ok(number) => serialize_number(serializer, number),
                Err(_) => serializer.serialize_u128(*number),
            },
            Self::Float(number) => serializer.serialize_f64(*number),
            Self::Address(address) => address.serialize(serializer),
            Self::Text(text) => serializer.serialize_str(&String::from_utf8_lossy(text)),
            Self::Enum(value) => value.serialize(serializer),
            Self::Struct(record) | Self::Union(record) => record.serialize(serializer),
            Self::Array(list) | Self::PerCpu(list) => serializer.collect_seq(list),
            Self::Bytes(bytes) => serializer.collect_seq(bytes),
        }
    }
}

/// As the name of the constant, or else as the number.
impl Serialize for EnumValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.name() {
            Some(name) => serializer.serialize_str(name),
            None => serialize_number(serializer, self.number()),
        }
    }
}

/// As a map from names to values.
impl Serialize for Record {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}
