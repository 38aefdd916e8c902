//! What the types of a text are and where their members lie.
//!
//! In: a [`Unit`]. Out: [`TypeTable`]: typedefs, structs, unions, enums and their constants,
//! variables and macros, by which specifiers and declarators become [`Type`]s, constant expressions
//! become numbers, and types get the layout that clang gives them for the bpf target.
//!
//! What the text does not define is the kernel's, and not known here beyond the tables of
//! [`known`]: such a struct keeps its name, such a typedef is [`Type::Unknown`], and nothing that
//! contains one by value has a layout.

mod collect;
mod constant;
mod define;
mod expr;
mod modifiers;
mod naming;
mod reader;
mod scope;
#[cfg(test)]
mod tests;

use crate::ast::{self, Declarator, Derived, Expr, Initializer, Specifiers, Unit};
use crate::condition::Conditions;
use crate::consts::Value;
use crate::diag::Diagnostics;
use crate::known;
use crate::layout::{EnumLayout, Layout};
use crate::macros::Meaning;
use crate::program::{Member, Type, TypeDef, TypeDefKind, TypeKeyword, TypeName};
use crate::source::SourceText;
use crate::span::Span;
use collect::Collector;
use reader::{Reader, Resolved};
use scope::Scoped;
use std::collections::{BTreeMap, BTreeSet};

/// Everything a text says about types.
#[derive(Clone, Debug)]
pub struct TypeTable {
    source: SourceText,
    /// Whether well-known structs of the kernel count as defined.
    knows_kernel: bool,
    conditions: Conditions,
    typedefs: Scoped<Resolved>,
    /// Tags with their keyword, such as `struct a`.
    tags: Scoped<TypeName>,
    constants: Scoped<Option<Value>>,
    variables: Scoped<Type>,
    /// Result types of functions.
    functions: BTreeMap<String, Type>,
    /// What each definition is called, by where it stands.
    spelled: BTreeMap<SpelledAt, TypeName>,
    /// In the order of the text: what a type contains by value stands before it.
    definitions: Vec<Definition>,
    by_name: BTreeMap<TypeName, usize>,
}

/// Where a definition stands; for one that a macro expands to, also where the macro is used.
type SpelledAt = (Option<u32>, Span);

/// A struct, union or enum.
#[derive(Clone, Debug)]
pub struct Definition {
    name: TypeName,
    span: Span,
    at_file_scope: bool,
    shape: Shape,
    /// `None` if it depends on something that is not known here.
    layout: Option<Layout>,
}

#[derive(Clone, Debug)]
enum Shape {
    /// A struct or union.
    Record {
        /// Their offsets mean nothing without a layout.
        members: Vec<Member>,
        /// Whether it is a header of packets.
        is_packet: bool,
    },
    /// An enum; without a layout, not all values are known.
    Enum {
        layout: Option<EnumLayout>,
        variants: Vec<(String, i128)>,
    },
}

impl TypeTable {
    /// Collects the types of a text; a struct that contains itself is reported.
    #[must_use]
    pub fn build(unit: &Unit, source: &SourceText, diagnostics: &mut Diagnostics) -> Self {
        let mut table = Self::empty(unit, source, true);
        Collector::new(&mut table, source, diagnostics).unit(unit);
        table
    }

    /// The definitions of a text that needs no well-known struct.
    pub(crate) fn well_known_definitions(unit: &Unit, source: &SourceText) -> Vec<Definition> {
        let mut table = Self::empty(unit, source, false);
        Collector::new(&mut table, source, &mut Diagnostics::new()).unit(unit);
        table.definitions
    }

    fn empty(unit: &Unit, source: &SourceText, knows_kernel: bool) -> Self {
        Self {
            knows_kernel,
            source: source.clone(),
            conditions: Conditions::read(&unit.directives, source),
            typedefs: Scoped::default(),
            tags: Scoped::default(),
            constants: Scoped::default(),
            variables: Scoped::default(),
            functions: BTreeMap::new(),
            spelled: BTreeMap::new(),
            definitions: Vec::new(),
            by_name: BTreeMap::new(),
        }
    }

    /// Which parts of the text are compiled, and its macros.
    #[must_use]
    pub const fn conditions(&self) -> &Conditions {
        &self.conditions
    }

    /// The type that specifiers and a declarator give to a name.
    #[must_use]
    pub fn resolve(&self, specifiers: &Specifiers, declarator: &Declarator) -> Type {
        self.reader().declared(specifiers, declarator).ty
    }

    /// The type of a type name.
    #[must_use]
    pub fn resolve_type_name(&self, ty: &ast::TypeName) -> Type {
        self.resolve(&ty.specifiers, &ty.declarator)
    }

    /// The type of a variable with an initialiser, which may say how long an array is:
    /// `char s[] = "abc"`.
    #[must_use]
    pub fn resolve_initialized(
        &self,
        specifiers: &Specifiers,
        declarator: &Declarator,
        init: &Initializer,
    ) -> Type {
        self.reader().initialized(specifiers, declarator, init)
    }

    /// The type that a function returns.
    #[must_use]
    pub fn result_type(&self, specifiers: &Specifiers, declarator: &Declarator) -> Type {
        self.reader().result(specifiers, declarator)
    }

    /// The type of an expression, if it can be told from declarations of the text.
    #[must_use]
    pub fn type_of(&self, expr: &Expr) -> Option<Type> {
        self.reader().type_of(expr)
    }

    /// The value of a constant integer expression, or `None` if it is not known here.
    #[must_use]
    pub fn const_eval(&self, expr: &Expr) -> Option<i128> {
        self.reader().constant(expr).map(Value::get)
    }

    /// The value of an enum constant of the file scope, of a macro as it stands at the end of the
    /// text, or of a well-known constant.
    #[must_use]
    pub fn constant(&self, name: &str) -> Option<i128> {
        self.reader().named_constant(name).map(Value::get)
    }

    /// The type of a variable at file scope.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&Type> {
        self.variables.at_file_scope(name)
    }

    /// Whether `name` is, or may be, a macro at the end of the text.
    #[must_use]
    pub fn is_macro(&self, name: &str) -> bool {
        *self.conditions.macros().meaning(name, u32::MAX) != Meaning::Undefined
    }

    /// Whether the text itself defines this struct, union or enum.
    #[must_use]
    pub fn defines(&self, name: &TypeName) -> bool {
        self.by_name.contains_key(name)
    }

    /// Whether C can name this type outside all functions, as a `_Static_assert` there must.
    #[must_use]
    pub fn is_nameable(&self, name: &TypeName) -> bool {
        !name.name.contains("::")
            && self
                .definition(name)
                .is_none_or(|definition| definition.at_file_scope)
    }

    /// The names the text declares outside all functions: typedefs, enum constants, variables,
    /// functions, and the tags of the types it defines.
    pub fn file_scope_names(&self) -> impl Iterator<Item = &str> {
        let tags = self
            .definitions
            .iter()
            .filter(|definition| definition.at_file_scope);
        let tags = tags
            .map(|definition| definition.name.name.as_str())
            .filter(|name| !name.contains("::"));
        let functions = self.functions.keys().map(String::as_str);
        let names = self
            .typedefs
            .file_scope_names()
            .chain(self.constants.file_scope_names());
        names
            .chain(self.variables.file_scope_names())
            .chain(functions)
            .chain(tags)
    }

    /// The names of all members of the structs and unions the text defines.
    pub fn member_names(&self) -> impl Iterator<Item = &str> {
        let records = self
            .definitions
            .iter()
            .filter_map(|definition| match &definition.shape {
                Shape::Record { members, .. } => Some(members),
                Shape::Enum { .. } => None,
            });
        records
            .flatten()
            .filter_map(|member| member.name.as_deref())
    }

    /// Size and alignment of a type, or `None` if they are not known here.
    #[must_use]
    pub fn layout(&self, ty: &Type) -> Option<Layout> {
        match ty {
            Type::Bool | Type::Char => Some(Layout::scalar(1)),
            Type::Int { size, .. } | Type::Float { size } => Some(Layout::scalar(u64::from(*size))),
            Type::Pointer(_) => Some(Layout::scalar(8)),
            Type::Array { element, len } => self.layout(element)?.array(*len),
            Type::Named(name) => self.definition(name)?.layout,
            Type::Void | Type::Function | Type::Unknown(_) => None,
        }
    }

    /// The members of a struct or union, also of one whose layout is not known: then their offsets
    /// are all zero.
    #[must_use]
    pub fn members(&self, name: &TypeName) -> Option<&[Member]> {
        match &self.definition(name)?.shape {
            Shape::Record { members, .. } => Some(members),
            Shape::Enum { .. } => None,
        }
    }

    /// Whether a struct is a header of packets, whose members are read from a packet.
    #[must_use]
    pub fn is_packet(&self, ty: &Type) -> bool {
        let Type::Named(name) = ty else { return false };
        self.definition(name).is_some_and(|definition| {
            matches!(
                definition.shape,
                Shape::Record {
                    is_packet: true,
                    ..
                }
            )
        })
    }

    /// The type of a member, also of one inside an anonymous struct or union.
    #[must_use]
    pub fn member_type(&self, record: &Type, member: &str) -> Option<Type> {
        self.find_member(record, member)
            .map(|(_, member)| member.ty.clone())
    }

    /// A member with its offset in bits from the start of `record`; the offset is `None` if it is
    /// not known.
    #[must_use]
    pub fn find_member(&self, record: &Type, member: &str) -> Option<(Option<u64>, &Member)> {
        let Type::Named(name) = record else {
            return None;
        };
        let is_laid_out = self.definition(name)?.layout.is_some();
        for candidate in self.members(name)? {
            let own = is_laid_out.then_some(candidate.bit_offset);
            match &candidate.name {
                Some(name) if name == member => return Some((own, candidate)),
                Some(_) => {}
                None => {
                    if let Some((inner, found)) = self.find_member(&candidate.ty, member) {
                        let offset = own
                            .zip(inner)
                            .and_then(|(own, inner)| own.checked_add(inner));
                        return Some((offset, found));
                    }
                }
            }
        }
        None
    }

    /// The definition of one type with its layout, or `None` if either is not known here.
    #[must_use]
    pub fn type_def(&self, name: &TypeName) -> Option<TypeDef> {
        self.definition(name)?.type_def()
    }

    /// Every struct, union and enum that `roots` hold by value, each behind those it contains.
    ///
    /// A type without a known layout is left out, and so is what it contains.
    #[must_use]
    pub fn type_defs(&self, roots: &[Type]) -> Vec<TypeDef> {
        let mut reached = BTreeSet::new();
        let mut open: Vec<&TypeName> = roots.iter().filter_map(held_by_value).collect();
        while let Some(name) = open.pop() {
            let Some(definition) = self
                .definition(name)
                .filter(|definition| definition.layout.is_some())
            else {
                continue;
            };
            if reached.insert(name) {
                open.extend(definition.held_by_value());
            }
        }
        let well_known = known::definitions()
            .iter()
            .filter(|definition| !self.defines(&definition.name));
        let all = well_known.chain(&self.definitions);
        all.filter(|definition| reached.contains(&definition.name))
            .filter_map(Definition::type_def)
            .collect()
    }

    fn definition(&self, name: &TypeName) -> Option<&Definition> {
        let own = self
            .by_name
            .get(name)
            .and_then(|index| self.definitions.get(*index));
        own.or_else(|| self.knows_kernel.then(|| known::definition(name)).flatten())
    }

    fn reader(&self) -> Reader<'_> {
        Reader::new(self, &self.source)
    }
}

impl Definition {
    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &TypeName {
        &self.name
    }

    fn held_by_value(&self) -> impl Iterator<Item = &TypeName> {
        let members: &[Member] = match &self.shape {
            Shape::Record { members, .. } => members,
            Shape::Enum { .. } => &[],
        };
        members
            .iter()
            .filter_map(|member| held_by_value(&member.ty))
    }

    /// The definition with its layout, or `None` if that is not known.
    #[must_use]
    pub fn type_def(&self) -> Option<TypeDef> {
        let layout = self.layout?;
        let kind = match (&self.shape, self.name.keyword) {
            (Shape::Record { members, .. }, TypeKeyword::Union) => {
                TypeDefKind::Union(members.clone())
            }
            (Shape::Record { members, .. }, _) => TypeDefKind::Struct(members.clone()),
            (Shape::Enum { layout, variants }, _) => TypeDefKind::Enum {
                signed: (*layout)?.signed,
                variants: variants.clone(),
            },
        };
        Some(TypeDef {
            name: self.name.clone(),
            span: self.span,
            kind,
            size: layout.size,
            align: layout.align,
        })
    }
}

/// The struct, union or enum that a value of type `ty` contains, if it does.
fn held_by_value(ty: &Type) -> Option<&TypeName> {
    match ty {
        Type::Named(name) => Some(name),
        Type::Array { element, .. } => held_by_value(element),
        Type::Void
        | Type::Bool
        | Type::Char
        | Type::Int { .. }
        | Type::Float { .. }
        | Type::Pointer(_)
        | Type::Function
        | Type::Unknown(_) => None,
    }
}

/// The steps of a function's declarator that its result has.
fn result_steps(declarator: &Declarator) -> &[Derived] {
    match declarator.derived.as_slice() {
        [Derived::Function(_), result @ ..] => result,
        steps => steps,
    }
}
