//! Names of parameters and local variables, block by block.

use crate::ast::Ident;
use crate::program::Type;
use crate::span::Span;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// A variable, told apart by where its name is declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct VarId(pub(super) Span);

/// A variable in scope.
#[derive(Clone, Debug)]
pub(super) struct Var {
    pub(super) id: VarId,
    pub(super) ty: Type,
}

/// The scopes that are open, outermost first.
#[derive(Debug, Default)]
pub(super) struct Scopes {
    stack: Vec<HashMap<String, Var>>,
}

impl Scopes {
    pub(super) fn enter(&mut self) {
        self.stack.push(HashMap::new());
    }

    pub(super) fn leave(&mut self) {
        self.stack.pop();
    }

    /// Makes a name known in the innermost scope.
    ///
    /// C allows a name once per scope, so that a second declaration stands in another alternative
    /// of an `#if`: the name then means either, and its type is known only if both agree.
    pub(super) fn declare(&mut self, name: &Ident, ty: Type) {
        let Some(scope) = self.stack.last_mut() else {
            return;
        };
        match scope.entry(name.name.clone()) {
            Entry::Vacant(entry) => {
                entry.insert(Var {
                    id: VarId(name.span),
                    ty,
                });
            }
            Entry::Occupied(mut entry) => {
                if entry.get().ty != ty {
                    entry.get_mut().ty = Type::Unknown(String::new());
                }
            }
        }
    }

    /// Corrects the type of a variable of the innermost scope once its initialiser is known.
    pub(super) fn set_type(&mut self, name: &Ident, ty: &Type) {
        if let Some(var) = self
            .stack
            .last_mut()
            .and_then(|scope| scope.get_mut(&name.name))
            && var.id == VarId(name.span)
        {
            var.ty = ty.clone();
        }
    }

    pub(super) fn find(&self, name: &str) -> Option<&Var> {
        self.stack.iter().rev().find_map(|scope| scope.get(name))
    }
}
