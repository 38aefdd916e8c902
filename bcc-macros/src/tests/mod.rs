//! Expansions, parsed and checked by their structure.

mod doors;
mod module;
mod types;

use crate::attributes::Attributes;
use crate::expand::expand_module;
use crate::input::Header;
use crate::span_map::SpanMap;
use bcc_lang::program::{
    Global, GlobalSection, KernelNeeds, Map, MapKind, Member, Probe, ProbeKind, Program, Type,
    TypeDef, TypeDefKind, TypeKeyword, TypeName,
};
use bcc_lang::requirements::Requirements;
use bcc_lang::span::Span as TextSpan;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use std::collections::BTreeMap;

const HERE: TextSpan = TextSpan::new(0, 0);
const U8: Type = Type::Int {
    size: 1,
    signed: false,
};
const U32: Type = Type::Int {
    size: 4,
    signed: false,
};
const I32: Type = Type::Int {
    size: 4,
    signed: true,
};
const U64: Type = Type::Int {
    size: 8,
    signed: false,
};

fn type_name(keyword: TypeKeyword, name: &str) -> TypeName {
    TypeName {
        keyword,
        name: name.to_owned(),
    }
}

fn tagged(name: &str) -> Type {
    Type::Named(type_name(TypeKeyword::Struct, name))
}

fn array(element: Type, len: u64) -> Type {
    Type::Array {
        element: Box::new(element),
        len,
    }
}

fn member(name: &str, ty: Type, offset: u64) -> Member {
    let name = (!name.is_empty()).then(|| name.to_owned());
    Member {
        name,
        span: HERE,
        ty,
        bit_offset: offset * 8,
        bit_width: None,
    }
}

fn bits(name: &str, ty: Type, bit_offset: u64, width: u32) -> Member {
    Member {
        bit_offset,
        bit_width: Some(width),
        ..member(name, ty, 0)
    }
}

fn record(name: &str, size: u64, align: u64, members: Vec<Member>) -> TypeDef {
    let kind = TypeDefKind::Struct(members);
    TypeDef {
        name: type_name(TypeKeyword::Struct, name),
        span: HERE,
        kind,
        size,
        align,
    }
}

fn union(name: &str, size: u64, align: u64, members: Vec<Member>) -> TypeDef {
    TypeDef {
        kind: TypeDefKind::Union(members),
        ..record(name, size, align, Vec::new())
    }
}

fn program(types: Vec<TypeDef>) -> Program {
    Program {
        code: "int x;".to_owned(),
        license: "GPL".to_owned(),
        maps: Vec::new(),
        probes: Vec::new(),
        types,
        globals: Vec::new(),
        needs: KernelNeeds::default(),
        requirements: Requirements::default(),
        sites: Vec::new(),
    }
}

/// The generated items, by the name they define; implementations by what they implement.
struct Module {
    items: BTreeMap<String, syn::Item>,
}

impl Module {
    fn of(program: &Program) -> Self {
        let header = Header {
            attributes: Attributes {
                rest: quote!(#[cfg(all())]),
                ..Attributes::none()
            },
            visibility: quote!(pub),
            name: Ident::new("opens", Span::call_site()),
        };
        let spans = SpanMap::single(Span::call_site());
        Self::parse(expand_module(&header, program, &spans, &TokenStream::new()))
    }

    fn parse(tokens: TokenStream) -> Self {
        let file: syn::File = syn::parse2(tokens).expect("the expansion is Rust");
        let module = file.items.into_iter().find_map(|item| match item {
            syn::Item::Mod(module) => Some(module),
            _ => None,
        });
        let (_, items) = module
            .and_then(|module| module.content)
            .expect("there is a module");
        let items = items.into_iter().map(|item| (key(&item), item)).collect();
        Self { items }
    }

    fn item(&self, key: &str) -> &syn::Item {
        self.items
            .get(key)
            .unwrap_or_else(|| panic!("`{key}` in {:?}", self.items.keys()))
    }

    /// Names and types of the fields of a struct.
    fn fields(&self, name: &str) -> Vec<(String, String)> {
        let syn::Item::Struct(item) = self.item(name) else {
            panic!("`{name}` is a struct")
        };
        let field = |field: &syn::Field| {
            (
                field
                    .ident
                    .as_ref()
                    .map(ToString::to_string)
                    .unwrap_or_default(),
                text(&field.ty),
            )
        };
        item.fields.iter().map(field).collect()
    }

    /// What stands in `repr(..)`.
    fn repr(&self, name: &str) -> String {
        let syn::Item::Struct(item) = self.item(name) else {
            panic!("`{name}` is a struct")
        };
        let repr = item
            .attrs
            .iter()
            .find(|attribute| attribute.path().is_ident("repr"));
        text(
            &repr
                .expect("a repr")
                .meta
                .require_list()
                .expect("a list")
                .tokens,
        )
    }

    /// Signatures of the methods in `impl name { .. }`.
    fn methods(&self, name: &str) -> Vec<String> {
        let Some(syn::Item::Impl(item)) = self.items.get(&format!("impl {name}")) else {
            return Vec::new();
        };
        let signature = |item: &syn::ImplItem| match item {
            syn::ImplItem::Fn(method) => text(&method.sig),
            syn::ImplItem::Const(constant) => text(&constant.ident),
            other => panic!("unexpected {}", text(other)),
        };
        item.items.iter().map(signature).collect()
    }
}

/// Names an item.
fn key(item: &syn::Item) -> String {
    match item {
        syn::Item::Struct(item) => item.ident.to_string(),
        syn::Item::Const(item) => item.ident.to_string(),
        syn::Item::Type(item) => item.ident.to_string(),
        syn::Item::Fn(item) => item.sig.ident.to_string(),
        syn::Item::Impl(item) => {
            let implemented = item
                .trait_
                .as_ref()
                .map(|(path, _)| format!("{} for ", text(path)));
            format!(
                "impl {}{}",
                implemented.unwrap_or_default(),
                text(&item.self_ty)
            )
        }
        other => panic!("unexpected {}", text(other)),
    }
}

/// Tokens with no white space but what parts two words.
fn text(tokens: &impl ToTokens) -> String {
    let spaced = tokens.to_token_stream().to_string();
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    let mut out = String::new();
    for word in spaced.split_whitespace() {
        if out.ends_with(is_word) && word.starts_with(is_word) {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

fn pairs(list: &[(String, String)]) -> Vec<(&str, &str)> {
    list.iter()
        .map(|(name, ty)| (name.as_str(), ty.as_str()))
        .collect()
}
