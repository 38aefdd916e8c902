//! Other names of the kernel's structs.
//!
//! In: the tokens of a text. Out: [`Aliases`], the names that `typedef struct sock sock_t;` gives to
//! structs the text does not define. An access through such a name would be relocated to a kernel
//! type of that name, which the kernel does not have; so the struct is named instead.

use super::Word;
use crate::source::SourceText;
use crate::token::{Keyword, Punct, Token, TokenKind};
use std::collections::{BTreeMap, BTreeSet};

/// Typedefs of structs the text does not define.
#[derive(Debug, Default)]
pub(super) struct Aliases<'s>(BTreeMap<&'s str, [(TokenKind, &'s str); 2]>);

impl<'s> Aliases<'s> {
    pub(super) fn find(tokens: &[Token], source: &'s SourceText) -> Self {
        let text = |token: &Token| source.slice(token.span);
        let is_record = |token: &Token| {
            matches!(
                token.kind,
                TokenKind::Keyword(Keyword::Struct | Keyword::Union)
            )
        };
        let defined: BTreeSet<&str> = tokens
            .windows(3)
            .filter_map(|window| match window {
                [keyword, tag, open] if is_record(keyword) && open.kind.is(Punct::LeftBrace) => {
                    Some(text(tag))
                }
                _ => None,
            })
            .collect();
        let typedefs = tokens.windows(5).filter_map(|window| match window {
            [typedef, keyword, tag, name, end]
                if typedef.kind == TokenKind::Keyword(Keyword::Typedef)
                    && is_record(keyword)
                    && name.kind == TokenKind::Ident
                    && end.kind.is(Punct::Semicolon)
                    && !defined.contains(text(tag)) =>
            {
                let words = [keyword, tag].map(|token| (token.kind, text(token)));
                Some((text(name), words))
            }
            _ => None,
        });
        Self(typedefs.collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The struct that `name` stands for where a type is meant, between these two tokens.
    pub(super) fn words(
        &self,
        name: &str,
        before: TokenKind,
        behind: Option<&Token>,
    ) -> Option<Vec<Word>> {
        let words = self.0.get(name)?;
        let named_behind = behind.is_some_and(|token| {
            matches!(
                token.kind,
                TokenKind::Ident | TokenKind::Keyword(Keyword::Const)
            ) || token.kind.is(Punct::Star)
        });
        let declares = match before {
            TokenKind::Punct(punct) => {
                matches!(punct, Punct::Star | Punct::Dot | Punct::Arrow)
            }
            TokenKind::Keyword(keyword) => keyword.is_type_word() || keyword == Keyword::Struct,
            _ => false,
        };
        let word = |(kind, text): &(TokenKind, &str)| Word {
            kind: *kind,
            text: (*text).to_owned(),
            place: None,
            gap: true,
        };
        (named_behind && !declares).then(|| words.iter().map(word).collect())
    }
}
