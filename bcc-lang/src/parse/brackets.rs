//! Which bracket closes which.
//!
//! In: the tokens. Out: for each opening bracket the index of its closing one. Text with a bracket
//! missing still gets a useful answer: braces are trusted more than parentheses, and a parenthesis
//! does not reach over a `;` unless it is that of a statement or may be that of a macro.

use crate::token::{Keyword, Punct, Token, TokenKind};

/// For each token, the index of the bracket that closes it, if it is a bracket that is closed.
pub(super) fn match_brackets(tokens: &[Token]) -> Vec<Option<usize>> {
    let mut closers = vec![None; tokens.len()];
    let mut open: Vec<Open> = Vec::new();
    let mut previous = TokenKind::End;
    for (index, token) in tokens.iter().enumerate() {
        if let Some(punct) = token.kind.punct() {
            if let Some(closer) = punct.closer() {
                let may_hold_semicolons = closer == Punct::RightBrace
                    || matches!(
                        previous,
                        TokenKind::Ident
                            | TokenKind::Keyword(
                                Keyword::For | Keyword::If | Keyword::While | Keyword::Switch
                            )
                    );
                open.push(Open {
                    index,
                    closer,
                    may_hold_semicolons,
                });
            } else if punct == Punct::Semicolon {
                while open.pop_if(|top| !top.may_hold_semicolons).is_some() {}
            } else if punct.is_closer()
                && let Some(start) = close(&mut open, punct)
                && let Some(slot) = closers.get_mut(start)
            {
                *slot = Some(index);
            }
        }
        previous = token.kind;
    }
    closers
}

struct Open {
    index: usize,
    closer: Punct,
    may_hold_semicolons: bool,
}

/// Takes the bracket that `punct` closes, and those inside it that were left open.
fn close(open: &mut Vec<Open>, punct: Punct) -> Option<usize> {
    if punct == Punct::RightBrace {
        while open.pop_if(|top| top.closer != Punct::RightBrace).is_some() {}
    } else if open
        .last()
        .is_some_and(|top| top.closer == Punct::RightBrace)
    {
        return None;
    }
    // `(a[1)`: the parenthesis closes over the bracket.
    if punct == Punct::RightParen
        && open
            .iter()
            .rev()
            .nth(1)
            .is_some_and(|below| below.closer == punct)
    {
        open.pop_if(|top| top.closer == Punct::RightBracket);
    }
    open.pop_if(|top| top.closer == punct).map(|top| top.index)
}
