//! How values print.
//!
//! In: a value and a format. Out: scalars and text as Rust's own, with width and alignment; what is
//! made of others on one line, `{ pid: 7, comm: "bash" }`, or with `{:#}` on several.

use super::value::{EnumValue, Record, Value};
use std::fmt::{self, Debug, Display, Formatter};

/// As it reads best in a line of output: text without quotes, numbers with the width asked for.
impl Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => Display::fmt(value, f),
            Self::Signed(number) => Display::fmt(number, f),
            Self::Unsigned(number) => Display::fmt(number, f),
            Self::Float(number) => Display::fmt(number, f),
            Self::Address(address) => Display::fmt(address, f),
            Self::Text(_) => f.pad(&self.to_string_lossy().unwrap_or_default()),
            Self::Enum(value) => Display::fmt(value, f),
            Self::Struct(record) | Self::Union(record) => padded(f, &Nested(record)),
            Self::Array(list) | Self::PerCpu(list) => padded(f, &Nested(list)),
            Self::Bytes(bytes) => padded(f, &Nested(bytes)),
        }
    }
}

/// The same, with quotes around text and the type's name before members.
impl Debug for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(_)
            | Self::Signed(_)
            | Self::Unsigned(_)
            | Self::Float(_)
            | Self::Address(_)
            | Self::Enum(_) => Display::fmt(self, f),
            Self::Text(_) => Debug::fmt(&self.to_string_lossy().unwrap_or_default(), f),
            Self::Struct(record) | Self::Union(record) => {
                let mut out = f.debug_struct(record.type_name());
                for (name, value) in record.iter() {
                    out.field(name, value);
                }
                out.finish()
            }
            Self::Array(list) | Self::PerCpu(list) => f.debug_list().entries(list).finish(),
            Self::Bytes(bytes) => Debug::fmt(&Nested(bytes), f),
        }
    }
}

impl fmt::LowerHex for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signed(number) => fmt::LowerHex::fmt(number, f),
            Self::Float(_) => Display::fmt(self, f),
            _ => match self.as_u128() {
                Some(number) => fmt::LowerHex::fmt(&number, f),
                None => Display::fmt(self, f),
            },
        }
    }
}

/// The constant's name, or the number if it has none.
impl Display for EnumValue {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.pad(name),
            None => Display::fmt(&self.number(), f),
        }
    }
}

/// Something made of parts.
struct Nested<'v, T: ?Sized>(&'v T);

impl Debug for Nested<'_, Record> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let parts = self.0.iter().map(|(name, value)| (Name(name), value));
        f.debug_map().entries(parts).finish()
    }
}

impl Debug for Nested<'_, Vec<Value>> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0).finish()
    }
}

impl Debug for Nested<'_, Vec<u8>> {
    /// `0a 0b`, two digits a byte.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            write!(f, "{}{byte:02x}", if index == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

/// A member's name, without quotes.
struct Name<'n>(&'n str);

impl Debug for Name<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// Prints as a whole with the width asked for, rather than each part with it.
fn padded(f: &mut Formatter<'_>, value: &dyn Debug) -> fmt::Result {
    if f.alternate() {
        write!(f, "{value:#?}")
    } else {
        f.pad(&format!("{value:?}"))
    }
}
