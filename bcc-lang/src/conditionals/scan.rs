//! Where statements, items, members and enum constants begin and end.
//!
//! In: tokens one by one. Out: a [`Scan`], cheap to copy, that knows the open brackets and whether
//! something whole may begin or end here. Alternatives of an `#if` group each start from a copy.

use crate::lex;
use crate::source::SourceText;
use crate::token::{Keyword, Punct, Token, TokenKind};

/// Where in a statement, item or member a token stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// At the start of one.
    Start,
    /// Behind a single word at the start; `whole` if the word may be a macro that is all of it.
    Word { whole: bool },
    /// Behind a single word and its parentheses.
    Use { whole: bool },
    /// Behind `case` or `default`, before the `:`.
    Label,
    /// Inside.
    Inside,
}

/// What an open bracket holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Context {
    /// No bracket is open.
    File,
    /// Statements or members.
    Block,
    /// Enum constants.
    Enum,
    /// Initialisers.
    Init,
    /// Anything in `()` or `[]`.
    Paren,
}

/// An open bracket. They form a tree, so that each alternative can start from the same point.
#[derive(Clone, Copy, Debug)]
struct Node {
    parent: usize,
    /// This bracket or the nearest one around it that is a brace; 0 if there is none.
    brace: usize,
    context: Context,
    /// The scan before the bracket.
    place: Place,
    assigned: bool,
}

/// How far the scan has come; small, since each alternative starts from a copy.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scan {
    pub(super) node: usize,
    pub(super) place: Place,
    last: Option<TokenKind>,
    /// An `enum` whose brace may follow.
    in_enum: bool,
    /// A `=` or `return` stands before, so a brace opens values, not statements.
    assigned: bool,
}

/// Reads tokens and keeps the tree of brackets.
pub(super) struct Scanner<'s> {
    source: &'s SourceText,
    nodes: Vec<Node>,
    /// How far it has come; to be saved and restored by whoever reads alternatives.
    pub(super) scan: Scan,
}

impl<'s> Scanner<'s> {
    pub(super) fn new(source: &'s SourceText) -> Self {
        let root = Node {
            parent: 0,
            brace: 0,
            context: Context::File,
            place: Place::Start,
            assigned: false,
        };
        let scan = Scan {
            node: 0,
            place: Place::Start,
            last: None,
            in_enum: false,
            assigned: false,
        };
        Self {
            source,
            nodes: vec![root],
            scan,
        }
    }

    pub(super) fn context(&self, node: usize) -> Context {
        self.nodes
            .get(node)
            .map_or(Context::File, |node| node.context)
    }

    /// Whether a statement, an item or a member may end here.
    pub(super) fn may_end(&self, scan: Scan) -> bool {
        let inside = matches!(self.context(scan.node), Context::Init | Context::Paren);
        !inside
            && matches!(
                scan.place,
                Place::Start | Place::Word { whole: true } | Place::Use { whole: true }
            )
    }

    /// Moves the scan over one token.
    pub(super) fn step(&mut self, token: Token) {
        let before = self.scan;
        let punct = token.kind.punct();
        let mut closed = None;
        if punct.is_some_and(|punct| punct.closer().is_some()) {
            self.push(token.kind);
        } else if let Some(closer) = punct.filter(|punct| punct.is_closer()) {
            closed = self.pop(closer);
        }
        self.scan.place = self.place_after(token, before, closed);
        self.scan.last = Some(token.kind);
        let keyword = token.kind.keyword();
        if keyword == Some(Keyword::Enum) {
            self.scan.in_enum = true;
        } else if punct.is_some() {
            self.scan.in_enum = false;
        }
        if self.scan.place == Place::Start {
            self.scan.assigned = false;
        } else if token.kind.is(Punct::Assign) || keyword == Some(Keyword::Return) {
            self.scan.assigned = true;
        }
    }

    fn push(&mut self, opener: TokenKind) {
        let is_brace = opener.is(Punct::LeftBrace);
        let context = if is_brace {
            self.brace_context()
        } else {
            Context::Paren
        };
        let Scan {
            node,
            place,
            assigned,
            ..
        } = self.scan;
        let new = self.nodes.len();
        let brace = if is_brace {
            new
        } else {
            self.nodes.get(node).map_or(0, |node| node.brace)
        };
        self.nodes.push(Node {
            parent: node,
            brace,
            context,
            place,
            assigned,
        });
        self.scan.node = new;
        self.scan.assigned = false;
    }

    fn brace_context(&self) -> Context {
        let outer = self.context(self.scan.node);
        let after_paren = self.scan.last.is_some_and(|kind| kind.is(Punct::LeftParen));
        if self.scan.in_enum {
            Context::Enum
        } else if outer == Context::Init
            || self.scan.assigned
            || (outer == Context::Paren && !after_paren)
        {
            Context::Init
        } else {
            Context::Block
        }
    }

    /// Closes the innermost bracket of that kind; parentheses left open end at a brace.
    fn pop(&mut self, closer: Punct) -> Option<Node> {
        let innermost = self.nodes.get(self.scan.node)?;
        let index = if closer == Punct::RightBrace {
            innermost.brace
        } else {
            self.scan.node
        };
        let node = *self.nodes.get(index).filter(|_| index != 0)?;
        if closer != Punct::RightBrace && node.context != Context::Paren {
            return None;
        }
        self.scan.node = node.parent;
        self.scan.assigned = node.assigned;
        Some(node)
    }

    fn place_after(&self, token: Token, before: Scan, closed: Option<Node>) -> Place {
        let context = self.context(self.scan.node);
        let holds_statements = matches!(context, Context::File | Context::Block);
        if let Some(punct) = token.kind.punct() {
            let closed_values = closed.is_some_and(|node| node.context == Context::Init);
            return match punct {
                Punct::Semicolon | Punct::LeftBrace | Punct::RightBrace
                    if holds_statements && !closed_values =>
                {
                    Place::Start
                }
                Punct::LeftBrace | Punct::Comma if context == Context::Enum => Place::Start,
                Punct::Colon
                    if matches!(before.place, Place::Label | Place::Word { .. })
                        && holds_statements =>
                {
                    Place::Start
                }
                Punct::RightParen => match closed.map(|node| node.place) {
                    Some(Place::Word { whole }) => Place::Use { whole },
                    Some(_) | None => Place::Inside,
                },
                _ => Place::Inside,
            };
        }
        let ended = token.first_on_line && self.may_end(before);
        if before.place != Place::Start && !ended {
            return if before.place == Place::Label {
                Place::Label
            } else {
                Place::Inside
            };
        }
        match token.kind {
            TokenKind::Ident => {
                let whole = context == Context::File
                    || is_macro_name(&lex::clean(self.source.slice(token.span)));
                Place::Word { whole }
            }
            TokenKind::Keyword(Keyword::Case | Keyword::Default) => Place::Label,
            _ => Place::Inside,
        }
    }
}

/// Whether a name is written the way macros are: `FILTER`, `BPF_HASH2`.
pub(crate) fn is_macro_name(name: &str) -> bool {
    name.len() > 1
        && name.chars().any(|c| c.is_ascii_uppercase())
        && !name.chars().any(|c| c.is_ascii_lowercase())
}
