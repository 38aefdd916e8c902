//! Type names.
//!
//! In: tokens such as `const struct sock *`. Out: a [`TypeName`].

use super::cursor::Parser;
use super::declarator::Naming;
use crate::ast::{TypeName, TypeSpec};

impl Parser<'_> {
    /// A type without a declared name.
    pub(super) fn parse_type_name(&mut self) -> Option<TypeName> {
        let outer = self.enter()?;
        let result = self.parse_type_name_inner();
        self.leave(outer);
        result
    }

    fn parse_type_name_inner(&mut self) -> Option<TypeName> {
        let start = self.span();
        let specifiers = self.parse_specifiers(false)?;
        if matches!(specifiers.ty, TypeSpec::Missing(_)) {
            self.error_here(format!("expected a type, found {}", self.found()));
            return None;
        }
        let declarator = self.parse_declarator(Naming::Never)?;
        Some(TypeName {
            span: self.span_from(start),
            specifiers,
            declarator,
        })
    }
}
