//! The programs in a file of Rust.
//!
//! In: a Rust file. Out: each `bpf_program!` in it, with its name and its C, as the macro reads
//! them. There is no compiler here to ask, so calls are found by their tokens: one that a
//! `macro_rules!` makes is not found, and one that a `cfg` leaves out is.

use super::token::{Kind, Token, tokens, unescaped};
use bcc_lang::source::{Position, SourceText};
use std::path::{Path, PathBuf};

/// The macro.
const MACRO: &str = "bpf_program";
/// What a module without a name is called.
const UNNAMED: &str = "bpf";

/// A program of the file.
#[derive(Debug)]
pub(super) struct Found {
    /// Name of its module.
    pub(super) name: String,
    /// Line of the call, from 1.
    pub(super) line: u32,
    /// Its C, where it stands.
    pub(super) text: Text,
}

/// Where the C of a program is.
#[derive(Debug)]
pub(super) enum Text {
    /// In the Rust file.
    Here(SourceText),
    /// In a file of its own.
    File(PathBuf),
    /// Nowhere: the call is not one that the macro takes.
    Unknown,
}

/// The programs of `rust`, the text of the file called `shown`.
pub(super) fn programs(shown: &str, rust: &str) -> Vec<Found> {
    let tokens = tokens(rust);
    let file = File { shown, rust };
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(call) = tokens.get(at..) {
        let Some(body) = file.body_of_call(call) else {
            if call.is_empty() {
                break;
            }
            at += 1;
            continue;
        };
        found.push(file.program(call[0], body));
        // The name, `!` and both brackets.
        at += body.len() + 4;
    }
    found
}

struct File<'a> {
    shown: &'a str,
    rust: &'a str,
}

impl File<'_> {
    fn text(&self, token: Token) -> &str {
        &self.rust[token.start..token.end]
    }

    fn is(&self, token: Option<&Token>, text: &str) -> bool {
        token.is_some_and(|token| self.text(*token) == text)
    }

    /// What stands between the brackets, if the macro is called here.
    fn body_of_call<'t>(&self, tokens: &'t [Token]) -> Option<&'t [Token]> {
        if !self.is(tokens.first(), MACRO) || !self.is(tokens.get(1), "!") {
            return None;
        }
        self.group(tokens.get(2..)?)
    }

    /// What stands between the brackets that begin here.
    fn group<'t>(&self, tokens: &'t [Token]) -> Option<&'t [Token]> {
        let mut depth = 0_usize;
        for (at, token) in tokens.iter().enumerate() {
            match self.text(*token) {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth = depth.checked_sub(1)?,
                _ => {}
            }
            if depth == 0 {
                return (at > 0).then(|| &tokens[1..at]);
            }
        }
        None
    }

    fn program(&self, call: Token, body: &[Token]) -> Found {
        let (name, text) = self.without_header(body);
        Found {
            name,
            line: self.position(call.start).line,
            text: self.source(text),
        }
    }

    /// The module's name, and what follows `mod NAME;`.
    fn without_header<'t>(&self, body: &'t [Token]) -> (String, &'t [Token]) {
        let mut at = 0;
        while self.is(body.get(at), "#") && self.is(body.get(at + 1), "[") {
            let Some(attribute) = self.group(&body[at + 1..]) else {
                break;
            };
            at += attribute.len() + 3;
        }
        if self.is(body.get(at), "pub") {
            at += 1;
            if self.is(body.get(at), "(")
                && let Some(place) = self.group(&body[at..])
            {
                at += place.len() + 2;
            }
        }
        match body.get(at + 1) {
            Some(name) if self.is(body.get(at), "mod") && self.is(body.get(at + 2), ";") => {
                let name = self.text(*name);
                let name = name.strip_prefix("r#").unwrap_or(name);
                (name.to_owned(), &body[at + 3..])
            }
            _ => (UNNAMED.to_owned(), body),
        }
    }

    /// The C in any of its three forms.
    fn source(&self, body: &[Token]) -> Text {
        match body {
            [] => Text::Unknown,
            [literal, ..] if literal.kind == Kind::String => {
                let text = unescaped(self.text(*literal));
                text.map_or(Text::Unknown, |text| {
                    Text::Here(self.literal(*literal, text))
                })
            }
            [word, bang, _, path, ..]
                if self.text(*word) == "include_str" && self.text(*bang) == "!" =>
            {
                let path = Some(path).filter(|path| path.kind == Kind::String);
                let path = path.and_then(|path| unescaped(self.text(*path)));
                path.map_or(Text::Unknown, |path| {
                    let folder = Path::new(self.shown).parent().unwrap_or(Path::new(""));
                    Text::File(folder.join(path))
                })
            }
            [first, .., last] => Text::Here(self.block(first.start, last.end)),
            [only] => Text::Here(self.block(only.start, only.end)),
        }
    }

    fn block(&self, start: usize, end: usize) -> SourceText {
        SourceText::with_origin(self.shown, &self.rust[start..end], self.position(start))
    }

    /// A literal's lines are those of the file, unless an escape makes or hides one.
    fn literal(&self, token: Token, text: String) -> SourceText {
        let literal = self.text(token);
        let Position { line, column } = self.position(token.start);
        let lines = |text: &str| text.matches('\n').count();
        if lines(literal) == lines(&text) {
            let open = literal.find('"').map_or(0, |quote| quote + 1);
            let column = column.saturating_add(u32::try_from(open).unwrap_or(0));
            SourceText::with_origin(self.shown, text, Position { line, column })
        } else {
            SourceText::new(format!("<{}:{line}>", self.shown), text)
        }
    }

    fn position(&self, offset: usize) -> Position {
        let before = &self.rust[..offset];
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        let from_usize = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Position {
            line: from_usize(before.matches('\n').count() + 1),
            column: from_usize(before[start..].chars().count() + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(rust: &str) -> Vec<(String, u32, String)> {
        let found = programs("src/main.rs", rust);
        let text = |text| match text {
            Text::Here(source) => {
                let Position { line, column } = source.origin();
                format!("{line}:{column} {}", source.text())
            }
            Text::File(path) => path.display().to_string(),
            Text::Unknown => "unknown".to_owned(),
        };
        let rows = found.into_iter();
        rows.map(|one| (one.name, one.line, text(one.text)))
            .collect()
    }

    fn row(name: &str, line: u32, text: &str) -> (String, u32, String) {
        (name.to_owned(), line, text.to_owned())
    }

    /// Each form of a call, and what stands around it.
    #[test]
    fn finds_programs() {
        let rust = "bpf_program! { int x; // end\n }\n\
                    x::bpf_program!(mod a; /* } */ int a[2]; /// }\n);\n\
                    bpf_program! {\n    #[doc = \"}\"] pub(crate) mod r#loop;\n    // }\n    char *s = \"}\";\n}\n\
                    bpf_program! { mod b; r#\"int \"q\";\n\"# }\n\
                    bpf_program! { mod c; \"int \\\"q\\\";\\n\" }\n\
                    bpf_program! { mod d; include_str!(\"d.bpf.c\") }\n";
        let expected = [
            row("bpf", 1, "1:16 int x;"),
            row("a", 3, "3:32 int a[2];"),
            row("loop", 5, "8:5 char *s = \"}\";"),
            row("b", 10, "10:26 int \"q\";\n"),
            row("c", 12, "1:1 int \"q\";\n"),
            row("d", 13, "src/d.bpf.c"),
        ];
        assert_eq!(texts(rust), expected);
    }

    /// What only looks like a call, and calls that never end.
    #[test]
    fn leaves_the_rest_alone() {
        for rust in [
            "// bpf_program! { int x; }",
            "/* /* */ bpf_program! { int x; } */",
            "let s = \"bpf_program! { int x; }\";",
            "let s = r##\"\"# bpf_program! { int x; }\"##;",
            "use bcc_runtime::bpf_program; fn bpf_program() {}",
            "macro_rules! bpf_program { () => {} }",
            "let c = '\"'; let l: &'a str = x; // bpf_program! { int x; }",
            "bpf_program! { int x;",
            "bpf_program! ;",
            "bpf_program!",
        ] {
            assert_eq!(texts(rust), [], "{rust}");
        }
        assert_eq!(texts("bpf_program! { }"), [row("bpf", 1, "unknown")]);
    }
}
