//! What a use of a macro may do to the function around it.
//!
//! In: the definitions of the text. Out: the names a use brings with it, and whether it may decide
//! where the program goes on.

use crate::ast::{DirectiveKind, Unit};
use crate::lex::lex_span;
use crate::source::SourceText;
use crate::token::{Keyword, Punct, TokenKind};
use std::collections::{BTreeSet, HashMap};

/// All definitions of one macro.
#[derive(Debug, Default)]
struct Body {
    names: BTreeSet<String>,
    moves: bool,
}

/// The macros of a text.
#[derive(Debug, Default)]
pub(super) struct MacroUses(HashMap<String, Body>);

impl MacroUses {
    pub(super) fn read(unit: &Unit, source: &SourceText) -> Self {
        let mut uses = Self::default();
        for directive in &unit.directives {
            let DirectiveKind::Define(define) = &directive.kind else {
                continue;
            };
            let body = uses.0.entry(define.name.name.clone()).or_default();
            for token in lex_span(source, define.body) {
                match token.kind {
                    TokenKind::Ident => {
                        body.names.insert(source.slice(token.span).to_owned());
                    }
                    kind => body.moves |= moves(kind),
                }
            }
        }
        uses
    }

    /// Whether the text defines it.
    pub(super) fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The names a use brings, by way of other macros too, and whether it may hold statements.
    pub(super) fn reached<'s>(&'s self, name: &'s str) -> (BTreeSet<&'s str>, bool) {
        let mut reached = BTreeSet::new();
        let mut moves = false;
        let mut open = vec![name];
        while let Some(body) = open.pop().map(|name| self.0.get(name)) {
            let Some(body) = body else { continue };
            moves |= body.moves;
            let names = body.names.iter().map(String::as_str);
            open.extend(names.filter(|name| reached.insert(*name)));
        }
        (reached, moves)
    }
}

/// Whether a token makes more of a macro than an expression.
fn moves(kind: TokenKind) -> bool {
    match kind {
        TokenKind::Keyword(keyword) => matches!(
            keyword,
            Keyword::Return
                | Keyword::Goto
                | Keyword::Break
                | Keyword::Continue
                | Keyword::If
                | Keyword::Else
                | Keyword::For
                | Keyword::While
                | Keyword::Do
                | Keyword::Switch
                | Keyword::Case
                | Keyword::Default
                | Keyword::Asm
        ),
        TokenKind::Punct(punct) => {
            matches!(
                punct,
                Punct::LeftBrace | Punct::RightBrace | Punct::Semicolon | Punct::HashHash
            )
        }
        _ => false,
    }
}
