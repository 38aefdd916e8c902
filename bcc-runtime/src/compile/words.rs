//! The words of a C text.
//!
//! In: C. Out: its identifiers in order, each with the word or sign in front that tells what it
//! is. Strings, character constants, numbers and comments are skipped.

/// What a tag stands behind.
pub(super) const KEYWORDS: [&str; 3] = ["struct", "union", "enum"];

/// An identifier and what stands in front of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word<'a> {
    pub(super) text: &'a str,
    pub(super) role: Role,
}

/// What an identifier is, as far as the text right in front of it tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Behind `.` or `->`.
    Member,
    /// Behind `struct`, `union` or `enum`.
    Tag,
    Other,
}

/// The identifiers of a text.
pub(super) fn words(text: &str) -> impl Iterator<Item = Word<'_>> {
    Words {
        text,
        at: 0,
        role: Role::Other,
    }
}

struct Words<'a> {
    text: &'a str,
    at: usize,
    role: Role,
}

impl<'a> Iterator for Words<'a> {
    type Item = Word<'a>;

    fn next(&mut self) -> Option<Word<'a>> {
        let bytes = self.text.as_bytes();
        loop {
            let byte = *bytes.get(self.at)?;
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'_' => return Some(self.word()),
                b'0'..=b'9' => self.skip_number(),
                b'"' | b'\'' => self.skip_quoted(byte),
                b'/' if bytes.get(self.at + 1) == Some(&b'/') => self.skip_to("\n"),
                b'/' if bytes.get(self.at + 1) == Some(&b'*') => self.skip_to("*/"),
                _ => self.skip_sign(byte),
            }
        }
    }
}

/// What follows the name of a directive, if the line is one of that name.
pub(super) fn directive<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let directive = line.trim_start().strip_prefix('#')?.trim_start();
    directive.strip_prefix(name)
}

impl<'a> Words<'a> {
    fn word(&mut self) -> Word<'a> {
        let text = self.take(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let next = if KEYWORDS.contains(&text) {
            Role::Tag
        } else {
            Role::Other
        };
        Word {
            text,
            role: std::mem::replace(&mut self.role, next),
        }
    }

    /// A number with its suffix and exponent, none of which is a word.
    fn skip_number(&mut self) {
        self.take(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'));
        self.role = Role::Other;
    }

    fn skip_quoted(&mut self, quote: u8) {
        let bytes = self.text.as_bytes();
        self.at += 1;
        while let Some(byte) = bytes.get(self.at).filter(|byte| **byte != b'\n') {
            self.at += if *byte == b'\\' { 2 } else { 1 };
            if *byte == quote {
                break;
            }
        }
        self.role = Role::Other;
    }

    fn skip_to(&mut self, end: &str) {
        // Both marks are two bytes or less, and the search starts behind the opening one.
        let from = self.at + 2;
        let found = self.text.get(from..).and_then(|rest| rest.find(end));
        self.at = found.map_or(self.text.len(), |at| from + at + end.len());
    }

    fn skip_sign(&mut self, byte: u8) {
        let arrow = byte == b'>' && self.text[..self.at].ends_with('-');
        match byte {
            b'.' => self.role = Role::Member,
            _ if arrow => self.role = Role::Member,
            // The end of a line of a directive is white space, too.
            _ if byte.is_ascii_whitespace() || byte == b'\\' => {}
            _ => self.role = Role::Other,
        }
        self.at += 1;
        while !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
    }

    fn take(&mut self, is_part: impl Fn(u8) -> bool) -> &'a str {
        let rest = &self.text[self.at..];
        let len = rest
            .bytes()
            .position(|byte| !is_part(byte))
            .unwrap_or(rest.len());
        self.at += len;
        &rest[..len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(&str, Role)> {
        words(text).map(|word| (word.text, word.role)).collect()
    }

    /// Words with their roles; no words in strings, numbers and comments.
    #[test]
    fn finds_words() {
        let text = "x = a->b . c /* d */ + \"e\\\"f\" + 0x1fULL + 'g' + struct // h\n \\\n s;";
        let expected = [
            ("x", Role::Other),
            ("a", Role::Other),
            ("b", Role::Member),
            ("c", Role::Member),
            ("struct", Role::Other),
            ("s", Role::Tag),
        ];
        assert_eq!(found(text), expected);
    }

    /// Text that ends early or is not C.
    #[test]
    fn survives_other_text() {
        for text in [
            "\"",
            "'\\",
            "/*",
            "//",
            "->",
            "\u{e9}\u{20ac}",
            "\"\\\u{e9}\"",
            "/",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }
}
