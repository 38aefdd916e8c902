//! From values to bytes.
//!
//! In: a layout, and a value that somebody made. Out: the bytes, or an error that names the member
//! whose value does not fit.

use super::layout::{ArrayLayout, EnumLayout, Field, Layout, RecordLayout};
use super::value::{Integer, Record, Value, no_such_name};
use crate::error::{Error, ErrorKind, Result};
use crate::types::raw;

/// Why a value does not fit, and where.
struct Misfit {
    /// Names and numbers from the outermost value on: `.inner`, `[3]`.
    path: String,
    why: String,
}

impl Misfit {
    fn new(why: String) -> Self {
        let path = String::new();
        Self { path, why }
    }

    fn below(mut self, step: &str) -> Self {
        self.path.insert_str(0, step);
        self
    }
}

impl Layout {
    /// The bytes of a value; `what` names it in messages, such as "the value of variable x".
    pub(crate) fn encode(&self, value: &Value, what: impl Fn() -> String) -> Result<Vec<u8>> {
        let mut bytes = vec![0; self.size()];
        match self.write(value, &mut bytes) {
            Ok(()) => Ok(bytes),
            Err(Misfit { path, why }) => {
                let place = match (path.strip_prefix('.').unwrap_or(&path), self) {
                    ("", _) => String::new(),
                    (path, Self::Record(layout)) if !layout.name.is_empty() => {
                        format!("`{path}` of `{}`: ", layout.name)
                    }
                    (path, _) => format!("`{path}`: "),
                };
                let text = format!("{} cannot be made: {place}{why}", what());
                Err(Error::new(ErrorKind::InvalidInput, text))
            }
        }
    }

    /// Writes a value over just as many bytes as it takes.
    fn write(&self, value: &Value, bytes: &mut [u8]) -> Result<(), Misfit> {
        match self {
            Self::Bool => {
                let number = integer(value, self)?;
                let (Integer::Unsigned(0 | 1) | Integer::Signed(0 | 1)) = number else {
                    return Err(self.misfit(value));
                };
                write_number(bytes, truncated(number));
                Ok(())
            }
            Self::Int { size: _, signed } => {
                let width = bytes.len() * 8;
                let number = integer(value, self)?;
                let number = fit(number, width, *signed).ok_or_else(|| self.misfit(value))?;
                write_number(bytes, number);
                Ok(())
            }
            Self::Pointer => {
                let number = fit(integer(value, self)?, 64, false);
                write_number(bytes, number.ok_or_else(|| self.misfit(value))?);
                Ok(())
            }
            Self::Enum(layout) => {
                let number = layout.number(value, bytes.len() * 8)?;
                write_number(bytes, number);
                Ok(())
            }
            Self::Float { size: _ } => self.write_float(value, bytes),
            Self::Text { len: _ } | Self::Bytes { size: _ } => self.write_bytes(value, bytes),
            Self::Array(layout) => layout.write(value, bytes),
            Self::Record(layout) => layout.write(value, bytes),
        }
    }

    fn write_float(&self, value: &Value, bytes: &mut [u8]) -> Result<(), Misfit> {
        let number = value.as_f64().ok_or_else(|| self.misfit(value))?;
        if bytes.len() == 4 {
            // What a C assignment does.
            #[expect(clippy::cast_possible_truncation, reason = "as C rounds")]
            bytes.copy_from_slice(&(number as f32).to_ne_bytes());
        } else {
            bytes.copy_from_slice(&number.to_ne_bytes());
        }
        Ok(())
    }

    /// Text, or bytes as such or as a list of numbers. Shorter text leaves zeros behind it.
    fn write_bytes(&self, value: &Value, bytes: &mut [u8]) -> Result<(), Misfit> {
        let listed: Vec<u8>;
        let given = match value {
            Value::Text(given) | Value::Bytes(given) => given,
            Value::Array(list) => {
                let numbers = list.iter().map(u8::try_from);
                listed = numbers
                    .collect::<Result<_>>()
                    .map_err(|error| Misfit::new(error.to_string()))?;
                &listed
            }
            _ => return Err(self.misfit(value)),
        };
        let exact = matches!(self, Self::Bytes { size: _ });
        let place = bytes.get_mut(..given.len());
        match place.filter(|place| !exact || place.len() == self.size()) {
            Some(place) => {
                place.copy_from_slice(given);
                Ok(())
            }
            None => Err(Misfit::new(format!(
                "{} has {} bytes, {} takes {}",
                value.what(),
                given.len(),
                self.what(),
                self.size()
            ))),
        }
    }

    fn misfit(&self, value: &Value) -> Misfit {
        let (given, wanted) = (value.what(), self.what());
        Misfit::new(format!("`{value}`, {given}, does not fit into {wanted}"))
    }

    /// What values of this layout are, for messages.
    fn what(&self) -> String {
        match self {
            Self::Bool => "a boolean".to_owned(),
            Self::Int { size, signed } => {
                let sign = if *signed { "a signed" } else { "an unsigned" };
                format!("{sign} integer of {} bits", size * 8)
            }
            Self::Float { size } => format!("a floating-point number of {} bits", size * 8),
            Self::Pointer => "an address".to_owned(),
            Self::Text { len } => format!("a text of up to {len} bytes"),
            Self::Enum(layout) if layout.name.is_empty() => "an enum".to_owned(),
            Self::Enum(layout) => format!("`{}`", layout.name),
            Self::Array(layout) => format!("an array of {} elements", layout.len),
            Self::Record(layout) if layout.name.is_empty() => "a struct".to_owned(),
            Self::Record(layout) => format!("`{}`", layout.name),
            Self::Bytes { size } => format!("a value of {size} plain bytes"),
        }
    }
}

impl EnumLayout {
    /// A number, or the name of a constant.
    fn number(&self, value: &Value, width: usize) -> Result<u128, Misfit> {
        let number = match value {
            Value::Text(name) => self
                .constants
                .iter()
                .find(|(known, _)| known.as_bytes() == name.as_slice())
                .map(|(_, number)| Integer::Signed(*number)),
            _ => value.integer(),
        };
        let number = number.and_then(|number| fit(number, width, self.signed));
        number.ok_or_else(|| match value {
            Value::Text(_) => Misfit::new(format!("`{}` has no constant `{value}`", self.name)),
            _ => Misfit::new(format!("`{value}` does not fit into `{}`", self.name)),
        })
    }
}

impl ArrayLayout {
    fn write(&self, value: &Value, bytes: &mut [u8]) -> Result<(), Misfit> {
        let Value::Array(list) = value else {
            let (given, len) = (value.what(), self.len);
            let why = format!("an array of {len} elements is needed, not {given}");
            return Err(Misfit::new(why));
        };
        if list.len() != self.len {
            let why = format!("the array has {} elements, not {}", self.len, list.len());
            return Err(Misfit::new(why));
        }
        let places = bytes.chunks_exact_mut(self.element.size().max(1));
        for (index, (place, value)) in places.zip(list).enumerate() {
            self.element
                .write(value, place)
                .map_err(|misfit| misfit.below(&format!("[{index}]")))?;
        }
        Ok(())
    }
}

impl RecordLayout {
    fn write(&self, value: &Value, bytes: &mut [u8]) -> Result<(), Misfit> {
        let given = vec![0; bytes.len()];
        let mut written = Written { bytes, given };
        match value {
            Value::Struct(record) | Value::Union(record) => self.write_named(record, &mut written),
            Value::Array(list) if !self.is_union => self.write_in_order(list, &mut written),
            // A struct of one member is as good as its member.
            _ if self.fields.len() == 1 && !self.is_union => {
                self.write_in_order(std::slice::from_ref(value), &mut written)
            }
            _ => {
                let given = value.what();
                let why = format!("a value by names of members is needed, not {given}");
                Err(Misfit::new(why))
            }
        }
    }

    fn write_named(&self, record: &Record, written: &mut Written<'_>) -> Result<(), Misfit> {
        for (name, value) in record.iter() {
            let field = self.fields.iter().find(|field| *field.name == *name);
            let field = field.ok_or_else(|| {
                let known = self.fields.iter().map(|field| &*field.name);
                Misfit::new(no_such_name(&self.name, name, known))
            })?;
            written.add(field, value)?;
        }
        Ok(())
    }

    fn write_in_order(&self, list: &[Value], written: &mut Written<'_>) -> Result<(), Misfit> {
        let (given, wanted) = (list.len(), self.fields.len());
        if given != wanted {
            let why = format!("it has {wanted} members, {given} are given");
            return Err(Misfit::new(why));
        }
        for (field, value) in self.fields.iter().zip(list) {
            written.add(field, value)?;
        }
        Ok(())
    }
}

/// The bytes of a struct or union, and which bits of them are given: members of unions share bits,
/// and must agree about them.
struct Written<'b> {
    bytes: &'b mut [u8],
    given: Vec<u8>,
}

impl Written<'_> {
    fn add(&mut self, field: &Field, value: &Value) -> Result<(), Misfit> {
        let before = self.bytes.to_vec();
        field
            .write(value, self.bytes)
            .and_then(|()| self.check_shared(&before, field))
            .map_err(|misfit| misfit.below(&format!(".{}", field.name)))
    }

    fn check_shared(&mut self, before: &[u8], field: &Field) -> Result<(), Misfit> {
        let mut taken = vec![0_u8; self.given.len()];
        for bit in field.bit_range() {
            if let Some(byte) = taken.get_mut(bit / 8) {
                *byte |= 1 << (bit % 8);
            }
        }
        let changed = before.iter().zip(&*self.bytes).map(|(old, new)| old ^ new);
        let lost = changed
            .zip(&self.given)
            .any(|(changed, given)| changed & given != 0);
        if lost {
            let why = "another member of the union says otherwise; give one of them only";
            return Err(Misfit::new(why.to_owned()));
        }
        for (given, taken) in self.given.iter_mut().zip(taken) {
            *given |= taken;
        }
        Ok(())
    }
}

impl Field {
    fn bit_range(&self) -> std::ops::Range<usize> {
        let width = self
            .bits
            .map_or_else(|| self.layout.size() * 8, |bits| bits as usize);
        self.bit_offset..self.bit_offset.saturating_add(width)
    }

    /// Writes the member into the bytes of the whole struct.
    fn write(&self, value: &Value, record: &mut [u8]) -> Result<(), Misfit> {
        if let Some(width) = self.bits {
            let number = self.bits_of(value, width as usize)?;
            raw::write_bits(record, self.bit_offset, width, number);
            return Ok(());
        }
        let start = self.bit_offset / 8;
        match record.get_mut(start..start.saturating_add(self.layout.size())) {
            Some(place) => self.layout.write(value, place),
            // Members lie within their struct, unless BTF is damaged.
            None => Err(Misfit::new("it lies outside its struct".to_owned())),
        }
    }

    fn bits_of(&self, value: &Value, width: usize) -> Result<u128, Misfit> {
        let signed = match &self.layout {
            Layout::Enum(layout) => return layout.number(value, width),
            Layout::Int { size: _, signed } => *signed,
            _ => false,
        };
        let number = integer(value, &self.layout)?;
        fit(number, width, signed).ok_or_else(|| {
            let why = format!("`{value}` does not fit into a bit-field of {width} bits");
            Misfit::new(why)
        })
    }
}

fn integer(value: &Value, layout: &Layout) -> Result<Integer, Misfit> {
    value.integer().ok_or_else(|| layout.misfit(value))
}

/// The bits of a number, if they and its sign fit.
fn fit(number: Integer, width: usize, signed: bool) -> Option<u128> {
    let unused = u32::try_from(128_usize.checked_sub(width)?).ok()?;
    let bits = truncated(number);
    let fits = match (number, signed) {
        (Integer::Signed(number), true) => shifted(number, unused) == number,
        (Integer::Signed(number), false) => number >= 0 && bits.leading_zeros() >= unused,
        (Integer::Unsigned(bits), true) => bits.leading_zeros() > unused,
        (Integer::Unsigned(bits), false) => bits.leading_zeros() >= unused,
    };
    fits.then_some(bits)
}

/// The number that its lowest bits alone stand for.
fn shifted(number: i128, unused: u32) -> i128 {
    let shifted = number.checked_shl(unused).unwrap_or_default();
    shifted.checked_shr(unused).unwrap_or_default()
}

fn truncated(number: Integer) -> u128 {
    match number {
        Integer::Signed(number) => number.cast_unsigned(),
        Integer::Unsigned(number) => number,
    }
}

/// Writes the lowest bytes of a number in the machine's order.
fn write_number(bytes: &mut [u8], number: u128) {
    let len = bytes.len();
    if cfg!(target_endian = "little") {
        bytes.copy_from_slice(&number.to_le_bytes()[..len]);
    } else {
        bytes.copy_from_slice(&number.to_be_bytes()[16 - len..]);
    }
}
