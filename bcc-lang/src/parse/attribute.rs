//! Attributes.
//!
//! In: tokens such as `__attribute__((packed))` or `SEC("xdp")`. Out: [`Attribute`].

use super::cursor::Parser;
use crate::ast::Attribute;
use crate::token::{Punct, TokenKind};

impl Parser<'_> {
    /// `__attribute__((a, b(1)))`
    pub(super) fn parse_attributes(&mut self, attributes: &mut Vec<Attribute>) -> Option<()> {
        self.bump();
        let outer = self.expect(Punct::LeftParen)?;
        if !self.at(Punct::LeftParen) {
            // `__attribute__(ATTRS)`: a macro holds the inner parentheses.
            while !self.at_end() && !self.at(Punct::RightParen) && !self.at(Punct::Semicolon) {
                self.bump();
            }
            self.expect_closer(Punct::RightParen, outer, "")?;
            return Some(());
        }
        let inner = self.bump().span;
        while !self.at(Punct::RightParen) {
            if self.eat(Punct::Comma).is_some() {
                continue;
            }
            if !matches!(self.kind(), TokenKind::Ident | TokenKind::Keyword(_)) {
                self.error_here(format!("expected an attribute, found {}", self.found()));
                return None;
            }
            attributes.push(self.parse_named_attribute()?);
        }
        self.expect_closer(Punct::RightParen, inner, "")?;
        self.expect_closer(Punct::RightParen, outer, "")?;
        Some(())
    }

    /// `packed`, `aligned(8)`, `SEC("xdp")`, `_Alignas(int)`
    pub(super) fn parse_named_attribute(&mut self) -> Option<Attribute> {
        let mut name = self.bump_ident();
        let start = name.span;
        if !name.name.starts_with("_A") {
            name.name = bare(&name.name).to_owned();
        }
        let args = if self.at(Punct::LeftParen) {
            Some(self.parse_macro_args()?)
        } else {
            None
        };
        Some(Attribute {
            span: self.span_from(start),
            name,
            args,
        })
    }
}

/// The name without the underscores around it.
fn bare(name: &str) -> &str {
    let trimmed = name.trim_matches('_');
    if trimmed.is_empty() || !name.starts_with("__") {
        name
    } else {
        trimmed
    }
}
