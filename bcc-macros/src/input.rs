//! What stands in the macro call.
//!
//! In: the macro's tokens. Out: [`Input`]: the module to generate, and the C text in any of its
//! three forms, with the way back from the text to the compiler's places.

use crate::attributes::Attributes;
use crate::block::{self, LinesUnknown};
use crate::leaf::{Leaf, doc_comment_len, flatten, trees};
use crate::span_map::SpanMap;
use bcc_lang::source::{Position, SourceText};
use proc_macro2::{Delimiter, Ident, Literal, Span, TokenStream, TokenTree};
use std::path::{Path, PathBuf};
use syn::{Error, Lit, Result};

/// The macro's input.
pub(crate) struct Input {
    /// The module to generate.
    pub(crate) header: Header,
    /// The C text, or why there is none.
    pub(crate) text: Result<Text>,
}

/// `#[attributes] pub mod name;`
pub(crate) struct Header {
    /// Attributes, for the module and for the text.
    pub(crate) attributes: Attributes,
    /// Visibility of the module.
    pub(crate) visibility: TokenStream,
    /// Name of the module.
    pub(crate) name: Ident,
}

/// The C text.
pub(crate) struct Text {
    /// The text and where it stands.
    pub(crate) source: SourceText,
    /// The compiler's places for those in the text.
    pub(crate) spans: SpanMap,
    /// How the text was given.
    pub(crate) form: Form,
    /// Whether messages about the text can be relied on.
    pub(crate) faithful: bool,
}

/// How the C text was given.
pub(crate) enum Form {
    /// As the block itself.
    Block,
    /// As a string literal.
    Literal,
    /// As the named file; the compiler has to watch it.
    File(Literal),
}

/// Takes the macro's input apart.
pub(crate) fn read(input: TokenStream) -> Result<Input> {
    let trees = trees(input);
    let (header, len) = read_header(&trees)?;
    let text = len.and_then(|len| {
        let (header, body) = trees.split_at(len);
        read_text(header, body)
    });
    Ok(Input { header, text })
}

/// Reads `#[attributes] pub mod name;` and says how many trees it takes, or why that is not to be
/// told. Without it the module is called `bpf`.
fn read_header(trees: &[TokenTree]) -> Result<(Header, Result<usize>)> {
    let attributes_len = attributes_len(trees);
    let visibility_len = visibility_len(&trees[attributes_len..]);
    let keyword_at = attributes_len + visibility_len;
    if !is_word(trees.get(keyword_at), "mod") {
        return header_left_out(trees).map(|header| (header, Ok(0)));
    }
    let Some(TokenTree::Ident(name)) = trees.get(keyword_at + 1) else {
        return Err(Error::new(
            trees[keyword_at].span(),
            "`mod` needs a name: `mod opens;`",
        ));
    };
    let len = if is_punct(trees.get(keyword_at + 2), ';') {
        Ok(keyword_at + 3)
    } else {
        let message = format!("a `;` is missing behind `mod {name}`; the C text follows it");
        Err(Error::new(name.span(), message))
    };
    let header = Header {
        attributes: Attributes::read(&trees[..attributes_len]),
        visibility: trees[attributes_len..keyword_at].iter().cloned().collect(),
        name: name.clone(),
    };
    Ok((header, len))
}

/// The header of a block that has none. Attributes would have nothing to stand on.
fn header_left_out(trees: &[TokenTree]) -> Result<Header> {
    let mut rest = trees;
    while doc_comment_len(rest) > 0 {
        rest = &rest[doc_comment_len(rest)..];
    }
    if attributes_len(rest) > 0 {
        let message = "attributes belong to the line `mod NAME;`, which is missing here";
        return Err(Error::new(rest[0].span(), message));
    }
    let name = Ident::new("bpf", Span::call_site());
    Ok(Header {
        attributes: Attributes::none(),
        visibility: TokenStream::new(),
        name,
    })
}

/// How many trees at the start are outer attributes or comments.
fn attributes_len(trees: &[TokenTree]) -> usize {
    let is_bracket = |tree: Option<&TokenTree>| matches!(tree, Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Bracket);
    let mut len = 0;
    while is_punct(trees.get(len), '#') && is_bracket(trees.get(len + 1)) {
        len += 2;
    }
    len
}

/// How many trees at the start are a visibility: `pub`, `pub(..)` or a `$vis:vis` variable.
fn visibility_len(trees: &[TokenTree]) -> usize {
    let is_group = |tree: Option<&TokenTree>, delimiter| matches!(tree, Some(TokenTree::Group(group)) if group.delimiter() == delimiter);
    let restricted = is_group(trees.get(1), Delimiter::Parenthesis);
    if is_group(trees.first(), Delimiter::None) {
        usize::from(is_word(trees.get(1), "mod"))
    } else if is_word(trees.first(), "pub") {
        if restricted { 2 } else { 1 }
    } else {
        0
    }
}

fn is_word(tree: Option<&TokenTree>, word: &str) -> bool {
    matches!(tree, Some(TokenTree::Ident(ident)) if ident == word)
}

fn is_punct(tree: Option<&TokenTree>, punct: char) -> bool {
    matches!(tree, Some(TokenTree::Punct(found)) if found.as_char() == punct)
}

/// Reads the C text in whatever form it comes.
fn read_text(header: &[TokenTree], body: &[TokenTree]) -> Result<Text> {
    match body {
        [TokenTree::Group(group)] if group.delimiter() == Delimiter::None => {
            read_text(header, &trees(group.stream()))
        }
        [TokenTree::Literal(literal), rest @ ..] if is_string(literal) => {
            expect_end(rest)?;
            Ok(read_literal(literal))
        }
        [
            TokenTree::Ident(word),
            TokenTree::Punct(bang),
            TokenTree::Group(path),
            rest @ ..,
        ] if word == "include_str" && bang.as_char() == '!' => {
            expect_end(rest)?;
            read_include(&trees(path.stream()), word.span())
        }
        _ => read_block(header, body),
    }
}

/// Nothing but a `;` may stand behind a literal or a file.
fn expect_end(rest: &[TokenTree]) -> Result<()> {
    let rest = if is_punct(rest.first(), ';') {
        &rest[1..]
    } else {
        rest
    };
    let message = "nothing may follow the literal or the file that holds the C text";
    rest.first()
        .map_or(Ok(()), |more| Err(Error::new(more.span(), message)))
}

/// Whether a literal is a plain or a raw string.
fn is_string(literal: &Literal) -> bool {
    let text = literal.to_string();
    text.starts_with('"') || text.starts_with("r\"") || text.starts_with("r#")
}

/// What a string literal says.
fn string_value(literal: &Literal) -> String {
    match Lit::new(literal.clone()) {
        Lit::Str(text) => text.value(),
        _ => String::new(),
    }
}

fn read_block(header: &[TokenTree], body: &[TokenTree]) -> Result<Text> {
    let (header, body) = (flatten(header), flatten(body));
    let block = block::read_block(&header, &body).map_err(|LinesUnknown| {
        let message = "the lines of this block cannot be told here, and `#` directives end at a \
                       line end; give the C text as a string literal";
        Error::new(Span::call_site(), message)
    })?;
    let file = body
        .first()
        .map_or_else(Span::call_site, |leaf| leaf.span)
        .file();
    let spans = body.iter().map(|leaf: &Leaf| leaf.span);
    Ok(Text {
        source: SourceText::with_origin(file, block.text, block.origin),
        spans: SpanMap::new(
            block.places.into_iter().zip(spans).collect(),
            Span::call_site(),
        ),
        form: Form::Block,
        faithful: block.faithful,
    })
}

fn read_literal(literal: &Literal) -> Text {
    let span = literal.span();
    Text {
        source: literal_source(&literal.to_string(), string_value(literal), span),
        spans: SpanMap::single(span),
        form: Form::Literal,
        faithful: true,
    }
}

/// The text of a literal under the name and lines of the Rust file, if its lines are those of the
/// file; else under a name of its own with lines from 1.
fn literal_source(literal: &str, text: String, span: Span) -> SourceText {
    let Position { line, column } = block::position(span.start());
    let open = literal.find('"').map_or(0, |quote| quote + 1);
    if literal.matches('\n').count() == text.matches('\n').count() {
        let column = column.saturating_add(u32::try_from(open).unwrap_or(0));
        SourceText::with_origin(span.file(), text, Position { line, column })
    } else {
        SourceText::new(format!("<{}:{line}>", span.file()), text)
    }
}

/// Reads the file named in `include_str!("path")`.
fn read_include(argument: &[TokenTree], word: Span) -> Result<Text> {
    let path = match argument {
        [TokenTree::Group(group)] if group.delimiter() == Delimiter::None => {
            return read_include(&trees(group.stream()), word);
        }
        [TokenTree::Literal(path)] if is_string(path) => path,
        _ => {
            return Err(Error::new(
                word,
                "`include_str!` takes one string literal here",
            ));
        }
    };
    let span = path.span();
    let relative = string_value(path);
    // The compiler always names the file; a host that does not cannot be asked to find another.
    let faithful = !span.file().is_empty();
    let text = match std::fs::read_to_string(beside(span.local_file().as_deref(), &relative)) {
        Ok(text) => text,
        Err(_) if !faithful => String::new(),
        Err(error) => {
            return Err(Error::new(
                span,
                format!("cannot read `{relative}`: {error}"),
            ));
        }
    };
    let shown = beside(Some(Path::new(&span.file())), &relative);
    Ok(Text {
        source: SourceText::new(shown.to_string_lossy(), text),
        spans: SpanMap::single(span),
        form: Form::File(path.clone()),
        faithful,
    })
}

/// `relative` as seen from the folder of `file`, as Rust resolves it.
fn beside(file: Option<&Path>, relative: &str) -> PathBuf {
    file.and_then(Path::parent)
        .unwrap_or(Path::new(""))
        .join(relative)
}
