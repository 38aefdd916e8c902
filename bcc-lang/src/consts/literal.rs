//! Numbers and character constants as C reads them.
//!
//! In: the text of a literal without line splices. Out: its value and type, or `None` for
//! floating-point numbers and for text that is no literal.

use super::value::{IntType, Value};

/// The value of an integer literal: `42`, `0x1fULL`, `0777`, `0b11`.
#[must_use]
pub fn number(text: &str) -> Option<Value> {
    let lower = text.to_ascii_lowercase();
    let (digits, radix) = split_radix(&lower);
    let end = digits
        .find(|c: char| !c.is_digit(radix))
        .unwrap_or(digits.len());
    let (digits, suffix) = digits.split_at_checked(end)?;
    let value = i128::from_str_radix(digits, radix).ok()?;
    let suffix = Suffix::from_text(suffix)?;
    let ty = suffix.types(radix == 10).find(|ty| fits(value, *ty))?;
    Value::new(value, ty)
}

/// The digits behind the prefix, and their base. The leading zero of an octal number is a digit.
fn split_radix(text: &str) -> (&str, u32) {
    const PREFIXES: [(&str, u32); 2] = [("0x", 16), ("0b", 2)];
    let prefixed = PREFIXES
        .iter()
        .find_map(|(prefix, radix)| Some((text.strip_prefix(prefix)?, *radix)));
    prefixed.unwrap_or((text, if text.starts_with('0') { 8 } else { 10 }))
}

/// What stands behind the digits.
#[derive(Clone, Copy)]
struct Suffix {
    unsigned: bool,
    long: bool,
}

impl Suffix {
    fn from_text(text: &str) -> Option<Self> {
        let (unsigned, long) = match text {
            "" => (false, false),
            "u" => (true, false),
            "l" | "ll" => (false, true),
            "ul" | "lu" | "ull" | "llu" => (true, true),
            _ => return None,
        };
        Some(Self { unsigned, long })
    }

    /// The types the literal may have, smallest first. A decimal number never becomes unsigned by
    /// itself.
    fn types(self, decimal: bool) -> impl Iterator<Item = IntType> {
        [IntType::INT, IntType::UINT, IntType::LONG, IntType::ULONG]
            .into_iter()
            .filter(move |ty| {
                let sign_fits = if self.unsigned {
                    !ty.signed
                } else {
                    ty.signed || !decimal
                };
                sign_fits && (!self.long || ty.bits == IntType::LONG.bits)
            })
    }
}

fn fits(value: i128, ty: IntType) -> bool {
    Value::new(value, ty).is_some_and(|converted| converted.get() == value)
}

/// The value of a character constant: `'a'`, `'\n'`, `'\033'`, `'ab'`.
#[must_use]
pub fn character(text: &str) -> Option<Value> {
    let bytes = unescape(text.strip_prefix('\'')?.strip_suffix('\'')?)?;
    match bytes.as_slice() {
        // One character has the sign of `char`.
        [byte] => Value::new(i128::from(byte.cast_signed()), IntType::INT),
        [_, _] | [_, _, _] | [_, _, _, _] => {
            let joined = bytes
                .iter()
                .fold(0, |value, byte| (value << 8) | i128::from(*byte));
            Value::new(joined, IntType::INT)
        }
        _ => None,
    }
}

/// The bytes of a string literal without its terminating zero: `"a\n"`.
#[must_use]
pub fn string(text: &str) -> Option<Vec<u8>> {
    let quoted = text.strip_prefix("u8").unwrap_or(text);
    unescape(quoted.strip_prefix('"')?.strip_suffix('"')?)
}

/// The bytes that the inside of a literal stands for.
fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        rest = rest.get(first.len_utf8()..)?;
        if first == '\\' {
            rest = escape(rest, &mut bytes)?;
        } else {
            bytes.extend_from_slice(first.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
    Some(bytes)
}

/// Adds what the escape behind a backslash stands for; returns the text behind it.
fn escape<'t>(text: &'t str, bytes: &mut Vec<u8>) -> Option<&'t str> {
    let first = text.chars().next()?;
    let rest = text.get(first.len_utf8()..)?;
    match first {
        'x' => digits(rest, 16, usize::MAX, bytes),
        'u' => universal(rest, 4, bytes),
        'U' => universal(rest, 8, bytes),
        '0'..='7' => digits(text, 8, 3, bytes),
        _ => {
            bytes.push(simple_escape(first)?);
            Some(rest)
        }
    }
}

fn simple_escape(c: char) -> Option<u8> {
    const ESCAPES: [(char, u8); 12] = [
        ('a', 7),
        ('b', 8),
        ('t', 9),
        ('n', 10),
        ('v', 11),
        ('f', 12),
        ('r', 13),
        ('e', 27),
        ('"', b'"'),
        ('\'', b'\''),
        ('\\', b'\\'),
        ('?', b'?'),
    ];
    ESCAPES
        .iter()
        .find(|(name, _)| *name == c)
        .map(|(_, byte)| *byte)
}

/// A byte written as up to `most` digits.
fn digits<'t>(text: &'t str, radix: u32, most: usize, bytes: &mut Vec<u8>) -> Option<&'t str> {
    let len = text
        .chars()
        .take(most)
        .take_while(|c| c.is_digit(radix))
        .count();
    let (number, rest) = text.split_at_checked(len)?;
    bytes.push(u8::from_str_radix(number, radix).ok()?);
    Some(rest)
}

/// A character written as exactly `len` hexadecimal digits.
fn universal<'t>(text: &'t str, len: usize, bytes: &mut Vec<u8>) -> Option<&'t str> {
    let (number, rest) = text.split_at_checked(len)?;
    let c = char::from_u32(u32::from_str_radix(number, 16).ok()?)?;
    bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_type_that_holds_them() {
        const ROWS: &[(&str, Option<(i128, IntType)>)] = &[
            ("0", Some((0, IntType::INT))),
            ("2147483647", Some((0x7fff_ffff, IntType::INT))),
            ("2147483648", Some((0x8000_0000, IntType::LONG))),
            ("0x80000000", Some((0x8000_0000, IntType::UINT))),
            (
                "0x7fffffffffffffff",
                Some((0x7fff_ffff_ffff_ffff, IntType::LONG)),
            ),
            (
                "0xffffffffffffffff",
                Some((0xffff_ffff_ffff_ffff, IntType::ULONG)),
            ),
            ("1u", Some((1, IntType::UINT))),
            ("1lU", Some((1, IntType::ULONG))),
            ("1LL", Some((1, IntType::LONG))),
            ("0777", Some((0o777, IntType::INT))),
            ("0B101", Some((5, IntType::INT))),
            ("08", None),
            ("0x", None),
            ("1.0", None),
            ("1e3", None),
            ("0x1p3", None),
            ("1ulu", None),
            ("18446744073709551616", None),
        ];
        for (text, expected) in ROWS {
            assert_eq!(
                number(text).map(|value| (value.get(), value.ty())),
                *expected,
                "{text}"
            );
        }
    }

    #[test]
    fn characters_and_strings_know_the_escapes_of_c() {
        const ROWS: &[(&str, Option<i128>)] = &[
            ("'a'", Some(97)),
            ("'\\0'", Some(0)),
            ("'\\033'", Some(27)),
            ("'\\e'", Some(27)),
            ("'\\xff'", Some(-1)),
            ("'\\''", Some(39)),
            ("'ab'", Some(0x6162)),
            ("'\\q'", None),
            ("L'a'", None),
        ];
        for (text, expected) in ROWS {
            assert_eq!(character(text).map(Value::get), *expected, "{text}");
        }
        assert_eq!(
            string("\"a\\n\\1012\\u00e9\""),
            Some(b"a\nA2\xc3\xa9".to_vec())
        );
        assert_eq!(string("\"\\\""), None);
    }
}
