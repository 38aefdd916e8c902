//! Declaration specifiers and attributes.
//!
//! In: tokens such as `static __always_inline const struct sock`. Out: [`Specifiers`]. Which words
//! are types and which only decorate is decided here; see [`names`](super::names).

use super::builtin::BuiltinWords;
use super::cursor::Parser;
use super::names::NameKind;
use crate::ast::{Attribute, Ident, Qualifier, Specifiers, Storage, TypeSpec};
use crate::span::Span;
use crate::token::{Keyword, Punct, TokenKind};

/// Specifiers while they are read.
struct Draft {
    storage: Vec<(Storage, Span)>,
    qualifiers: Vec<(Qualifier, Span)>,
    words: Vec<Ident>,
    attributes: Vec<Attribute>,
    builtin: BuiltinWords,
    ty: Option<TypeSpec>,
    /// Whether a name may be declared behind the specifiers.
    declares: bool,
}

impl Draft {
    const fn has_type(&self) -> bool {
        self.ty.is_some() || self.builtin.span.is_some()
    }
}

impl Parser<'_> {
    /// Reads specifiers as long as there are any; there may be none. `declares` tells whether the
    /// name of something may follow, as opposed to a type name.
    pub(super) fn parse_specifiers(&mut self, declares: bool) -> Option<Specifiers> {
        let start = self.span();
        let first = self.pos();
        let mut draft = Draft {
            storage: Vec::new(),
            qualifiers: Vec::new(),
            words: Vec::new(),
            attributes: Vec::new(),
            builtin: BuiltinWords::default(),
            ty: None,
            declares,
        };
        while self.parse_specifier(&mut draft)? {}
        let span = if self.pos() == first {
            self.empty_span()
        } else {
            self.span_from(start)
        };
        let ty = draft
            .builtin
            .finish()
            .or(draft.ty)
            .or_else(|| self.word_as_type(&mut draft.words));
        let Draft {
            storage,
            qualifiers,
            words,
            attributes,
            ..
        } = draft;
        Some(Specifiers {
            span,
            storage,
            qualifiers,
            words,
            attributes,
            ty: ty.unwrap_or(TypeSpec::Missing(span.at_end())),
        })
    }

    /// Reads one specifier; `false` if the token is none.
    fn parse_specifier(&mut self, draft: &mut Draft) -> Option<bool> {
        match self.kind() {
            TokenKind::Keyword(keyword) => self.parse_specifier_keyword(keyword, draft),
            TokenKind::Ident => self.parse_specifier_name(draft),
            TokenKind::Number
            | TokenKind::Char
            | TokenKind::String
            | TokenKind::Punct(_)
            | TokenKind::Directive
            | TokenKind::Bad(_)
            | TokenKind::End => Some(false),
        }
    }

    fn parse_specifier_keyword(&mut self, keyword: Keyword, draft: &mut Draft) -> Option<bool> {
        if let Some(storage) = storage(keyword) {
            draft.storage.push((storage, self.bump().span));
        } else if keyword == Keyword::Atomic
            && self.peek(1).is(Punct::LeftParen)
            && !draft.has_type()
        {
            draft.ty = Some(self.parse_atomic()?);
        } else if let Some(qualifier) = qualifier(keyword) {
            draft.qualifiers.push((qualifier, self.bump().span));
        } else if matches!(
            keyword,
            Keyword::Inline | Keyword::Noreturn | Keyword::Extension
        ) {
            draft.words.push(self.bump_ident());
        } else if keyword == Keyword::Attribute {
            self.parse_attributes(&mut draft.attributes)?;
        } else if keyword == Keyword::Alignas {
            draft.attributes.push(self.parse_named_attribute()?);
        } else if keyword.is_type_word() && draft.ty.is_none() {
            let span = self.bump().span;
            draft.builtin.add(keyword, span);
        } else if !draft.has_type() && starts_spelled_type(keyword) {
            draft.ty = Some(self.parse_spelled_type(keyword)?);
        } else {
            return Some(false);
        }
        Some(true)
    }

    /// A type that a keyword other than `int` and its kind begins.
    fn parse_spelled_type(&mut self, keyword: Keyword) -> Option<TypeSpec> {
        if keyword == Keyword::Enum {
            return self.parse_enum().map(|spec| TypeSpec::Enum(Box::new(spec)));
        }
        if keyword == Keyword::Typeof {
            return self.parse_typeof();
        }
        if keyword == Keyword::AutoType {
            return Some(TypeSpec::Auto(self.bump().span));
        }
        self.parse_record()
            .map(|record| TypeSpec::Record(Box::new(record)))
    }

    fn parse_atomic(&mut self) -> Option<TypeSpec> {
        let start = self.bump().span;
        let open = self.expect(Punct::LeftParen)?;
        let ty = self.parse_type_name()?;
        self.expect_closer(Punct::RightParen, open, "")?;
        Some(TypeSpec::TypeofType(Box::new(ty), self.span_from(start)))
    }

    fn parse_typeof(&mut self) -> Option<TypeSpec> {
        let start = self.bump().span;
        let holds_type = self.paren_holds_type(self.pos(), false);
        let open = self.expect(Punct::LeftParen)?;
        if holds_type {
            let ty = self.parse_type_name()?;
            self.expect_closer(Punct::RightParen, open, "")?;
            return Some(TypeSpec::TypeofType(Box::new(ty), self.span_from(start)));
        }
        let expr = self.parse_expr()?;
        self.expect_closer(Punct::RightParen, open, "")?;
        Some(TypeSpec::TypeofExpr(Box::new(expr), self.span_from(start)))
    }

    fn parse_specifier_name(&mut self, draft: &mut Draft) -> Option<bool> {
        let at = self.pos();
        let kind = self.name_kind_at(at);
        if self.is_attribute_with_args(at, draft.has_type()) {
            draft.attributes.push(self.parse_named_attribute()?);
        } else if !draft.has_type() && self.is_type_macro(at, kind) {
            draft.ty = Some(TypeSpec::Named(Ident {
                name: self.text_at(at).into_owned(),
                span: self.span(),
            }));
            draft.attributes.push(self.parse_named_attribute()?);
        } else if draft.declares && draft.has_type() && self.is_declared_word(at) {
            return Some(false);
        } else if kind == NameKind::Word
            || (kind == NameKind::Attribute && self.peek(1) == TokenKind::Ident)
        {
            draft.words.push(self.bump_ident());
        } else if draft.has_type() {
            if !self.is_word_behind_type(at) {
                return Some(false);
            }
            draft.words.push(self.bump_ident());
        } else if self.is_declared_without_type(at, kind, draft) {
            return Some(false);
        } else if kind != NameKind::Type && self.is_word_before_type(at) {
            draft.words.push(self.bump_ident());
        } else {
            draft.ty = Some(TypeSpec::Named(self.bump_ident()));
        }
        Some(true)
    }

    /// Whether the name at `at`, before any type, is not a type but already what is declared.
    fn is_declared_without_type(&self, at: usize, kind: NameKind, draft: &Draft) -> bool {
        let Some(punct) = self.kind_at(at + 1).punct().filter(|_| draft.declares) else {
            return false;
        };
        let begun =
            !(draft.storage.is_empty() && draft.words.is_empty() && draft.attributes.is_empty());
        match punct {
            Punct::LeftParen => {
                // `foo_t (*callback)(int)` has a type, `static main()` has none.
                !self.kind_at(at + 2).is(Punct::Star) || kind == NameKind::Value
            }
            Punct::Assign | Punct::LeftBracket => true,
            Punct::Semicolon | Punct::Comma => begun && kind != NameKind::Type,
            _ => false,
        }
    }

    /// Whether the word at `at`, behind a type, is what is declared: `u32 __unused[4];`
    fn is_declared_word(&self, at: usize) -> bool {
        self.kind_at(at + 1).punct().is_some_and(|punct| {
            matches!(
                punct,
                Punct::LeftBracket | Punct::Assign | Punct::Colon | Punct::Semicolon | Punct::Comma
            )
        })
    }

    /// Whether `NAME(args)` at `at` is an attribute: something to declare still follows.
    fn is_attribute_with_args(&self, at: usize, has_type: bool) -> bool {
        let Some(close) = self.call_end(at + 1) else {
            return false;
        };
        if self.name_kind_at(at) == NameKind::Attribute {
            return true;
        }
        if !self.is_attribute_like(at) && !self.is_lone_string(at + 2, close) {
            return false;
        }
        if self.kind_at(close + 1) == TokenKind::Ident && has_type {
            // `int __aligned(8) x;`, but not `int FOO(void) __weak;`
            return !self.is_trailing_word_at(close + 1) && !self.looks_like_params(at + 1);
        }
        !has_type
            && self.continues_specifiers(close + 1)
            && !self.kind_at(close + 1).is(Punct::Star)
    }

    /// Whether `NAME(args)` at `at` stands for a type: `ElfW(Phdr) *header;`
    fn is_type_macro(&self, at: usize, kind: NameKind) -> bool {
        let close = self
            .call_end(at + 1)
            .filter(|_| matches!(kind, NameKind::Unknown | NameKind::Macro));
        close.is_some_and(|close| {
            let named = if self.kind_at(close + 1).is(Punct::Star) {
                self.skip_stars(close + 1)
            } else {
                close + 1
            };
            self.kind_at(named) == TokenKind::Ident && !self.is_trailing_word_at(named)
        })
    }

    fn is_lone_string(&self, first: usize, close: usize) -> bool {
        self.kind_at(first) == TokenKind::String && close == first + 1
    }

    /// Whether the name at `at`, behind a type, decorates it rather than being declared.
    fn is_word_behind_type(&self, at: usize) -> bool {
        let next = self.kind_at(at + 1);
        let goes_on = next == TokenKind::Ident
            || next.is(Punct::Star)
            || next.keyword().is_some_and(Keyword::starts_declaration);
        goes_on && self.is_attribute_like(at) && !self.is_attribute_like_end(at + 1)
    }

    /// Whether the name at `at` can only stand behind what is declared (`int FOO __weak;`).
    fn is_attribute_like_end(&self, at: usize) -> bool {
        self.kind_at(at) == TokenKind::Ident
            && matches!(self.name_kind_at(at), NameKind::Word | NameKind::Attribute)
            && self.kind_at(at + 1).punct().is_some_and(|punct| {
                matches!(
                    punct,
                    Punct::Semicolon | Punct::Assign | Punct::Comma | Punct::RightParen
                )
            })
    }

    /// Whether the name at `at`, before any type, decorates the type that follows.
    fn is_word_before_type(&self, at: usize) -> bool {
        match self.kind_at(at + 1) {
            TokenKind::Keyword(keyword) => {
                (keyword.starts_declaration()
                    && !keyword.is_qualifier()
                    && keyword != Keyword::Attribute)
                    || (keyword.is_qualifier() && (self.is_type_at(at + 2) || self.is_pair(at + 2)))
            }
            TokenKind::Ident => match self.name_kind_at(at + 1) {
                NameKind::Type => self.continues_specifiers(at + 2),
                NameKind::Word => self.is_type_at(at + 2),
                // Of three words in a row the first decorates, unless the second is what is declared.
                NameKind::Unknown | NameKind::Value | NameKind::Macro | NameKind::Attribute => {
                    let is_type_macro = self.is_attribute_like(at)
                        && self
                            .call_end(at + 2)
                            .is_some_and(|close| self.is_pair(close));
                    is_type_macro
                        || (self.continues_specifiers(at + 2) && !self.ends_in_decoration(at + 2))
                }
            },
            _ => false,
        }
    }

    /// Whether a name or a star follows the token at `at`.
    fn is_pair(&self, at: usize) -> bool {
        self.kind_at(at + 1) == TokenKind::Ident || self.kind_at(at + 1).is(Punct::Star)
    }

    /// Whether the last of the names from `at` on decorates what stands before it: `x __ksym;`
    fn ends_in_decoration(&self, at: usize) -> bool {
        let mut last = at;
        // No one writes more words than that, and each of them asks this question.
        while self.kind_at(last + 1) == TokenKind::Ident && last < at + 8 {
            last += 1;
        }
        self.is_trailing_word_at(last)
    }

    fn is_type_at(&self, at: usize) -> bool {
        match self.kind_at(at) {
            TokenKind::Keyword(keyword) => keyword.starts_type() && !keyword.is_qualifier(),
            TokenKind::Ident => {
                self.name_kind_at(at) == NameKind::Type && self.continues_specifiers(at + 1)
            }
            _ => false,
        }
    }

    /// Where only words were found, the last one was the type: `__foo x;`.
    fn word_as_type(&self, words: &mut Vec<Ident>) -> Option<TypeSpec> {
        let word = words.pop_if(|word| {
            self.names.kind(&word.name) == NameKind::Unknown
                && Keyword::from_text(&word.name).is_none()
                && word.span == self.previous_span()
        })?;
        Some(TypeSpec::Named(word))
    }
}

/// Whether a type begins with that keyword that is not made of words like `int`.
const fn starts_spelled_type(keyword: Keyword) -> bool {
    matches!(
        keyword,
        Keyword::Struct | Keyword::Union | Keyword::Enum | Keyword::Typeof | Keyword::AutoType
    )
}

fn storage(keyword: Keyword) -> Option<Storage> {
    Some(match keyword {
        Keyword::Typedef => Storage::Typedef,
        Keyword::Static => Storage::Static,
        Keyword::Extern => Storage::Extern,
        Keyword::Register => Storage::Register,
        Keyword::ThreadLocal => Storage::ThreadLocal,
        Keyword::Auto => Storage::Auto,
        _ => return None,
    })
}

/// The qualifier that a keyword spells.
pub(super) fn qualifier(keyword: Keyword) -> Option<Qualifier> {
    Some(match keyword {
        Keyword::Const => Qualifier::Const,
        Keyword::Volatile => Qualifier::Volatile,
        Keyword::Restrict => Qualifier::Restrict,
        Keyword::Atomic => Qualifier::Atomic,
        _ => return None,
    })
}
