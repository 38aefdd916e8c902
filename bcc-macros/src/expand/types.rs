//! C types as Rust types.
//!
//! In: the types of a program. Out: [`Types`], which knows the Rust type of every C type that has
//! one, and the plan by which each struct and union is laid out.

use super::plan::Plan;
use crate::names::Names;
use crate::span_map::SpanMap;
use bcc_lang::program::{Type, TypeDef, TypeDefKind, TypeName};
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote};
use std::collections::{BTreeMap, BTreeSet};

/// Names every generated module has, whatever the C text says.
const FIXED_TYPES: &[&str] = &[
    "Module",
    "Maps",
    "Progs",
    "Consts",
    "InitialGlobals",
    "Globals",
    "Bpf",
    "Builder",
];

/// The generated types of one program.
pub(crate) struct Types<'p> {
    entries: Vec<Entry<'p>>,
    by_name: BTreeMap<&'p TypeName, usize>,
    /// Types of members without a name, whose members belong to the struct around them.
    anonymous: BTreeSet<&'p TypeName>,
}

/// One generated type.
pub(crate) struct Entry<'p> {
    /// Its Rust name.
    pub(crate) ident: Ident,
    /// What it is generated from.
    pub(crate) def: &'p TypeDef,
    /// What it becomes.
    pub(crate) shape: Shape,
}

/// What a type definition becomes.
pub(crate) enum Shape {
    /// A struct with fields, or bytes with accessors.
    Record(Plan),
    /// A number with named values.
    Enum {
        /// Rust's integer of the same size and sign.
        integer: Ident,
    },
}

/// A Rust type and what a struct that holds it must know.
#[derive(Clone)]
pub(crate) struct RustType {
    /// The type.
    pub(crate) tokens: TokenStream,
    /// Size in bytes, the same as in C.
    pub(crate) size: u64,
    /// Alignment in bytes that Rust gives it.
    pub(crate) align: u64,
    /// Whether it can only be compared in part.
    pub(crate) floats: bool,
    /// Whether `align(n)` stands on it or in it: Rust keeps such types out of packed ones.
    pub(crate) over_aligned: bool,
}

impl RustType {
    fn plain(tokens: TokenStream, size: u64, align: u64) -> Self {
        Self {
            tokens,
            size,
            align,
            floats: false,
            over_aligned: false,
        }
    }
}

impl<'p> Types<'p> {
    /// Plans all types; each must stand behind those it contains.
    pub(crate) fn new(defs: &'p [TypeDef], spans: &SpanMap) -> Self {
        let mut names = Names::with(FIXED_TYPES);
        let anonymous = defs.iter().flat_map(anonymous_names).collect();
        let mut types = Self {
            entries: Vec::new(),
            by_name: BTreeMap::new(),
            anonymous,
        };
        for def in defs {
            if types.by_name.contains_key(&def.name) {
                continue;
            }
            let ident = names.type_name(&def.name.name, spans.start(def.span));
            let shape = types.shape(def, spans);
            types.by_name.insert(&def.name, types.entries.len());
            types.entries.push(Entry { ident, def, shape });
        }
        types
    }

    fn shape(&self, def: &TypeDef, spans: &SpanMap) -> Shape {
        match &def.kind {
            TypeDefKind::Struct(members) => {
                Shape::Record(Plan::of_struct(def, members, self, spans))
            }
            TypeDefKind::Union(members) => Shape::Record(Plan::of_union(def, members, self, spans)),
            TypeDefKind::Enum {
                signed,
                variants: _,
            } => Shape::Enum {
                integer: integer(def.size, *signed),
            },
        }
    }

    /// The generated types, each behind those it contains.
    pub(crate) fn entries(&self) -> &[Entry<'p>] {
        &self.entries
    }

    /// Whether the text has no use for the type but as a member without a name.
    pub(crate) fn is_anonymous(&self, entry: &Entry<'_>) -> bool {
        self.anonymous.contains(&entry.def.name)
    }

    /// The generated type for a name of the C text.
    pub(crate) fn entry(&self, name: &TypeName) -> Option<&Entry<'p>> {
        self.by_name.get(name).map(|index| &self.entries[*index])
    }

    /// The Rust type of a C type; `None` if its size is not known before the program meets a
    /// kernel.
    pub(crate) fn rust_type(&self, ty: &Type) -> Option<RustType> {
        match ty {
            Type::Void | Type::Function | Type::Unknown(_) => None,
            Type::Bool => Some(RustType::plain(quote!(::bcc_runtime::types::Bool), 1, 1)),
            Type::Char => Some(RustType::plain(quote!(i8), 1, 1)),
            Type::Int { size, signed } => {
                let name = integer(u64::from(*size), *signed);
                Some(RustType::plain(
                    quote!(#name),
                    u64::from(*size),
                    u64::from(*size),
                ))
            }
            Type::Float { size } => {
                let name = format_ident!("f{}", u32::from(*size) * 8);
                let ty = RustType::plain(quote!(#name), u64::from(*size), u64::from(*size));
                Some(RustType { floats: true, ..ty })
            }
            Type::Pointer(_) => Some(RustType::plain(quote!(::bcc_runtime::types::Address), 8, 8)),
            Type::Array { element, len } => self.array(element, *len),
            Type::Named(name) => self.entry(name).map(named),
        }
    }

    fn array(&self, element: &Type, len: u64) -> Option<RustType> {
        let count = Literal::u64_unsuffixed(len);
        if *element == Type::Char {
            return Some(RustType::plain(
                quote!(::bcc_runtime::types::CharArray<#count>),
                len,
                1,
            ));
        }
        let element = self.rust_type(element)?;
        let item = &element.tokens;
        Some(RustType {
            tokens: quote!([#item; #count]),
            size: element.size.checked_mul(len)?,
            ..element
        })
    }
}

fn anonymous_names(def: &TypeDef) -> impl Iterator<Item = &TypeName> {
    let members = match &def.kind {
        TypeDefKind::Struct(members) | TypeDefKind::Union(members) => members.as_slice(),
        TypeDefKind::Enum { .. } => &[],
    };
    members
        .iter()
        .filter_map(|member| match (&member.name, &member.ty) {
            (None, Type::Named(name)) if member.bit_width.is_none() => Some(name),
            _ => None,
        })
}

fn named(entry: &Entry<'_>) -> RustType {
    let ident = &entry.ident;
    let ty = RustType::plain(quote!(#ident), entry.def.size, entry.def.align);
    match &entry.shape {
        Shape::Record(plan) => RustType {
            floats: plan.floats,
            over_aligned: plan.over_aligned,
            ..ty
        },
        // Rust aligns the integer in it by its size, whatever an attribute asks for in C.
        Shape::Enum { integer: _ } => RustType {
            align: entry.def.size,
            ..ty
        },
    }
}

/// Rust's integer type of the given size in bytes.
pub(crate) fn integer(size: u64, signed: bool) -> Ident {
    Ident::new(
        &format!("{}{}", if signed { 'i' } else { 'u' }, size * 8),
        Span::call_site(),
    )
}
