//! From C names to Rust names.
//!
//! In: names of the C text. Out: identifiers that are legal, unlike every other one of the same
//! [`Names`], and follow Rust's habits for types. Every generated name comes from here.

use heck::ToUpperCamelCase as _;
use proc_macro2::{Ident, Span};
use std::collections::BTreeSet;

/// The names taken in one scope.
#[derive(Debug, Default)]
pub(crate) struct Names {
    taken: BTreeSet<String>,
}

impl Names {
    /// A scope in which `taken` are in use.
    pub(crate) fn with(taken: &[&str]) -> Self {
        Self {
            taken: taken.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    /// An identifier spelled as in C, for a field or a method.
    pub(crate) fn field(&mut self, name: &str, span: Span) -> Ident {
        self.ident(&spell(name), span)
    }

    /// A type's identifier: `data_t` becomes `DataT`.
    pub(crate) fn type_name(&mut self, name: &str, span: Span) -> Ident {
        self.ident(&spell(&name.to_upper_camel_case()), span)
    }

    /// The name, with underscores behind it while it is taken or cannot be an identifier.
    fn ident(&mut self, wanted: &str, span: Span) -> Ident {
        let mut name = wanted.to_owned();
        while !self.taken.insert(name.clone()) || is_never_raw(&name) {
            name.push('_');
        }
        if is_keyword(&name) {
            Ident::new_raw(&name, span)
        } else {
            Ident::new(&name, span)
        }
    }
}

/// Replaces what no Rust identifier can hold; C allows `$` and clang some more.
fn spell(name: &str) -> String {
    let is_legal = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let mut out: String = name
        .chars()
        .map(|character| if is_legal(character) { character } else { '_' })
        .collect();
    if out.is_empty() || out.starts_with(|first: char| first.is_ascii_digit()) {
        out.insert(0, '_');
    }
    out
}

/// Words that cannot be written `r#word` either.
fn is_never_raw(name: &str) -> bool {
    matches!(name, "_" | "crate" | "self" | "super" | "Self")
}

/// Words that need `r#` in any edition up to 2024.
fn is_keyword(name: &str) -> bool {
    const KEYWORDS: &[&str] = &[
        "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do",
        "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in",
        "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref",
        "return", "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe",
        "unsized", "use", "virtual", "where", "while", "yield",
    ];
    KEYWORDS.binary_search(&name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keywords, names no identifier can have, and clashes.
    #[test]
    fn fields() {
        let mut names = Names::default();
        let table = [
            ("pid", "pid"),
            ("type", "r#type"),
            ("self", "self_"),
            ("self_", "self__"),
            ("Self", "Self_"),
            ("_", "__"),
            ("a$b", "a_b"),
            ("a_b", "a_b_"),
            ("gen", "r#gen"),
        ];
        for (name, expected) in table {
            assert_eq!(
                names.field(name, Span::call_site()).to_string(),
                expected,
                "{name}"
            );
        }
    }

    /// Types are in upper camel case; two that meet there differ by an underscore.
    #[test]
    fn type_names() {
        let mut names = Names::with(&["Maps"]);
        let table = [
            ("data_t", "DataT"),
            ("dataT", "DataT_"),
            ("__sk_buff", "SkBuff"),
            ("data_t::inner", "DataTInner"),
            ("maps", "Maps_"),
            ("self", "Self_"),
            ("_1", "_1"),
            ("___", "__"),
        ];
        for (name, expected) in table {
            assert_eq!(
                names.type_name(name, Span::call_site()).to_string(),
                expected,
                "{name}"
            );
        }
    }

    /// The table is searched by bisection.
    #[test]
    fn every_keyword_parses_raw() {
        for word in ["abstract", "gen", "mut", "yield", "where"] {
            assert!(is_keyword(word), "{word}");
        }
        assert!(!is_keyword("union"));
    }
}
