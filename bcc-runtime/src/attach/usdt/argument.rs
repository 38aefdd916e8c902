//! Arguments of USDT probes, as the notes of a binary describe them.
//!
//! In: `-4@%edi 8@-24(%rbp) 1@$7`. Out: one [`UsdtArgument`] each. Where the value is remains text:
//! libbpf reads it from there.

use std::fmt;

/// An argument of a USDT probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsdtArgument {
    size: Option<u8>,
    is_signed: bool,
    is_float: bool,
    place: String,
}

impl UsdtArgument {
    /// The arguments of a list such as `-4@%edi 8@-24(%rbp)`.
    pub(super) fn parse_list(list: &str) -> Vec<Self> {
        let mut arguments: Vec<Self> = Vec::new();
        for word in list.split_ascii_whitespace() {
            match (Self::parse(word), arguments.last_mut()) {
                (Some(argument), _) => arguments.push(argument),
                // Operands of some machines have blanks in them: `8@[sp, 16]`.
                (None, Some(previous)) => {
                    previous.place.push(' ');
                    previous.place.push_str(word);
                }
                (None, None) => arguments.push(Self::without_size(word)),
            }
        }
        arguments
    }

    fn parse(word: &str) -> Option<Self> {
        let (size, place) = word.split_once('@')?;
        let (size, is_signed) = match size.strip_prefix('-') {
            Some(size) => (size, true),
            None => (size, false),
        };
        let (size, is_float) = match size.strip_suffix('f') {
            Some(size) => (size, true),
            None => (size, false),
        };
        Some(Self {
            size: Some(size.parse().ok()?),
            is_signed,
            is_float,
            place: place.to_owned(),
        })
    }

    fn without_size(place: &str) -> Self {
        Self {
            size: None,
            is_signed: false,
            is_float: false,
            place: place.to_owned(),
        }
    }

    /// Its size in bytes, if the binary tells.
    #[must_use]
    pub fn size(&self) -> Option<u8> {
        self.size
    }

    /// Whether it is a number with a sign.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        self.is_signed
    }

    /// Where its value is, in the words of the machine's assembler: `%edi`, `-24(%rbp)`, `$7`.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Its type in C, such as `int32_t`; `None` if the binary does not tell. bcc's
    /// `get_probe_arg_ctype`.
    #[must_use]
    pub fn ctype(&self) -> Option<&'static str> {
        Some(match (self.is_float, self.is_signed, self.size?) {
            (true, _, 4) => "float",
            (true, _, 8) => "double",
            (false, true, 1) => "int8_t",
            (false, true, 2) => "int16_t",
            (false, true, 4) => "int32_t",
            (false, true, 8) => "int64_t",
            (false, false, 1) => "uint8_t",
            (false, false, 2) => "uint16_t",
            (false, false, 4) => "uint32_t",
            (false, false, 8) => "uint64_t",
            _ => return None,
        })
    }
}

impl fmt::Display for UsdtArgument {
    /// As in the binary: `-4@%edi`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(size) = self.size {
            let sign = if self.is_signed { "-" } else { "" };
            let float = if self.is_float { "f" } else { "" };
            write!(f, "{sign}{size}{float}@")?;
        }
        f.write_str(&self.place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Registers, memory, constants; operands with blanks; lists without sizes.
    #[test]
    fn parses_lists() {
        let types = |list| {
            let arguments = UsdtArgument::parse_list(list);
            let types = arguments.iter().map(UsdtArgument::ctype);
            types.collect::<Option<Vec<_>>>()
        };
        assert_eq!(
            types("-4@%edi 8@-24(%rbp,%rax,8) 1@$-7"),
            Some(vec!["int32_t", "uint64_t", "uint8_t"])
        );
        assert_eq!(types("8f@%xmm0"), Some(vec!["double"]));
        assert_eq!(types(""), Some(vec![]));
        assert_eq!(types("%eax"), None);
        for list in ["8@[sp, 16] -2@w1", "-4@%edi 8@-24(%rbp)", "%eax", "16@x"] {
            let arguments = UsdtArgument::parse_list(list);
            let words: Vec<_> = arguments.iter().map(ToString::to_string).collect();
            assert_eq!(words.join(" "), list);
        }
    }
}
