//! Macros that could not be written out where they are used, because an `#if` gives them several
//! definitions: their bodies are looked at where they stand.
//!
//! In: the definitions, and what their uses pass. Out: what is known of the expressions in the
//! bodies, for parameters that lead wherever any use leads them.

use super::scope::VarId;
use super::space::Space;
use super::{Infer, Value};
use crate::ast::{Arg, Define, DirectiveKind, Expr, Ident, Unit};
use crate::lex::{lex_quietly, lex_span};
use crate::parse::parse_expr_at;
use crate::program::Type;
use crate::source::SourceText;
use crate::token::{Token, TokenKind};
use crate::unfold::Hiding;
use std::collections::BTreeSet;

/// One definition of a macro that hides something.
#[derive(Clone, Debug)]
pub struct Variant {
    name: String,
    params: Vec<Ident>,
    /// Its body; `None` if it is no expression, and so can not be rewritten.
    pub body: Option<Expr>,
    /// What it gives.
    result: Space,
}

impl Variant {
    /// The definitions of all macros that hide something and that the text still uses.
    pub(super) fn read_all(unit: &Unit, source: &SourceText) -> Vec<Self> {
        let hiding = Hiding::find(&unit.directives, source);
        let defines = unit
            .directives
            .iter()
            .filter_map(|directive| match &directive.kind {
                DirectiveKind::Define(define) => Some(define),
                _ => None,
            });
        let defines: Vec<&Define> = defines
            .filter(|define| hiding.contains(&define.name.name))
            .collect();
        if defines.is_empty() {
            return Vec::new();
        }
        let used = used_names(&defines, source);
        defines
            .into_iter()
            .filter(|define| used.contains(define.name.name.as_str()))
            .map(|define| Self {
                name: define.name.name.clone(),
                params: define.params.clone().unwrap_or_default(),
                body: parse_expr_at(source, define.body).filter(|_| !define.variadic),
                result: Space::Plain,
            })
            .collect()
    }
}

/// The names the text uses, those in the bodies of macros it uses included.
fn used_names<'s>(defines: &[&Define], source: &'s SourceText) -> BTreeSet<&'s str> {
    let names = |tokens: Vec<Token>| {
        let idents = tokens
            .into_iter()
            .filter(|token| token.kind == TokenKind::Ident);
        idents.map(|token| source.slice(token.span))
    };
    let mut used: BTreeSet<&str> = names(lex_quietly(source)).collect();
    loop {
        let before = used.len();
        for define in defines {
            if used.contains(define.name.name.as_str()) {
                used.extend(names(lex_span(source, define.body)));
            }
        }
        if used.len() == before {
            return used;
        }
    }
}

impl Infer<'_> {
    /// Passes what is known of the arguments to all definitions of the macro `name`; what they
    /// give, if there are any.
    pub(super) fn use_variants(
        &mut self,
        name: &str,
        args: &[Arg],
        values: &[Value],
    ) -> Option<Value> {
        let mut found = None;
        let variants = std::mem::take(&mut self.out.variants);
        for variant in variants.iter().filter(|variant| variant.name == name) {
            for ((param, value), arg) in variant.params.iter().zip(values).zip(args) {
                self.widen(VarId(param.span), value.space);
                if let Arg::Expr(arg) = arg {
                    let pointees = self.pointees(arg);
                    self.point(VarId(param.span), &pointees);
                }
            }
            found = Some(found.map_or(variant.result, |space: Space| space.join(variant.result)));
        }
        self.out.variants = variants;
        found.map(|space| Value::new(Type::Unknown(String::new()), space))
    }

    /// Goes through the bodies.
    pub(super) fn walk_variants(&mut self) {
        let mut variants = std::mem::take(&mut self.out.variants);
        for variant in &mut variants {
            let Some(body) = &variant.body else { continue };
            self.scopes.enter();
            for param in &variant.params {
                let space = self.spaces.get(&VarId(param.span)).copied();
                let unknown = Type::Unknown(String::new());
                self.declare(param, unknown, space.unwrap_or_default());
            }
            let space = super::expr::rvalue(self.value(body)).space;
            self.scopes.leave();
            let joined = variant.result.join(space);
            self.changed |= joined != variant.result;
            variant.result = joined;
        }
        self.out.variants = variants;
    }
}

impl super::Inference {
    /// Whether a use of the macro `name` stays as it is, with a body nobody can look into.
    #[must_use]
    pub fn is_opaque_macro(&self, name: &str) -> bool {
        let mut variants = self.variants.iter();
        variants.any(|variant| variant.name == name && variant.body.is_none())
    }
}
