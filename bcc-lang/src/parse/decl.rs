//! Declarations and function definitions.
//!
//! In: tokens from the first specifier on. Out: [`Declared`]. Declared names are entered into
//! scope here, since what follows is read in their light.

use super::attempt::Mark;
use super::cursor::Parser;
use super::declarator::{Naming, function_params};
use crate::ast::{
    Declaration, Declarator, Function, InitDeclarator, MacroFunction, MacroUse, Params, Specifiers,
    Storage, TypeSpec,
};
use crate::conditionals::is_macro_name;
use crate::span::Span;
use crate::token::{Keyword, Punct, TokenKind};

/// What specifiers turned out to begin.
pub(super) enum Declared {
    Declaration(Declaration),
    Function(Box<Function>),
    MacroFunction(Box<MacroFunction>),
    /// `static DEFINE_THING(x, "y");`: the specifiers and the macro.
    Macro(Span, MacroUse),
}

impl Parser<'_> {
    /// A declaration in a block or in the head of a `for`.
    pub(super) fn parse_local_declaration(&mut self) -> Option<Declaration> {
        let mark = self.mark();
        match self.parse_declared(false)? {
            Declared::Declaration(declaration) => Some(declaration),
            Declared::Function(_) | Declared::MacroFunction(_) | Declared::Macro(..) => {
                self.go_back(&mark);
                self.error_here(format!("expected a declaration, found {}", self.found()));
                None
            }
        }
    }

    pub(super) fn parse_declared(&mut self, file_scope: bool) -> Option<Declared> {
        let start = self.span();
        let first = self.pos();
        let mark = self.mark();
        let specifiers = self.parse_specifiers(true)?;
        if self.pos() == first {
            self.error_here(format!("expected a declaration, found {}", self.found()));
            return None;
        }
        if self.at(Punct::Semicolon) || self.lacks_semicolon(&specifiers) {
            self.expect_semicolon(first, end_name(&specifiers));
            return Some(Declared::Declaration(Declaration {
                span: self.span_from(start),
                specifiers,
                declarators: Vec::new(),
            }));
        }
        if file_scope && self.kind() == TokenKind::Ident && self.is_declarator_macro(self.pos()) {
            return self.parse_macro_declared(start, specifiers);
        }
        let declarator = self.parse_declarator(Naming::Always)?;
        self.declare(&specifiers, &declarator);
        let at_statement = self.kind().keyword().is_some_and(Keyword::starts_statement);
        if file_scope && at_statement && function_params(&declarator).is_some() {
            self.error_here(format!("expected `{{`, found {}", self.found()));
            return None;
        }
        if self.at(Punct::LeftBrace)
            && let Some(params) = function_params(&declarator)
        {
            if !file_scope {
                self.report_nested_function(&mark, declarator.span);
                return None;
            }
            let params = params.clone();
            let body = self.parse_function_body(&params)?;
            let span = self.span_from(start);
            return Some(Declared::Function(Box::new(Function {
                span,
                specifiers,
                declarator,
                body,
            })));
        }
        self.parse_declarators(first, specifiers, declarator)
            .map(Declared::Declaration)
    }

    /// A function cannot begin in a block, so the block before it was not closed.
    fn report_nested_function(&mut self, mark: &Mark, found: Span) {
        self.go_back(mark);
        if let Some((open, _)) = self.blocks.last().copied() {
            self.report_unclosed(open, Some(found));
        }
    }

    /// The rest of a declaration, from the first declarator's initialiser on.
    fn parse_declarators(
        &mut self,
        first: usize,
        specifiers: Specifiers,
        declarator: Declarator,
    ) -> Option<Declaration> {
        let start = self.token_at(first).span;
        let mut declarators = vec![self.parse_init_declarator(declarator)?];
        while self.eat(Punct::Comma).is_some() {
            let declarator = self.parse_declarator(Naming::Always)?;
            self.declare(&specifiers, &declarator);
            declarators.push(self.parse_init_declarator(declarator)?);
        }
        self.expect_semicolon(first, "declaration");
        Some(Declaration {
            span: self.span_from(start),
            specifiers,
            declarators,
        })
    }

    fn parse_init_declarator(&mut self, declarator: Declarator) -> Option<InitDeclarator> {
        let init = if self.eat(Punct::Assign).is_some() {
            Some(self.parse_initializer()?)
        } else {
            None
        };
        Some(InitDeclarator {
            span: self.span_from(declarator.span),
            declarator,
            init,
        })
    }

    fn declare(&mut self, specifiers: &Specifiers, declarator: &Declarator) {
        if let Some(name) = &declarator.name {
            let is_type = specifiers
                .storage
                .iter()
                .any(|(storage, _)| *storage == Storage::Typedef);
            self.names.declare(&name.name, is_type);
        }
    }

    fn parse_function_body(&mut self, params: &Params) -> Option<crate::ast::Block> {
        let scope = self.names.mark();
        for name in params
            .list
            .iter()
            .filter_map(|param| param.declarator.name.as_ref())
        {
            self.names.declare(&name.name, false);
        }
        let body = self.parse_block();
        self.names.forget(scope);
        body
    }

    /// Whether a type was defined and what follows on the next line is something new.
    fn lacks_semicolon(&self, specifiers: &Specifiers) -> bool {
        let defines = match &specifiers.ty {
            TypeSpec::Record(record) => record.members.is_some(),
            TypeSpec::Enum(spec) => spec.variants.is_some(),
            TypeSpec::Builtin(..)
            | TypeSpec::Named(_)
            | TypeSpec::TypeofExpr(..)
            | TypeSpec::TypeofType(..)
            | TypeSpec::Auto(_)
            | TypeSpec::Missing(_) => false,
        };
        let at = self.pos();
        let is_new = match self.kind() {
            TokenKind::Keyword(keyword) => keyword != Keyword::Attribute && keyword != Keyword::Asm,
            TokenKind::Ident => {
                self.starts_declaration(at)
                    || (is_macro_name(&self.text_at(at)) && self.call_end(at + 1).is_some())
            }
            TokenKind::End => true,
            TokenKind::Punct(punct) => punct == Punct::RightBrace,
            TokenKind::Number
            | TokenKind::Char
            | TokenKind::String
            | TokenKind::Directive
            | TokenKind::Bad(_) => false,
        };
        defines && is_new && self.starts_line(at)
    }

    fn parse_macro_declared(&mut self, start: Span, specifiers: Specifiers) -> Option<Declared> {
        let name = self.bump_ident();
        let args = self.parse_macro_args()?;
        if !self.at(Punct::LeftBrace) {
            let semicolon = self.eat(Punct::Semicolon).is_some();
            let used = MacroUse {
                span: self.span_from(name.span),
                name,
                args: Some(args),
                semicolon,
            };
            return Some(Declared::Macro(specifiers.span, used));
        }
        self.parse_macro_function(start, Some(specifiers), name, args)
            .map(|function| Declared::MacroFunction(Box::new(function)))
    }

    /// The body behind `TRACEPOINT_PROBE(a, b)`.
    pub(super) fn parse_macro_function(
        &mut self,
        start: Span,
        specifiers: Option<Specifiers>,
        name: crate::ast::Ident,
        args: crate::ast::MacroArgs,
    ) -> Option<MacroFunction> {
        let scope = self.names.mark();
        let params = args.list.iter().filter_map(|arg| arg.param.as_ref());
        for name in params.filter_map(|param| param.declarator.name.as_ref()) {
            self.names.declare(&name.name, false);
        }
        let body = self.parse_block();
        self.names.forget(scope);
        Some(MacroFunction {
            span: self.span_from(start),
            specifiers,
            name,
            args,
            body: body?,
        })
    }
}

/// What a declaration without declarators is called in messages.
const fn end_name(specifiers: &Specifiers) -> &'static str {
    match specifiers.ty {
        TypeSpec::Record(_) => "struct or union",
        TypeSpec::Enum(_) => "enum",
        TypeSpec::Builtin(..)
        | TypeSpec::Named(_)
        | TypeSpec::TypeofExpr(..)
        | TypeSpec::TypeofType(..)
        | TypeSpec::Auto(_)
        | TypeSpec::Missing(_) => "declaration",
    }
}
