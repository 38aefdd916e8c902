//! Declarators: a name and how its type derives.
//!
//! In: tokens such as `*(*f)(int a)[3]`. Out: a [`Declarator`] whose steps go from the name
//! outward, so that nobody else has to read declarators inside out.

use super::cursor::Parser;
use super::names::{NameKind, is_builtin};
use super::spec::qualifier;
use crate::ast::{Attribute, Declarator, Derived, Ident, Param, Params};
use crate::token::{Keyword, Punct, TokenKind};

/// Whether a declarator has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Naming {
    /// `int *x;`
    Always,
    /// A parameter: `int *x` or `int *`
    Maybe,
    /// A type name: `int *`
    Never,
}

/// The middle of a declarator: the name, and what stands closer to it than the suffixes.
struct Direct {
    name: Option<Ident>,
    derived: Vec<Derived>,
}

impl Parser<'_> {
    pub(super) fn parse_declarator(&mut self, naming: Naming) -> Option<Declarator> {
        let outer = self.enter()?;
        let result = self.parse_declarator_inner(naming);
        self.leave(outer);
        result
    }

    fn parse_declarator_inner(&mut self, naming: Naming) -> Option<Declarator> {
        let start = self.span();
        let first = self.pos();
        let mut attributes = Vec::new();
        let pointers = self.parse_pointers(&mut attributes)?;
        let Direct { name, mut derived } = self.parse_direct(naming, &mut attributes)?;
        self.parse_suffixes(&mut derived)?;
        derived.extend(pointers.into_iter().rev());
        let span = if self.pos() == first {
            self.empty_span()
        } else {
            self.span_from(start)
        };
        self.parse_trailing(&mut attributes)?;
        Some(Declarator {
            span,
            name,
            derived,
            attributes,
        })
    }

    /// `* const *`, with what may stand between: `* __user`, `* __attribute__((x))`.
    fn parse_pointers(&mut self, attributes: &mut Vec<Attribute>) -> Option<Vec<Derived>> {
        let mut pointers = Vec::new();
        while self.parse_pointer_attribute(attributes, pointers.is_empty())? {}
        while let Some(start) = self.eat(Punct::Star) {
            let mut qualifiers = Vec::new();
            while let Some(found) = self.kind().keyword().and_then(qualifier) {
                qualifiers.push((found, self.bump().span));
            }
            pointers.push(Derived::Pointer {
                qualifiers,
                span: self.span_from(start),
            });
            while self.parse_pointer_attribute(attributes, false)? {}
        }
        Some(pointers)
    }

    /// An attribute or word among the stars; `first` if no star stands before.
    fn parse_pointer_attribute(
        &mut self,
        attributes: &mut Vec<Attribute>,
        first: bool,
    ) -> Option<bool> {
        if self.at_keyword(Keyword::Attribute) {
            self.parse_attributes(attributes)?;
            return Some(true);
        }
        if self.kind() != TokenKind::Ident || !self.is_attribute_like(self.pos()) {
            return Some(false);
        }
        let next = self.peek(1);
        let is_word = self.name_kind_at(self.pos()) == NameKind::Word;
        let decorates = if first {
            next.is(Punct::Star)
        } else {
            is_word || next == TokenKind::Ident || next.is(Punct::Star)
        };
        // `struct a *FOO __weak;` declares `FOO`.
        let named_here = next == TokenKind::Ident
            && !is_word
            && self.name_kind_at(self.pos() + 1) == NameKind::Word;
        if decorates && !named_here {
            attributes.push(self.parse_named_attribute()?);
        }
        Some(decorates && !named_here)
    }

    fn parse_direct(&mut self, naming: Naming, attributes: &mut Vec<Attribute>) -> Option<Direct> {
        if naming == Naming::Always && self.kind() == TokenKind::Ident && self.is_made_by_macro() {
            attributes.push(self.parse_named_attribute()?);
            return Some(Direct {
                name: None,
                derived: Vec::new(),
            });
        }
        if naming != Naming::Never && self.kind() == TokenKind::Ident {
            return Some(Direct {
                name: Some(self.bump_ident()),
                derived: Vec::new(),
            });
        }
        if self.at(Punct::LeftParen) && self.paren_holds_declarator(naming) {
            let open = self.bump().span;
            let inner = self.parse_declarator(naming)?;
            self.expect_closer(Punct::RightParen, open, "")?;
            attributes.extend(inner.attributes);
            return Some(Direct {
                name: inner.name,
                derived: inner.derived,
            });
        }
        if naming == Naming::Always {
            self.error_here(format!("expected a name, found {}", self.found()));
            return None;
        }
        Some(Direct {
            name: None,
            derived: Vec::new(),
        })
    }

    /// Whether the name here is that of a macro which makes the declarator: `CALLBACK(a, *b)`. No
    /// function returns a function, so `NAME(a)(int b)` is one as well.
    fn is_made_by_macro(&mut self) -> bool {
        let close = self.call_end(self.pos() + 1);
        close.is_some_and(|close| self.call_end(close + 1).is_some())
            || self.is_declarator_macro(self.pos())
    }

    /// Whether the parenthesis here holds a declarator rather than parameters.
    fn paren_holds_declarator(&self, naming: Naming) -> bool {
        let at = self.pos() + 1;
        match self.kind_at(at) {
            TokenKind::Punct(Punct::Star | Punct::Caret | Punct::LeftBracket) => true,
            TokenKind::Punct(Punct::LeftParen) => {
                naming == Naming::Always || self.kind_at(at + 1).is(Punct::Star)
            }
            TokenKind::Keyword(keyword) => keyword == Keyword::Attribute,
            TokenKind::Ident => match naming {
                Naming::Always => true,
                Naming::Maybe => {
                    self.name_kind_at(at) != NameKind::Type
                        && self.kind_at(at + 1).is(Punct::RightParen)
                }
                Naming::Never => self.is_attribute_like(at) && self.kind_at(at + 1).is(Punct::Star),
            },
            _ => false,
        }
    }

    /// `[3]` and `(int a)` behind a name.
    fn parse_suffixes(&mut self, derived: &mut Vec<Derived>) -> Option<()> {
        loop {
            if self.at(Punct::LeftBracket) {
                derived.push(self.parse_array()?);
            } else if self.at(Punct::LeftParen) {
                derived.push(Derived::Function(self.parse_params()?));
            } else {
                return Some(());
            }
        }
    }

    fn parse_array(&mut self) -> Option<Derived> {
        let open = self.bump().span;
        while self
            .kind()
            .keyword()
            .is_some_and(|keyword| keyword == Keyword::Static || keyword.is_qualifier())
        {
            self.bump();
        }
        let is_star = self.at(Punct::Star) && self.peek(1).is(Punct::RightBracket);
        if is_star {
            self.bump();
        }
        let size = if self.at(Punct::RightBracket) {
            None
        } else {
            Some(Box::new(self.parse_expr()?))
        };
        self.expect_closer(Punct::RightBracket, open, "")?;
        Some(Derived::Array {
            size,
            span: self.span_from(open),
        })
    }

    /// `(int a, struct b *c, ...)`
    pub(super) fn parse_params(&mut self) -> Option<Params> {
        let outer = self.enter()?;
        let scope = self.names.mark();
        let result = self.parse_params_inner();
        self.names.forget(scope);
        self.leave(outer);
        result
    }

    fn parse_params_inner(&mut self) -> Option<Params> {
        let open = self.bump().span;
        let mut list = Vec::new();
        let mut variadic = false;
        if self.at_keyword(Keyword::Void) && self.peek(1).is(Punct::RightParen) {
            self.bump();
        } else if !self.at(Punct::RightParen) {
            loop {
                if self.eat(Punct::Ellipsis).is_some() {
                    variadic = true;
                    break;
                }
                list.push(self.parse_param()?);
                if self.eat(Punct::Comma).is_none() {
                    break;
                }
            }
        }
        self.expect_closer(Punct::RightParen, open, "`,` or ")?;
        Some(Params {
            span: self.span_from(open),
            list,
            variadic,
        })
    }

    pub(super) fn parse_param(&mut self) -> Option<Param> {
        let start = self.span();
        let first = self.pos();
        let specifiers = self.parse_specifiers(false)?;
        if self.pos() == first {
            self.error_here(format!("expected a parameter, found {}", self.found()));
            return None;
        }
        let declarator = self.parse_declarator(Naming::Maybe)?;
        if let Some(name) = &declarator.name {
            self.names.declare(&name.name, false);
        }
        Some(Param {
            span: self.span_from(start),
            specifiers,
            declarator,
        })
    }

    /// What may stand behind a declarator: `__attribute__((x))`, `asm("x")`, `SEC("maps")`, `__ksym`.
    pub(super) fn parse_trailing(&mut self, attributes: &mut Vec<Attribute>) -> Option<()> {
        loop {
            if self.at_keyword(Keyword::Attribute) {
                self.parse_attributes(attributes)?;
            } else if self.at_keyword(Keyword::Asm) || self.is_trailing_word() {
                attributes.push(self.parse_named_attribute()?);
            } else {
                return Some(());
            }
        }
    }

    /// Whether the name here decorates what stands before it.
    fn is_trailing_word(&self) -> bool {
        self.is_trailing_word_at(self.pos())
    }

    /// Whether the name at `at` decorates what stands before it: `__ksym`, `SEC("maps")`.
    pub(super) fn is_trailing_word_at(&self, at: usize) -> bool {
        if self.kind_at(at) != TokenKind::Ident {
            return false;
        }
        let close = self.call_end(at + 1);
        let next = close.map_or(at, |close| close) + 1;
        let kind = self.kind_at(next);
        let may_follow = kind == TokenKind::Ident
            || kind == TokenKind::Keyword(Keyword::Attribute)
            || kind.punct().is_some_and(|punct| {
                matches!(
                    punct,
                    Punct::Semicolon
                        | Punct::Assign
                        | Punct::Comma
                        | Punct::RightParen
                        | Punct::LeftBrace
                        | Punct::Colon
                        | Punct::LeftBracket
                )
            });
        let known = matches!(self.name_kind_at(at), NameKind::Word | NameKind::Attribute);
        // A call on the next line may be a statement, with a `;` missing before it.
        let name = self.text_at(at);
        let decorates = known || (name.starts_with("__") && !is_builtin(&name));
        let starts_new = self.starts_line(at) && close.is_some() && !decorates;
        may_follow && self.is_attribute_like(at) && !starts_new
    }
}

/// The parameters of a declarator that directly declares a function.
pub(super) fn function_params(declarator: &Declarator) -> Option<&Params> {
    match declarator.derived.first() {
        Some(Derived::Function(params)) => Some(params),
        Some(Derived::Pointer { .. } | Derived::Array { .. }) | None => None,
    }
}
