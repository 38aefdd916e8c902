//! Arguments of macros and of calls.
//!
//! In: tokens from a `(` on. Out: [`MacroArgs`], where each argument has every reading that fits,
//! and the [`Arg`]s of a call, where the first reading that fits is the one.

use super::attempt::Mark;
use super::cursor::Parser;
use crate::ast::{Arg, MacroArg, MacroArgs, Opaque};
use crate::diag::Diagnostic;
use crate::span::Span;
use crate::token::{Keyword, Punct, TokenKind};

impl Parser<'_> {
    /// `(counts, u32, struct key_t)`
    pub(super) fn parse_macro_args(&mut self) -> Option<MacroArgs> {
        let outer = self.enter()?;
        let result = self.parse_macro_args_inner();
        self.leave(outer);
        result
    }

    fn parse_macro_args_inner(&mut self) -> Option<MacroArgs> {
        let open = self.span();
        let Some(close) = self.closer_of(self.pos()) else {
            if self.is_swallowed(open) {
                return None;
            }
            self.error(
                Diagnostic::error(open, "this `(` is not closed").with_help("add the closing `)`"),
            );
            return None;
        };
        self.bump();
        let mut list = Vec::new();
        while self.pos() < close && !self.at_end() {
            let end = self.find_arg_end(close);
            list.push(self.parse_macro_arg(end));
            if self.pos() < close {
                self.bump();
                if self.pos() == close {
                    list.push(empty_arg(self.empty_span()));
                }
            }
        }
        self.expect_closer(Punct::RightParen, open, "")?;
        Some(MacroArgs {
            span: self.span_from(open),
            list,
        })
    }

    /// The index of the comma, or of the token at `close`, that ends the argument here.
    fn find_arg_end(&mut self, close: usize) -> usize {
        let mut at = self.pos();
        while at < close && !self.kind_at(at).is(Punct::Comma) && self.kind_at(at) != TokenKind::End
        {
            at = self
                .closer_of(at)
                .filter(|inner| *inner < close)
                .unwrap_or(at)
                + 1;
            self.burn();
        }
        at.min(close)
    }

    fn parse_macro_arg(&mut self, end: usize) -> MacroArg {
        if self.pos() == end {
            return empty_arg(self.empty_span());
        }
        let start = self.span();
        let mark = self.mark();
        let expr = self.try_until(end, |parser| parser.parse_assign().map(Box::new));
        self.go_back(&mark);
        let ty = self.try_until(end, |parser| parser.parse_type_name().map(Box::new));
        self.go_back(&mark);
        let param = self.try_until(end, |parser| {
            parser
                .parse_param()
                .filter(|param| param.declarator.name.is_some())
                .map(Box::new)
        });
        self.go_back(&mark);
        self.skip_to(end);
        MacroArg {
            span: self.span_from(start),
            expr,
            ty,
            param,
        }
    }

    /// The arguments of a call, from the `(` on. Where a macro is called (`lenient`), an argument
    /// may be any text.
    pub(super) fn parse_call_args(&mut self, lenient: bool) -> Option<(Vec<Arg>, Span)> {
        let close = self.closer_of(self.pos());
        let open = self.bump().span;
        let mut args = Vec::new();
        if !self.at(Punct::RightParen) {
            loop {
                args.push(self.parse_arg(close, lenient)?);
                if self.eat(Punct::Comma).is_none() {
                    break;
                }
            }
        }
        self.expect_closer(Punct::RightParen, open, "`,` or ")?;
        Some((args, self.span_from(open)))
    }

    fn parse_arg(&mut self, close: Option<usize>, lenient: bool) -> Option<Arg> {
        if lenient && (self.at(Punct::Comma) || self.at(Punct::RightParen)) {
            return Some(Arg::Opaque(Opaque {
                span: self.empty_span(),
            }));
        }
        let mark = self.mark();
        let first = self.kind();
        if first.keyword().is_some_and(Keyword::starts_type) {
            if let Some(ty) = self.parse_type_name().filter(|_| self.at_arg_end()) {
                return Some(Arg::Type(ty));
            }
        } else if let Some(expr) = self.parse_assign()
            && (self.at_arg_end() || !lenient && first != TokenKind::Ident)
        {
            return Some(Arg::Expr(expr));
        }
        // Without the closing parenthesis nobody knows where the argument ends.
        close.map(|close| self.parse_other_arg(&mark, close, lenient))
    }

    fn at_arg_end(&self) -> bool {
        self.at(Punct::Comma) || self.at(Punct::RightParen)
    }

    /// An argument that is not what its first token promised.
    fn parse_other_arg(&mut self, mark: &Mark, close: usize, lenient: bool) -> Arg {
        let stopped = (self.pos(), self.span(), self.found());
        let mut errors = self.take_errors(mark);
        self.go_back(mark);
        let end = self.find_arg_end(close);
        if self.kind() == TokenKind::Ident
            && let Some(ty) = self.try_until(end, Self::parse_type_name)
        {
            return Arg::Type(ty);
        }
        let start = self.span();
        let first = self.pos();
        if !lenient {
            if errors.is_empty() {
                let (_, span, found) = stopped;
                errors.push(Diagnostic::error(
                    span,
                    format!("expected `,` or `)`, found {found}"),
                ));
            }
            for error in errors {
                self.error(error);
            }
        }
        self.skip_to(end);
        let span = if self.pos() > first {
            self.span_from(start)
        } else {
            self.empty_span()
        };
        Arg::Opaque(Opaque { span })
    }
}

const fn empty_arg(span: Span) -> MacroArg {
    MacroArg {
        span,
        expr: None,
        ty: None,
        param: None,
    }
}
