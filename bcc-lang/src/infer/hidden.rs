//! Variables that a macro of the text uses by their names.

use super::Infer;
use crate::ast::{DirectiveKind, Unit};
use crate::lex::lex_span;
use crate::source::SourceText;
use crate::token::TokenKind;
use std::collections::{BTreeSet, HashMap};

/// The names in the bodies of each macro, of all its definitions.
#[derive(Debug, Default)]
pub(super) struct MacroNames(HashMap<String, BTreeSet<String>>);

impl MacroNames {
    pub(super) fn read(unit: &Unit, source: &SourceText) -> Self {
        let mut names: HashMap<String, BTreeSet<String>> = HashMap::new();
        for directive in &unit.directives {
            let DirectiveKind::Define(define) = &directive.kind else {
                continue;
            };
            let tokens = lex_span(source, define.body);
            let idents = tokens.iter().filter(|token| token.kind == TokenKind::Ident);
            names
                .entry(define.name.name.clone())
                .or_default()
                .extend(idents.map(|token| source.slice(token.span).to_owned()));
        }
        Self(names)
    }

    /// The names a use of `name` brings, by way of other macros too.
    fn reached(&self, name: &str) -> BTreeSet<&str> {
        let mut reached = BTreeSet::new();
        let mut open: Vec<&String> = self.0.get(name).into_iter().flatten().collect();
        while let Some(name) = open.pop() {
            if reached.insert(name.as_str()) {
                open.extend(self.0.get(name).into_iter().flatten());
            }
        }
        reached
    }
}

impl Infer<'_> {
    /// Notes that a use of the macro `name`, if it is one, uses the variables its body names.
    pub(super) fn use_macro(&mut self, name: &str) {
        for inner in self.macro_names.reached(name) {
            if let Some(used) = self
                .scopes
                .find(inner)
                .and_then(|var| self.out.used.get_mut(&var.id.0))
            {
                *used = true;
            }
        }
    }
}
