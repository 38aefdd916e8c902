//! Preprocessor lines.
//!
//! In: the span of one line from its `#` on. Out: an [`ast::Directive`](Directive). What lines
//! belong together (`#if` and its `#endif`) is left to [`conditionals`](crate::conditionals);
//! nothing is expanded or evaluated.

use crate::ast::{Define, Directive, DirectiveKind, Ident};
use crate::lex;
use crate::source::SourceText;
use crate::span::Span;
use crate::token::{Punct, Token, TokenKind};

/// Reads the preprocessor line under `span`.
pub(crate) fn parse_directive(source: &SourceText, span: Span) -> Directive {
    let tokens = lex::lex_span(source, span);
    let kind = Line {
        source,
        span,
        tokens: &tokens,
    }
    .kind()
    .unwrap_or(DirectiveKind::Other);
    Directive { span, kind }
}

/// The `#` and the word behind it, for messages about the line.
pub(crate) fn head_span(source: &SourceText, span: Span) -> Span {
    let tokens = lex::lex_span(source, span);
    tokens
        .iter()
        .take(2)
        .map(|token| token.span)
        .reduce(Span::to)
        .unwrap_or(span)
}

struct Line<'a> {
    source: &'a SourceText,
    span: Span,
    tokens: &'a [Token],
}

impl Line<'_> {
    /// What the line does; `None` if it is none of the lines we know, or malformed.
    fn kind(&self) -> Option<DirectiveKind> {
        let word = self.ident(1)?;
        Some(match word.name.as_str() {
            "include" | "include_next" | "import" => self.include()?,
            "define" => DirectiveKind::Define(self.define()?),
            "undef" => DirectiveKind::Undef(self.ident(2)?),
            "if" => DirectiveKind::If(self.rest(2)),
            // Without a name the line still opens a group.
            "ifdef" => self
                .ident(2)
                .map_or(DirectiveKind::If(self.rest(2)), DirectiveKind::Ifdef),
            "ifndef" => self
                .ident(2)
                .map_or(DirectiveKind::If(self.rest(2)), DirectiveKind::Ifndef),
            "elif" | "elifdef" | "elifndef" => DirectiveKind::Elif(self.rest(2)),
            "else" => DirectiveKind::Else,
            "endif" => DirectiveKind::Endif,
            _ => DirectiveKind::Other,
        })
    }

    /// The word at `index`; a keyword is an ordinary word to the preprocessor.
    fn ident(&self, index: usize) -> Option<Ident> {
        let token = self.tokens.get(index)?;
        let is_word = matches!(token.kind, TokenKind::Ident | TokenKind::Keyword(_));
        is_word.then(|| Ident {
            name: lex::clean(self.source.slice(token.span)).into_owned(),
            span: token.span,
        })
    }

    fn is(&self, index: usize, punct: Punct) -> bool {
        self.tokens
            .get(index)
            .is_some_and(|token| token.kind.is(punct))
    }

    /// From the token at `index` to the last one; empty at the end of the line if there is none.
    fn rest(&self, index: usize) -> Span {
        let rest = self.tokens.get(index..).unwrap_or(&[]);
        rest.iter()
            .map(|token| token.span)
            .reduce(Span::to)
            .unwrap_or(self.span.at_end())
    }

    fn include(&self) -> Option<DirectiveKind> {
        let first = self.tokens.get(2)?;
        let angled = first.kind.is(Punct::Lt);
        let from = self
            .source
            .slice(Span::new(first.span.start, self.span.end));
        let close = if angled {
            from.find('>')?
        } else {
            from.get(1..)?.find('"')? + 1
        };
        let path = from
            .get(1..close)
            .filter(|_| angled || from.starts_with('"'))?
            .to_owned();
        let len = u32::try_from(close + 1).ok()?;
        let path_span = Span::new(first.span.start, first.span.start + len);
        Some(DirectiveKind::Include {
            path,
            path_span,
            angled,
        })
    }

    fn define(&self) -> Option<Define> {
        let name = self.ident(2)?;
        // Only a parenthesis right behind the name opens a parameter list.
        let next = self.tokens.get(3);
        let is_function = next.is_some_and(|token| {
            token.kind.is(Punct::LeftParen) && token.span.start == name.span.end
        });
        if !is_function {
            return Some(Define {
                name,
                params: None,
                variadic: false,
                body: self.rest(3),
            });
        }
        let (params, variadic, body) = self.params(4)?;
        Some(Define {
            name,
            params: Some(params),
            variadic,
            body: self.rest(body),
        })
    }

    /// The parameters from token `index` on, whether they end in `...`, and where the body begins.
    fn params(&self, mut index: usize) -> Option<(Vec<Ident>, bool, usize)> {
        let mut params = Vec::new();
        let mut variadic = false;
        while !self.is(index, Punct::RightParen) {
            if let Some(param) = self.ident(index) {
                params.push(param);
                index += 1;
            }
            if self.is(index, Punct::Ellipsis) {
                variadic = true;
                index += 1;
            }
            if self.is(index, Punct::Comma) && !variadic {
                index += 1;
            } else if !self.is(index, Punct::RightParen) {
                return None;
            }
        }
        Some((params, variadic, index + 1))
    }
}
