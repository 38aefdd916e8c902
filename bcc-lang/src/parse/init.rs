//! Initialisers.
//!
//! In: tokens behind a `=` or from a `{` on. Out: [`Initializer`], [`InitList`].

use super::cursor::Parser;
use crate::ast::{Designator, InitItem, InitList, Initializer};
use crate::token::{Punct, TokenKind};

impl Parser<'_> {
    /// `3` or `{ .a = 1 }`
    pub(super) fn parse_initializer(&mut self) -> Option<Initializer> {
        if self.at(Punct::LeftBrace) {
            return self.parse_init_list().map(Initializer::List);
        }
        self.parse_assign()
            .map(|expr| Initializer::Expr(Box::new(expr)))
    }

    /// `{ .a = 1, [2] = 3, 4 }`
    pub(super) fn parse_init_list(&mut self) -> Option<InitList> {
        let outer = self.enter()?;
        let result = self.parse_init_list_inner();
        self.leave(outer);
        result
    }

    fn parse_init_list_inner(&mut self) -> Option<InitList> {
        let open = self.bump().span;
        let mut items = Vec::new();
        while !self.at(Punct::RightBrace) && !self.at_end() {
            items.push(self.parse_init_item()?);
            if self.eat(Punct::Comma).is_none() {
                break;
            }
        }
        self.expect_closer(Punct::RightBrace, open, "`,` or ")?;
        Some(InitList {
            span: self.span_from(open),
            items,
        })
    }

    fn parse_init_item(&mut self) -> Option<InitItem> {
        let mut designators = Vec::new();
        if self.kind() == TokenKind::Ident && self.peek(1).is(Punct::Colon) {
            // GNU's old form, `x: 1`.
            designators.push(Designator::Member(self.bump_ident()));
            self.bump();
        } else if self.at(Punct::Dot) || self.at(Punct::LeftBracket) {
            self.parse_designators(&mut designators)?;
            let is_index = matches!(
                designators.last(),
                Some(Designator::Index(_) | Designator::Range(..))
            );
            // GNU's old form, `[2] 3`, has no sign.
            if self.eat(Punct::Assign).is_none() && !is_index {
                self.expect(Punct::Assign)?;
            }
        }
        let value = self.parse_initializer()?;
        Some(InitItem { designators, value })
    }

    /// `.a[2].b`
    pub(super) fn parse_designators(&mut self, designators: &mut Vec<Designator>) -> Option<()> {
        loop {
            if self.eat(Punct::Dot).is_some() {
                designators.push(Designator::Member(
                    self.expect_ident("the name of a member")?,
                ));
            } else if self.at(Punct::LeftBracket) {
                designators.push(self.parse_index_designator()?);
            } else {
                return Some(());
            }
        }
    }

    fn parse_index_designator(&mut self) -> Option<Designator> {
        let open = self.bump().span;
        let first = Box::new(self.parse_expr()?);
        let designator = if self.eat(Punct::Ellipsis).is_some() {
            Designator::Range(first, Box::new(self.parse_expr()?))
        } else {
            Designator::Index(first)
        };
        self.expect_closer(Punct::RightBracket, open, "")?;
        Some(designator)
    }
}
