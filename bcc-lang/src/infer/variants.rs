//! Macros that could not be written out where they are used, because an `#if` gives them several
//! definitions: their bodies are looked at where they stand.
//!
//! In: the definitions, and what their uses pass. Out: what is known of the expressions in the
//! bodies, for parameters that lead wherever any use leads them.

use super::scope::VarId;
use super::space::Space;
use super::{Infer, Value};
use crate::ast::{Arg, DirectiveKind, Expr, Ident, Unit};
use crate::parse::parse_expr_at;
use crate::program::Type;
use crate::source::SourceText;
use crate::unfold::Hiding;

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
    /// All definitions that hide something.
    pub(super) fn read_all(unit: &Unit, source: &SourceText) -> Vec<Self> {
        let hiding = Hiding::find(&unit.directives, source);
        let defines = unit
            .directives
            .iter()
            .filter_map(|directive| match &directive.kind {
                DirectiveKind::Define(define) => Some(define),
                _ => None,
            });
        defines
            .filter(|define| hiding.contains(&define.name.name))
            .map(|define| Self {
                name: define.name.name.clone(),
                params: define.params.clone().unwrap_or_default(),
                body: parse_expr_at(source, define.body).filter(|_| !define.variadic),
                result: Space::Plain,
            })
            .collect()
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
