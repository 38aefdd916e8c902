//! Top-level items.
//!
//! In: the whole text's tokens. Out: [`Item`]s that cover them.

use super::cursor::Parser;
use super::decl::Declared;
use super::names::NameKind;
use crate::ast::{ExprKind, Item, MacroArgs, MacroUse, Opaque};
use crate::conditionals::is_macro_name;
use crate::diag::Diagnostic;
use crate::token::{Keyword, Punct, TokenKind};

impl Parser<'_> {
    pub(super) fn parse_items(&mut self) -> Vec<Item> {
        let mut items = Vec::new();
        loop {
            if self.leaving {
                self.rewind_directives();
            }
            items.extend(self.directives_here().into_iter().map(Item::Directive));
            if self.at_end() {
                return items;
            }
            self.leaving = false;
            self.blocks.clear();
            self.suspect = None;
            self.forget_bad();
            let first = self.pos();
            if self.parse_item(&mut items).is_none() {
                items.push(Item::Opaque(self.recover_item(first)));
            }
            if self.pos() == first {
                let span = self.bump().span;
                items.push(Item::Opaque(Opaque { span }));
            }
        }
    }

    fn parse_item(&mut self, items: &mut Vec<Item>) -> Option<()> {
        let start = self.span();
        let kind = self.kind();
        if kind.is(Punct::Semicolon) || kind.is_bad() {
            self.bump();
            items.push(Item::Opaque(Opaque { span: start }));
        } else if kind.is(Punct::RightBrace) {
            let error = Diagnostic::error(start, "unexpected `}`").with_help("no `{` is open here");
            self.error(error);
            self.bump();
            items.push(Item::Opaque(Opaque { span: start }));
        } else if kind == TokenKind::Keyword(Keyword::Asm) {
            items.push(Item::Opaque(self.parse_opaque_statement("`asm`")));
        } else if kind == TokenKind::Keyword(Keyword::StaticAssert) {
            items.push(Item::StaticAssert(self.parse_opaque_statement("assertion")));
        } else if kind == TokenKind::Ident && self.at_file_macro() {
            self.parse_file_macro(items)?;
        } else if kind.keyword().is_some_and(Keyword::starts_statement) {
            self.error_here(format!("{} outside of a function", self.found()));
            self.skip_to_stray_brace();
            items.push(Item::Opaque(Opaque {
                span: self.span_from(start),
            }));
        } else {
            self.parse_declared_item(items)?;
        }
        Some(())
    }

    /// Skips statements that stand outside of a function, because one brace too many closed it.
    fn skip_to_stray_brace(&mut self) {
        let first = self.pos();
        while !self.at_end() && (self.pos() == first || !self.starts_item()) {
            match self.closer_of(self.pos()) {
                Some(close) => self.skip_to(close + 1),
                None if self.bump().kind.is(Punct::RightBrace) => return,
                None => {}
            }
        }
    }

    fn starts_item(&self) -> bool {
        let is_word = matches!(self.kind(), TokenKind::Ident | TokenKind::Keyword(_));
        let is_statement = self.kind().keyword().is_some_and(Keyword::starts_statement);
        is_word && !is_statement && self.at_base_column(self.pos())
    }

    fn parse_declared_item(&mut self, items: &mut Vec<Item>) -> Option<()> {
        match self.parse_declared(true)? {
            Declared::Declaration(declaration) => items.push(Item::Declaration(declaration)),
            Declared::Function(function) => items.push(Item::Function(function)),
            Declared::MacroFunction(function) => items.push(Item::MacroFunction(function)),
            Declared::Macro(span, used) => {
                items.push(Item::Opaque(Opaque { span }));
                items.push(Item::Macro(used));
            }
        }
        Some(())
    }

    /// Whether the name here is a macro that stands for a whole item.
    fn at_file_macro(&self) -> bool {
        let at = self.pos();
        let name = self.text_at(at);
        let kind = self.names.kind(&name);
        if self.kind_at(at + 1).is(Punct::LeftParen) {
            let makes_type = self.call_end(at + 1).is_some_and(|close| {
                self.kind_at(close + 1).is(Punct::Star) && !self.starts_line(close + 1)
            });
            let declares = kind == NameKind::Type && self.starts_declaration(at);
            return !makes_type && !declares && !self.is_attribute_use(at);
        }
        let next = self.kind_at(at + 1);
        let ends = next == TokenKind::End || self.starts_line(at + 1);
        if next.is(Punct::Semicolon) {
            return true;
        }
        let is_word = matches!(
            next,
            TokenKind::End | TokenKind::Ident | TokenKind::Keyword(_)
        );
        ends && match kind {
            NameKind::Macro => true,
            NameKind::Unknown => {
                is_word
                    && is_macro_name(&name)
                    && (next == TokenKind::End || !name.starts_with("__"))
            }
            NameKind::Value | NameKind::Word | NameKind::Attribute | NameKind::Type => false,
        }
    }

    /// Whether `NAME(args)` here decorates a declaration: `SEC("xdp") int f(...)`.
    fn is_attribute_use(&self, at: usize) -> bool {
        let Some(close) = self.call_end(at + 1) else {
            return false;
        };
        let name = self.text_at(at);
        let lone_string = close == at + 3 && self.kind_at(at + 2) == TokenKind::String;
        let like = self.names.kind(&name) == NameKind::Attribute
            || lone_string
            || (name.starts_with("__") && !self.names.is_macro(&name));
        like && self.continues_specifiers(close + 1)
    }

    /// `BPF_HASH(counts, u32);`, `TRACEPOINT_PROBE(a, b) { ... }`
    fn parse_file_macro(&mut self, items: &mut Vec<Item>) -> Option<()> {
        let name = self.bump_ident();
        let args = if self.at(Punct::LeftParen) {
            Some(self.parse_macro_args()?)
        } else {
            None
        };
        if self.at(Punct::LeftBrace)
            && let Some(args) = args
        {
            let function = self.parse_macro_function(name.span, None, name, args)?;
            items.push(Item::MacroFunction(Box::new(function)));
            return Some(());
        }
        self.declare_first_arg(args.as_ref());
        let semicolon = self.eat(Punct::Semicolon).is_some();
        let used = MacroUse {
            span: self.span_from(name.span),
            name,
            args,
            semicolon,
        };
        items.push(Item::Macro(used));
        if !semicolon
            && !self.starts_line(self.pos())
            && (self.at(Punct::Assign) || self.at(Punct::LeftBracket))
        {
            // `DEFINE_PER_CPU(int, x) = 1;`
            items.push(Item::Opaque(self.parse_opaque_statement("declaration")));
        }
        Some(())
    }

    /// A macro at file scope mostly declares its first argument.
    fn declare_first_arg(&mut self, args: Option<&MacroArgs>) {
        let first = args
            .and_then(|args| args.list.first())
            .and_then(|arg| arg.expr.as_ref());
        if let Some(ExprKind::Ident(name)) = first.map(|expr| &expr.kind)
            && self.names.kind(&name.name) == NameKind::Unknown
        {
            self.names.declare(&name.name, false);
        }
    }
}
