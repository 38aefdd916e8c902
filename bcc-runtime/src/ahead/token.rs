//! Tokens of Rust, as far as it takes to find the ends of things.
//!
//! In: Rust. Out: words, numbers, strings and single signs, without comments. Text that is not Rust
//! gives some tokens too.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A string literal, raw or not.
    String,
    /// A word, a number, a character, a sign.
    Other,
}

/// A piece of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// Its first byte.
    pub(super) start: usize,
    /// The byte behind it.
    pub(super) end: usize,
}

/// The tokens of a text.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let (kind, len) = if first.is_whitespace() {
            (None, first.len_utf8())
        } else if let Some(len) = comment(rest) {
            (None, len)
        } else if let Some(len) = string(rest) {
            (Some(Kind::String), len)
        } else if let Some(len) = character(rest) {
            (Some(Kind::Other), len)
        } else {
            let len = rest.strip_prefix("r#").map_or(0, |rest| 2 + word(rest));
            let len = if len > 2 { len } else { word(rest) };
            (Some(Kind::Other), len.max(first.len_utf8()))
        };
        tokens.extend(kind.map(|kind| Token {
            kind,
            start: at,
            end: at + len,
        }));
        at += len;
    }
    tokens
}

/// Length of the word or number in front.
fn word(text: &str) -> usize {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.find(|c| !is_part(c)).unwrap_or(text.len())
}

/// Length of the comment in front. Those between `/*` and `*/` nest.
fn comment(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    text.starts_with("/*").then_some(())?;
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(mark) = text.get(at..) {
        let Some(found) = mark.find(['/', '*']) else {
            break;
        };
        at += found;
        match text.get(at..at + 2) {
            Some("/*") => (depth, at) = (depth + 1, at + 2),
            Some("*/") => (depth, at) = (depth.saturating_sub(1), at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return Some(at);
        }
    }
    Some(text.len())
}

/// Length of the string literal in front, with its prefix.
fn string(text: &str) -> Option<usize> {
    let prefixes = ["br", "cr", "b", "c", "r", ""];
    let prefix = prefixes.into_iter().find(|prefix| {
        let rest = text.strip_prefix(prefix);
        let quoted = |rest: &str| rest.trim_start_matches('#').starts_with('"');
        let is_raw = prefix.ends_with('r');
        rest.is_some_and(|rest| rest.starts_with('"') || (is_raw && quoted(rest)))
    })?;
    let rest = &text[prefix.len()..];
    if prefix.ends_with('r') {
        let hashes = rest.find('"')?;
        let end = format!("\"{}", "#".repeat(hashes));
        let body = prefix.len() + hashes + 1;
        let len = text[body..].find(&end);
        return Some(len.map_or(text.len(), |len| body + len + end.len()));
    }
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '"' if !escaped => return Some(prefix.len() + at + 1),
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    Some(text.len())
}

/// Length of the character literal in front, which a lifetime is not.
fn character(text: &str) -> Option<usize> {
    let (prefix, rest) = match text.strip_prefix('b') {
        Some(rest) => (1, rest),
        None => (0, text),
    };
    let mut chars = rest.strip_prefix('\'')?.char_indices();
    let (_, first) = chars.next()?;
    if first == '\\' {
        // The escaped character may be a quote itself.
        chars.next();
        let (end, _) = chars.find(|(_, c)| *c == '\'')?;
        return Some(prefix + 1 + end + 1);
    }
    let (end, second) = chars.next()?;
    (second == '\'').then_some(prefix + 1 + end + 1)
}

/// What a string literal stands for; `None` for one of bytes, or with an escape that Rust does not
/// have.
pub(super) fn unescaped(literal: &str) -> Option<String> {
    if let Some(raw) = literal.strip_prefix('r') {
        let raw = raw.trim_matches('#');
        return Some(raw.strip_prefix('"')?.strip_suffix('"')?.to_owned());
    }
    let body = literal.strip_prefix('"')?.strip_suffix('"')?;
    let mut text = String::with_capacity(body.len());
    let mut rest = body;
    while let Some((before, escape)) = rest.split_once('\\') {
        text.push_str(before);
        rest = push_escaped(&mut text, escape)?;
    }
    text.push_str(rest);
    Some(text)
}

/// Reads what follows a `\`; returns what is left.
fn push_escaped<'a>(text: &mut String, escape: &'a str) -> Option<&'a str> {
    let first = escape.chars().next()?;
    let mut rest = &escape[first.len_utf8()..];
    let number = |digits: &str| char::from_u32(u32::from_str_radix(digits, 16).ok()?);
    text.push(match first {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        '0' => '\0',
        '\\' | '"' | '\'' => first,
        'x' => {
            let (digits, after) = rest.split_at_checked(2)?;
            rest = after;
            number(digits)?
        }
        'u' => {
            let (digits, after) = rest.strip_prefix('{')?.split_once('}')?;
            rest = after;
            number(&digits.replace('_', ""))?
        }
        '\n' => return Some(rest.trim_start_matches([' ', '\n', '\t', '\r'])),
        _ => return None,
    });
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        let all = tokens(text).into_iter();
        all.map(|token| &text[token.start..token.end]).collect()
    }

    /// Literals are one token each, comments none.
    #[test]
    fn splits_rust() {
        let text =
            "r#fn a'b' 'c: '\\'' b'\"' \"\\\"\" /* /* */ x */ br#\"\"\"# 0x1f_u8 // y\n\u{e9}+r";
        let expected = [
            "r#fn",
            "a",
            "'b'",
            "'",
            "c",
            ":",
            "'\\''",
            "b'\"'",
            "\"\\\"\"",
            "br#\"\"\"#",
            "0x1f_u8",
            "\u{e9}",
            "+",
            "r",
        ];
        assert_eq!(words(text), expected);
    }

    /// Text that ends early.
    #[test]
    fn survives_other_text() {
        for text in ["\"a", "r#\"a\"", "/* a", "/*/", "'\\", "'", "r#", "b'"] {
            let end = tokens(text).last().map_or(text.len(), |token| token.end);
            assert_eq!(end, text.len(), "{text}");
        }
    }

    /// Escapes are those of Rust.
    #[test]
    fn takes_escapes_back() {
        let cases = [
            (
                "\"a\\n\\\\\\\"\\x41\\u{1f_600}\"",
                Some("a\n\\\"A\u{1f600}"),
            ),
            ("\"a\\\n   b\"", Some("ab")),
            ("r#\"a\\n\"#", Some("a\\n")),
            ("r\"\"", Some("")),
            ("\"\\q\"", None),
            ("b\"a\"", None),
        ];
        for (literal, expected) in cases {
            assert_eq!(unescaped(literal).as_deref(), expected, "{literal}");
        }
    }
}
