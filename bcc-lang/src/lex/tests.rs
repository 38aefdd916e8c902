//! Tables of texts and their tokens.

use super::{clean, lex, lex_quietly, lex_span};
use crate::diag::Diagnostics;
use crate::source::SourceText;
use crate::span::Span;
use crate::token::{Punct, TokenKind};

/// Text, and its tokens as kind and text, splices taken out.
const CASES: &[(&str, &str)] = &[
    ("int x;", "Keyword(Int) int|Ident x|Punct(Semicolon) ;"),
    ("a$b _c1 é", "Ident a$b|Ident _c1|Ident é"),
    (
        "__inline__ __const",
        "Keyword(Inline) __inline__|Keyword(Const) __const",
    ),
    (
        "1 0x1fULL 1.5e-3f .5 0x1p+3 0b1 1..2",
        "Number 1|Number 0x1fULL|Number 1.5e-3f|Number .5|Number 0x1p+3|Number 0b1|Number 1..2",
    ),
    (
        "'a' L'b' '\\'' '\\\\' 'ab'",
        "Char 'a'|Char L'b'|Char '\\''|Char '\\\\'|Char 'ab'",
    ),
    (
        "\"a\" u8\"b\\\"\" LL\"c\"",
        "String \"a\"|String u8\"b\\\"\"|Ident LL|String \"c\"",
    ),
    (
        "a<<=b>>c->d...e",
        "Ident a|Punct(ShlAssign) <<=|Ident b|Punct(Shr) >>|Ident c|Punct(Arrow) ->|Ident d|Punct(Ellipsis) ...|Ident e",
    ),
    ("a// b\nc/* d\n */e/**/f", "Ident a|Ident c|Ident e|Ident f"),
    (
        "a\\\nb c+\\\r\n+ \"d\\\ne\" f\\  \ng",
        "Ident ab|Ident c|Punct(Increment) ++|String \"de\"|Ident fg",
    ),
    ("/\\\n/ a\nb /\\\n* c *\\\n/ d", "Ident b|Ident d"),
    (
        "#define A \\\n 1 // x\nb",
        "Directive #define A  1 // x|Ident b",
    ),
    (
        "# if A /* x\ny */ B\nc # d",
        "Directive # if A /* x\ny */ B|Ident c|Punct(Hash) #|Ident d",
    ),
    (
        "#error don't /* x\n */\nb",
        "Directive #error don't /* x\n */|Ident b",
    ),
    (
        "a @ \\ b",
        "Ident a|Bad(UnknownCharacter) @|Bad(UnknownCharacter) \\|Ident b",
    ),
    ("\"abc\nd", "Bad(UnterminatedString) \"abc|Ident d"),
    (
        "'abc\r\nd ''",
        "Bad(UnterminatedChar) 'abc|Ident d|Bad(EmptyChar) ''",
    ),
    ("a /* b", "Ident a|Bad(UnterminatedComment) /*"),
    ("\"\\", "Bad(UnterminatedString) \"\\"),
    ("", ""),
];

#[test]
fn cases() {
    for (text, expected) in CASES {
        let source = SourceText::new("test.c", *text);
        let tokens: Vec<String> = lex_quietly(&source)
            .iter()
            .map(|token| format!("{:?} {}", token.kind, clean(source.slice(token.span))))
            .collect();
        assert_eq!(tokens.join("|"), *expected, "for {text:?}");
    }
}

/// A `#` begins a preprocessor line at the start of a line only, and never in part of one.
#[test]
fn parts_have_no_directives() {
    let source = SourceText::new("test.c", "#a ## b");
    let kinds: Vec<TokenKind> = lex_span(&source, Span::new(0, 7))
        .iter()
        .map(|token| token.kind)
        .collect();
    let (hash, paste) = (
        TokenKind::Punct(Punct::Hash),
        TokenKind::Punct(Punct::HashHash),
    );
    assert_eq!(kinds, [hash, TokenKind::Ident, paste, TokenKind::Ident]);
    assert!(lex_span(&source, Span::new(9, 20)).is_empty());
}

/// Bad text is reported once, where it stands.
#[test]
fn bad_text_is_reported() {
    let source = SourceText::new("test.c", "int x = @;\nchar *y = \"a;");
    let mut diagnostics = Diagnostics::new();
    let _tokens = lex(&source, &mut diagnostics);
    let found: Vec<_> = diagnostics
        .into_sorted()
        .iter()
        .map(|one| source.slice(one.span).to_owned())
        .collect();
    assert_eq!(found, ["@", "\"a;"]);
}
