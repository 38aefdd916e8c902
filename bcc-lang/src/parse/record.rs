//! Structs, unions and enums.
//!
//! In: tokens from `struct`, `union` or `enum` on. Out: [`Record`], [`EnumSpec`].

use super::cursor::Parser;
use super::declarator::{Naming, function_params};
use super::names::NameKind;
use crate::ast::{
    Attribute, EnumItem, EnumSpec, Field, FieldDeclarator, MacroUse, MemberItem, Opaque, Record,
    RecordKind, TypeSpec, Variant,
};
use crate::conditionals::is_macro_name;
use crate::span::Span;
use crate::token::{Keyword, Punct, TokenKind};

impl Parser<'_> {
    /// `struct tag { ... } __attribute__((packed))`
    pub(super) fn parse_record(&mut self) -> Option<Record> {
        let outer = self.enter()?;
        let result = self.parse_record_inner();
        self.leave(outer);
        result
    }

    fn parse_record_inner(&mut self) -> Option<Record> {
        let kind = if self.at_keyword(Keyword::Union) {
            RecordKind::Union
        } else {
            RecordKind::Struct
        };
        let start = self.bump().span;
        let mut attributes = Vec::new();
        self.parse_tag_attributes(&mut attributes)?;
        let tag = self.eat_ident();
        let members = if self.at(Punct::LeftBrace) {
            Some(self.parse_members()?)
        } else {
            None
        };
        if tag.is_none() && members.is_none() {
            self.error_here(format!("expected a name or `{{`, found {}", self.found()));
            return None;
        }
        let span = self.span_from(start);
        if members.is_some() {
            self.parse_attributes_behind_brace(&mut attributes)?;
        }
        Some(Record {
            span,
            kind,
            tag,
            members,
            attributes,
        })
    }

    /// Attributes between `struct` and its tag.
    fn parse_tag_attributes(&mut self, attributes: &mut Vec<Attribute>) -> Option<()> {
        loop {
            if self.at_keyword(Keyword::Attribute) {
                self.parse_attributes(attributes)?;
            } else if self.at_keyword(Keyword::Alignas) || self.at_tag_attribute() {
                attributes.push(self.parse_named_attribute()?);
            } else {
                return Some(());
            }
        }
    }

    /// Whether the name here decorates the tag behind it: `struct __packed a {`.
    fn at_tag_attribute(&self) -> bool {
        let at = self.pos();
        if self.kind() != TokenKind::Ident || !self.is_attribute_like(at) {
            return false;
        }
        let known = matches!(self.name_kind_at(at), NameKind::Word | NameKind::Attribute);
        let tag = self.call_end(at + 1).map_or(at, |close| close) + 1;
        self.kind_at(tag) == TokenKind::Ident
            && (known || self.kind_at(tag + 1).is(Punct::LeftBrace))
    }

    fn parse_attributes_behind_brace(&mut self, attributes: &mut Vec<Attribute>) -> Option<()> {
        loop {
            let kind = if self.kind() == TokenKind::Ident {
                self.name_kind_at(self.pos())
            } else {
                NameKind::Unknown
            };
            if self.at_keyword(Keyword::Attribute) {
                self.parse_attributes(attributes)?;
            } else if kind == NameKind::Word
                || (kind == NameKind::Attribute && self.call_end(self.pos() + 1).is_some())
                || (kind == NameKind::Unknown && self.is_shouted_word())
            {
                attributes.push(self.parse_named_attribute()?);
            } else {
                return Some(());
            }
        }
    }

    /// Whether a name such as `__API_ALIGN` stands here, which is hardly that of a variable.
    fn is_shouted_word(&self) -> bool {
        let name = if self.kind() == TokenKind::Ident {
            self.text_at(self.pos())
        } else {
            "".into()
        };
        name.starts_with("__") && is_macro_name(&name) && self.peek(1).is(Punct::Semicolon)
    }

    fn parse_members(&mut self) -> Option<Vec<MemberItem>> {
        let open = self.bump().span;
        let mut members = Vec::new();
        loop {
            members.extend(
                self.directives_here()
                    .into_iter()
                    .map(MemberItem::Directive),
            );
            if self.leaving || self.at_end() || self.at(Punct::RightBrace) {
                break;
            }
            let before = self.pos();
            let member = self
                .parse_member(open)
                .unwrap_or_else(|| MemberItem::Opaque(self.recover_statement(before)));
            if self.pos() == before && !self.leaving {
                self.bump();
            }
            members.push(member);
            self.forget_bad();
        }
        self.close_members(open)?;
        Some(members)
    }

    /// Takes the brace that closes a struct, union or enum.
    fn close_members(&mut self, open: Span) -> Option<()> {
        if self.eat(Punct::RightBrace).is_some() {
            return Some(());
        }
        if !self.leaving {
            self.report_unclosed(open, None);
        }
        None
    }

    fn parse_member(&mut self, open: Span) -> Option<MemberItem> {
        let start = self.span();
        if self.eat(Punct::Semicolon).is_some() {
            return Some(MemberItem::Opaque(Opaque { span: start }));
        }
        if self.at_keyword(Keyword::StaticAssert) {
            return Some(MemberItem::Opaque(self.parse_opaque_statement("assertion")));
        }
        if self.kind() == TokenKind::Ident && self.at_member_macro() {
            return self.parse_member_macro().map(MemberItem::Macro);
        }
        self.parse_field(open).map(MemberItem::Field)
    }

    /// `FIELDS(a, b);`, `FIELDS(a, b)` or `FIELDS` on a line of its own.
    fn at_member_macro(&self) -> bool {
        let at = self.pos();
        if let Some(close) = self.call_end(at + 1) {
            let next = self.kind_at(close + 1);
            let is_type = self.name_kind_at(at) == NameKind::Type || next.is(Punct::LeftParen);
            let goes_on = !self.starts_line(close + 1) && self.continues_specifiers(close + 1);
            return !is_type && !goes_on && self.name_kind_at(at) != NameKind::Attribute;
        }
        let next = self.kind_at(at + 1);
        let ends =
            next.is(Punct::RightBrace) || next.is(Punct::Semicolon) || self.starts_line(at + 1);
        let kind = self.name_kind_at(at);
        // Nobody breaks the line between the type of a member and its name.
        let alone = kind == NameKind::Unknown
            && self.starts_line(at + 1)
            && matches!(next, TokenKind::Ident | TokenKind::Keyword(_));
        ends && kind != NameKind::Type && (alone || self.names.may_be_statement(&self.text_at(at)))
    }

    fn parse_member_macro(&mut self) -> Option<MacroUse> {
        let name = self.bump_ident();
        let args = if self.at(Punct::LeftParen) {
            Some(self.parse_macro_args()?)
        } else {
            None
        };
        let semicolon = self.eat(Punct::Semicolon).is_some();
        Some(MacroUse {
            span: self.span_from(name.span),
            name,
            args,
            semicolon,
        })
    }

    fn parse_field(&mut self, open: Span) -> Option<Field> {
        let start = self.span();
        let first = self.pos();
        let mark = self.mark();
        let specifiers = self.parse_specifiers(true)?;
        if self.pos() == first {
            self.error_here(format!("expected a member, found {}", self.found()));
            return None;
        }
        let mut declarators = Vec::new();
        let is_record = matches!(specifiers.ty, TypeSpec::Record(_) | TypeSpec::Enum(_));
        let lacks_name =
            self.at_end() || self.at(Punct::RightBrace) || self.starts_line(self.pos());
        let is_unnamed = is_record && lacks_name && self.kind() != TokenKind::Ident;
        if !self.at(Punct::Semicolon) && !is_unnamed {
            loop {
                declarators.push(self.parse_field_declarator()?);
                if self.eat(Punct::Comma).is_none() {
                    break;
                }
            }
        }
        if let Some(found) = declarators.last().filter(|_| self.at(Punct::LeftBrace))
            && function_params(&found.declarator).is_some()
        {
            let found = found.declarator.span;
            self.go_back(&mark);
            self.report_unclosed(open, Some(found));
            return None;
        }
        self.expect_semicolon(first, "member");
        Some(Field {
            span: self.span_from(start),
            specifiers,
            declarators,
        })
    }

    fn parse_field_declarator(&mut self) -> Option<FieldDeclarator> {
        let naming = if self.at(Punct::Colon) {
            Naming::Never
        } else {
            Naming::Always
        };
        let mut declarator = self.parse_declarator(naming)?;
        let bits = if self.eat(Punct::Colon).is_some() {
            Some(Box::new(self.parse_conditional()?))
        } else {
            None
        };
        self.parse_trailing(&mut declarator.attributes)?;
        Some(FieldDeclarator { declarator, bits })
    }

    /// `enum tag { A, B = 3 }`
    pub(super) fn parse_enum(&mut self) -> Option<EnumSpec> {
        let outer = self.enter()?;
        let result = self.parse_enum_inner();
        self.leave(outer);
        result
    }

    fn parse_enum_inner(&mut self) -> Option<EnumSpec> {
        let start = self.bump().span;
        let mut attributes = Vec::new();
        self.parse_tag_attributes(&mut attributes)?;
        let tag = self.eat_ident();
        if self.at(Punct::Colon) && self.paren_free_enum_type() {
            self.bump();
            self.parse_type_name()?;
        }
        let variants = if self.at(Punct::LeftBrace) {
            Some(self.parse_variants()?)
        } else {
            None
        };
        if tag.is_none() && variants.is_none() {
            self.error_here(format!("expected a name or `{{`, found {}", self.found()));
            return None;
        }
        let span = self.span_from(start);
        if variants.is_some() {
            self.parse_attributes_behind_brace(&mut attributes)?;
        }
        Some(EnumSpec {
            span,
            tag,
            variants,
            attributes,
        })
    }

    /// `enum e : u8 {`: the underlying type, not the width of a bit-field.
    fn paren_free_enum_type(&self) -> bool {
        let at = self.pos() + 1;
        match self.kind_at(at) {
            TokenKind::Keyword(keyword) => keyword.starts_type(),
            TokenKind::Ident => {
                let next = self.kind_at(at + 1);
                next.is(Punct::LeftBrace)
                    || (next.is(Punct::Semicolon) && self.name_kind_at(at) == NameKind::Type)
            }
            _ => false,
        }
    }

    fn parse_variants(&mut self) -> Option<Vec<EnumItem>> {
        let open = self.bump().span;
        let mut variants = Vec::new();
        loop {
            variants.extend(self.directives_here().into_iter().map(EnumItem::Directive));
            if self.leaving || self.at_end() || self.at(Punct::RightBrace) {
                break;
            }
            // A macro may bring its own commas.
            let is_macro =
                self.kind() == TokenKind::Ident && self.names.is_macro(&self.text_at(self.pos()));
            let variant = self.parse_variant()?;
            let needs_comma =
                !is_macro && !matches!(variant, EnumItem::Opaque(_)) && !self.directive_before();
            variants.push(variant);
            if self.eat(Punct::Comma).is_none() && !self.at(Punct::RightBrace) && needs_comma {
                self.expect_closer(Punct::RightBrace, open, "`,` or ")?;
            }
        }
        self.close_members(open)?;
        Some(variants)
    }

    fn parse_variant(&mut self) -> Option<EnumItem> {
        let name = self.expect_ident("the name of an enum constant")?;
        if self.at(Punct::LeftParen) {
            self.parse_macro_args()?;
            return Some(EnumItem::Opaque(Opaque {
                span: self.span_from(name.span),
            }));
        }
        self.names.declare(&name.name, false);
        self.parse_trailing(&mut Vec::new())?;
        let value = if self.eat(Punct::Assign).is_some() {
            Some(Box::new(self.parse_conditional()?))
        } else {
            None
        };
        Some(EnumItem::Variant(Variant { name, value }))
    }
}
