//! Rust tokens as a flat list.
//!
//! In: the macro's token trees. Out: [`Leaf`]s in the order of the text. Comments that Rust turned
//! into `#[doc]` attributes are gone again, and groups that only a `macro_rules!` wrapper sees are
//! opened.

use proc_macro2::{Delimiter, Group, LineColumn, Spacing, Span, TokenStream, TokenTree};

/// One word, number, literal, punctuation character or bracket.
#[derive(Clone, Debug)]
pub(crate) struct Leaf {
    /// The token as it stands in the file.
    pub(crate) text: String,
    /// Where the compiler should point.
    pub(crate) span: Span,
    /// Where it belongs in the block: for the value of a `macro_rules!` variable, the variable.
    pub(crate) start: LineColumn,
    /// Where it ends, in the same sense.
    pub(crate) end: LineColumn,
    /// Whether the next token follows without a space for sure.
    pub(crate) joint: bool,
}

impl Leaf {
    fn new(text: String, span: Span) -> Self {
        Self {
            text,
            span,
            start: span.start(),
            end: span.end(),
            joint: false,
        }
    }
}

/// The leaves of `trees`.
pub(crate) fn flatten(trees: &[TokenTree]) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    push_trees(trees, &mut leaves);
    leaves
}

fn push_trees(trees: &[TokenTree], leaves: &mut Vec<Leaf>) {
    let mut rest = trees;
    while let [tree, after @ ..] = rest {
        let comment = doc_comment_len(rest);
        if comment > 0 {
            rest = &rest[comment..];
            continue;
        }
        push_tree(tree, leaves);
        rest = after;
    }
}

fn push_tree(tree: &TokenTree, leaves: &mut Vec<Leaf>) {
    match tree {
        TokenTree::Group(group) => push_group(group, leaves),
        TokenTree::Ident(ident) => leaves.push(Leaf::new(ident.to_string(), ident.span())),
        TokenTree::Literal(literal) => leaves.push(Leaf::new(literal.to_string(), literal.span())),
        TokenTree::Punct(punct) => leaves.push(Leaf {
            joint: punct.spacing() == Spacing::Joint,
            ..Leaf::new(punct.as_char().to_string(), punct.span())
        }),
    }
}

fn push_group(group: &Group, leaves: &mut Vec<Leaf>) {
    let (open, close) = match group.delimiter() {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => return push_invisible(group, leaves),
    };
    leaves.push(Leaf::new(open.to_owned(), group.span_open()));
    push_trees(&trees(group.stream()), leaves);
    leaves.push(Leaf::new(close.to_owned(), group.span_close()));
}

/// The value of a `macro_rules!` variable stands, as far as lines go, where the variable stands.
fn push_invisible(group: &Group, leaves: &mut Vec<Leaf>) {
    let first = leaves.len();
    push_trees(&trees(group.stream()), leaves);
    for leaf in &mut leaves[first..] {
        leaf.start = group.span().start();
        leaf.end = group.span().end();
    }
}

/// The trees of a stream, as a list that can be matched on.
pub(crate) fn trees(stream: TokenStream) -> Vec<TokenTree> {
    stream.into_iter().collect()
}

/// How many trees at the start of `trees` are a comment: `# [doc = ".."]` or `# ! [doc = ".."]`.
pub(crate) fn doc_comment_len(trees: &[TokenTree]) -> usize {
    match trees {
        [TokenTree::Punct(hash), TokenTree::Group(group), ..]
            if hash.as_char() == '#' && is_doc(group) =>
        {
            2
        }
        [
            TokenTree::Punct(hash),
            TokenTree::Punct(bang),
            TokenTree::Group(group),
            ..,
        ] if hash.as_char() == '#' && bang.as_char() == '!' && is_doc(group) => 3,
        _ => 0,
    }
}

fn is_doc(group: &Group) -> bool {
    group.delimiter() == Delimiter::Bracket
        && matches!(group.stream().into_iter().next(), Some(TokenTree::Ident(word)) if word == "doc")
}
