//! Which macros hide something from the rewriter.
//!
//! In: the definitions of a text. Out: [`Hiding`], the names of those in whose body a pointer is
//! followed, an address taken, or something of the dialect written, directly or by another macro.

use crate::ast::{Define, Directive, DirectiveKind};
use crate::dialect::helpers::{KERNEL_POINTER_HELPERS, find_read_helper};
use crate::dialect::maps::MAP_MACROS;
use crate::dialect::probes::PROBE_MACROS;
use crate::lex::{lex_quietly, lex_span};
use crate::source::SourceText;
use crate::token::{Keyword, Punct, Token, TokenKind};
use std::collections::{BTreeMap, BTreeSet};

/// Names of macros that hide something.
#[derive(Debug, Default)]
pub(crate) struct Hiding {
    names: BTreeSet<String>,
    /// Names with several definitions, one of them in an `#if`.
    alternatives: BTreeSet<String>,
}

impl Hiding {
    pub(crate) fn find(directives: &[Directive], source: &SourceText) -> Self {
        let mut bodies: Vec<Body<'_>> = Vec::new();
        let mut defined: BTreeMap<&str, (usize, bool)> = BTreeMap::new();
        let mut depth = 0_usize;
        for directive in directives {
            match &directive.kind {
                DirectiveKind::If(_) | DirectiveKind::Ifdef(_) | DirectiveKind::Ifndef(_) => {
                    depth += 1;
                }
                DirectiveKind::Endif => depth = depth.saturating_sub(1),
                DirectiveKind::Define(define) => {
                    let (count, conditional) = defined.entry(&define.name.name).or_default();
                    *count += 1;
                    *conditional |= depth > 0;
                    bodies.push(Body::read(define, source));
                }
                DirectiveKind::Include { .. }
                | DirectiveKind::Undef(_)
                | DirectiveKind::Elif(_)
                | DirectiveKind::Else
                | DirectiveKind::Other => {}
            }
        }
        let several = defined
            .iter()
            .filter(|(_, (count, conditional))| *count > 1 && *conditional);
        let alternatives = several.map(|(name, _)| (*name).to_owned()).collect();
        let mut hiding = Self {
            alternatives,
            names: BTreeSet::new(),
        };
        hiding.learn_tags(&bodies, source);
        while hiding.learn(&bodies) {}
        hiding
    }

    /// Adds the macros that stand for the tag of a struct: `struct CTX *ctx` with `-DCTX=xdp_md`.
    fn learn_tags(&mut self, bodies: &[Body<'_>], source: &SourceText) {
        let is_name = |body: &&Body<'_>| {
            let one = matches!(&body.tokens[..], [name] if name.kind == TokenKind::Ident);
            one && body.define.params.is_none()
        };
        let mut names = bodies.iter().filter(is_name).peekable();
        if names.peek().is_none() {
            return;
        }
        let tokens = lex_quietly(source);
        let tags: BTreeSet<&str> = tokens
            .windows(2)
            .filter_map(|window| match window {
                [keyword, tag] if starts_record(keyword) => Some(source.slice(tag.span)),
                _ => None,
            })
            .collect();
        let found = names.map(|body| &body.define.name.name);
        self.names
            .extend(found.filter(|name| tags.contains(name.as_str())).cloned());
    }

    /// Adds the macros that use those known so far; `false` if there are no more.
    fn learn(&mut self, bodies: &[Body<'_>]) -> bool {
        let before = self.names.len();
        for body in bodies {
            let uses = |token: &Token| self.names.contains(body.source.slice(token.span));
            if body.hides() || body.tokens.iter().any(uses) {
                self.names.insert(body.define.name.name.clone());
            }
        }
        self.names.len() > before
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Whether only the running system knows which definition of `name` counts.
    pub(crate) fn has_alternatives(&self, name: &str) -> bool {
        self.alternatives.contains(name)
    }
}

/// What a macro stands for.
struct Body<'s> {
    define: &'s Define,
    source: &'s SourceText,
    tokens: Vec<Token>,
}

impl<'s> Body<'s> {
    fn read(define: &'s Define, source: &'s SourceText) -> Self {
        Self {
            define,
            source,
            tokens: lex_span(source, define.body),
        }
    }

    /// Whether it holds something the rewriter must see.
    fn hides(&self) -> bool {
        self.tokens.iter().enumerate().any(|(index, token)| {
            let before = self.tokens.get(..index).unwrap_or(&[]);
            let behind = self.tokens.get(index + 1..).unwrap_or(&[]);
            match token.kind {
                TokenKind::Punct(Punct::Arrow | Punct::LeftBracket) => true,
                TokenKind::Punct(Punct::Star | Punct::And) => self.is_prefix(before),
                TokenKind::Punct(Punct::Dot) => is_call(behind),
                TokenKind::Ident => is_dialect(self.source.slice(token.span)),
                _ => false,
            }
        })
    }

    /// Whether an operator behind these tokens stands in front of its operand.
    fn is_prefix(&self, before: &[Token]) -> bool {
        let Some((last, rest)) = before.split_last() else {
            return true;
        };
        match last.kind {
            TokenKind::Punct(Punct::RightParen) => self.is_cast(rest),
            TokenKind::Punct(Punct::RightBracket)
            | TokenKind::Ident
            | TokenKind::Number
            | TokenKind::Char
            | TokenKind::String
            | TokenKind::Bad(_)
            | TokenKind::End => false,
            // `int **p` declares.
            TokenKind::Punct(Punct::Star) => self.is_prefix(rest),
            TokenKind::Keyword(keyword) => !keyword.is_type_word(),
            TokenKind::Punct(_) | TokenKind::Directive => true,
        }
    }

    /// Whether the parentheses that end behind these tokens hold a type.
    fn is_cast(&self, before: &[Token]) -> bool {
        let open = before
            .iter()
            .rposition(|token| token.kind.is(Punct::LeftParen));
        let inside = open.and_then(|open| before.get(open + 1..)).unwrap_or(&[]);
        match inside {
            // `(u32)*p`, but `(a)*(b)`
            [name] if name.kind == TokenKind::Ident => !self.is_param(name),
            [first, ..] => first.kind.keyword().is_some_and(Keyword::starts_type),
            [] => false,
        }
    }

    fn is_param(&self, name: &Token) -> bool {
        let name = self.source.slice(name.span);
        let params = self.define.params.as_deref().unwrap_or(&[]);
        params.iter().any(|param| param.name == name)
    }
}

fn starts_record(token: &Token) -> bool {
    matches!(
        token.kind,
        TokenKind::Keyword(Keyword::Struct | Keyword::Union)
    )
}

/// Whether `name(` follows.
fn is_call(behind: &[Token]) -> bool {
    matches!(behind, [name, open, ..] if name.kind == TokenKind::Ident && open.kind.is(Punct::LeftParen))
}

/// Whether a name belongs to the dialect.
fn is_dialect(name: &str) -> bool {
    name == "bpf_trace_printk"
        || KERNEL_POINTER_HELPERS.contains(&name)
        || find_read_helper(name).is_some()
        || MAP_MACROS.iter().any(|row| row.name == name)
        || PROBE_MACROS.iter().any(|row| row.name == name)
}
