//! What definitions are called.
//!
//! In: a definition as it stands in the text. Out: its [`TypeName`]: the tag, the name of the
//! typedef it is made for, or the way to it (`data_t::inner`), which no C name can be.

use super::collect::{Collector, Text, is_typedef};
use crate::ast::{Declaration, Ident, Item, TypeSpec};
use crate::program::{TypeKeyword, TypeName};
use crate::span::Span;

/// What a struct, union or enum without a tag is called.
pub(super) enum Untagged<'n> {
    /// By the typedef it is defined for.
    Typedef(&'n str),
    /// By the way to it, which no C name can be.
    Path(String),
}

impl Collector<'_> {
    /// The name of a definition; a local one whose tag is taken is named after its function.
    pub(super) fn name(
        &mut self,
        keyword: TypeKeyword,
        tag: Option<&Ident>,
        untagged: &Untagged<'_>,
    ) -> TypeName {
        let (keyword, name) = match (tag, untagged) {
            (Some(tag), _) => (keyword, tag.name.clone()),
            (None, Untagged::Typedef(name)) => (TypeKeyword::Typedef, (*name).to_owned()),
            (None, Untagged::Path(path)) => (keyword, path.clone()),
        };
        let name = TypeName { keyword, name };
        match &self.function {
            Some(function) if self.is_taken(&name) || self.file_tags.contains(&name.name) => self
                .free_name(&TypeName {
                    name: format!("{function}::{}", name.name),
                    ..name
                }),
            None if tag.is_none() => self.free_name(&name),
            Some(_) | None => name,
        }
    }

    /// `name`, with a number behind it if it is taken.
    fn free_name(&mut self, name: &TypeName) -> TypeName {
        let mut free = name.clone();
        while self.is_taken(&free) {
            let number = self.numbers.entry(name.clone()).or_insert(1);
            *number = number.saturating_add(1);
            free.name = format!("{}{number}", name.name);
        }
        free
    }

    fn is_taken(&self, name: &TypeName) -> bool {
        self.table.defines(name) || self.open.contains(name)
    }

    /// Makes a definition known by its place and its tag, before what it holds is read.
    pub(super) fn spell(
        &mut self,
        text: Text<'_>,
        span: Span,
        tag: Option<&Ident>,
        name: &TypeName,
    ) {
        self.table
            .spelled
            .insert((text.pinned.map(|used| used.start), span), name.clone());
        if let Some(tag) = tag {
            let spelled = TypeName {
                keyword: name.keyword,
                name: tag.name.clone(),
            }
            .to_string();
            let scope = self.scope();
            self.table
                .tags
                .declare(&spelled, text.at(span), scope, name.clone());
        }
    }

    /// What a definition without a tag is called that stands in `declaration`.
    pub(super) fn untagged<'d>(&self, declaration: &'d Declaration) -> Untagged<'d> {
        let specifiers = &declaration.specifiers;
        let first = declaration
            .declarators
            .first()
            .map(|declared| &declared.declarator);
        let name = first
            .and_then(|declarator| declarator.name.as_ref())
            .map_or("anon", |name| name.name.as_str());
        match first {
            // A typedef that changes the alignment does not name the struct itself.
            Some(declarator)
                if is_typedef(specifiers)
                    && declarator.derived.is_empty()
                    && self
                        .declared_modifiers(specifiers, declarator)
                        .align
                        .is_none() =>
            {
                Untagged::Typedef(name)
            }
            Some(_) | None => Untagged::Path(format!("::{name}")),
        }
    }
}

/// The tag that an item outside all functions defines.
pub(super) fn defined_tag(item: &Item) -> Option<&str> {
    let Item::Declaration(declaration) = item else {
        return None;
    };
    let tag = match &declaration.specifiers.ty {
        TypeSpec::Record(record) => record.members.as_ref().and(record.tag.as_ref()),
        TypeSpec::Enum(spec) => spec.variants.as_ref().and(spec.tag.as_ref()),
        TypeSpec::Builtin(..)
        | TypeSpec::Named(_)
        | TypeSpec::TypeofExpr(..)
        | TypeSpec::TypeofType(..)
        | TypeSpec::Auto(_)
        | TypeSpec::Missing(_) => None,
    };
    tag.map(|tag| tag.name.as_str())
}
