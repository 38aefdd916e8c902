//! The maps of a program as fields of `Maps`.
//!
//! In: the program's maps. Out: the struct with one typed handle per map, and the code that fills
//! it from the loaded object.

use super::types::Types;
use crate::names::Names;
use crate::span_map::SpanMap;
use bcc_lang::program::{Map, MapKind, Type};
use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// `struct Maps`, and the expression of type `Result<Maps>` over a variable `loaded`.
pub(crate) fn expand_maps(
    maps: &[Map],
    types: &Types<'_>,
    spans: &SpanMap,
) -> (TokenStream, TokenStream) {
    let mut names = Names::default();
    let idents: Vec<Ident> = maps
        .iter()
        .map(|map| names.field(&map.name, spans.start(map.span)))
        .collect();
    let fields = maps
        .iter()
        .zip(&idents)
        .map(|(map, ident)| expand_field(map, maps, ident, types));
    let c_names = maps.iter().map(|map| &map.name);
    let definition = quote! {
        #[doc = "The maps of the program."]
        pub struct Maps { #(#fields)* }
    };
    let build = quote! {
        ::core::result::Result::Ok(Maps { #(#idents: loaded.map(#c_names)?,)* })
    };
    (definition, build)
}

fn expand_field(map: &Map, maps: &[Map], ident: &Ident, types: &Types<'_>) -> TokenStream {
    let ty = expand_map_type(map, maps, types);
    let doc = describe(map, types);
    quote!(#[doc = #doc] pub #ident: #ty,)
}

fn expand_map_type(map: &Map, maps: &[Map], types: &Types<'_>) -> TokenStream {
    let (key, value) = (
        expand_content(Some(&map.key), types),
        expand_content(Some(&map.value), types),
    );
    match map.kind {
        MapKind::Hash | MapKind::LruHash | MapKind::LpmTrie => {
            quote!(::bcc_runtime::map::Hash<#key, #value>)
        }
        MapKind::PercpuHash | MapKind::LruPercpuHash => {
            quote!(::bcc_runtime::map::PercpuHash<#key, #value>)
        }
        MapKind::Array => quote!(::bcc_runtime::map::Array<#value>),
        MapKind::PercpuArray => quote!(::bcc_runtime::map::PercpuArray<#value>),
        MapKind::PerfEventArray => {
            let event = expand_content(map.event.as_ref(), types);
            quote!(::bcc_runtime::map::PerfEventArray<#event>)
        }
        MapKind::RingBuf => {
            let event = expand_content(map.event.as_ref(), types);
            quote!(::bcc_runtime::map::RingBuf<#event>)
        }
        MapKind::StackTrace => quote!(::bcc_runtime::map::StackTrace),
        MapKind::StackTraceBuildId => quote!(::bcc_runtime::map::StackTraceBuildId),
        MapKind::SkStorage => quote!(::bcc_runtime::map::SkStorage<#value>),
        MapKind::InodeStorage => quote!(::bcc_runtime::map::InodeStorage<#value>),
        MapKind::TaskStorage => quote!(::bcc_runtime::map::TaskStorage<#value>),
        MapKind::CgroupStorage => quote!(::bcc_runtime::map::CgroupStorage<#value>),
        MapKind::PercpuCgroupStorage => quote!(::bcc_runtime::map::PercpuCgroupStorage<#value>),
        MapKind::ArrayOfMaps => {
            let inner = expand_inner(map, maps, types);
            quote!(::bcc_runtime::map::ArrayOfMaps<#inner>)
        }
        MapKind::HashOfMaps => {
            let inner = expand_inner(map, maps, types);
            quote!(::bcc_runtime::map::HashOfMaps<#key, #inner>)
        }
        MapKind::Extern => quote!(::bcc_runtime::map::Extern),
        MapKind::Queue | MapKind::Stack => quote!(::bcc_runtime::map::Queue<#value>),
        MapKind::ProgArray => quote!(::bcc_runtime::map::ProgArray),
        MapKind::CgroupArray => quote!(::bcc_runtime::map::CgroupArray),
        MapKind::DevMap => quote!(::bcc_runtime::map::DevMap),
        MapKind::CpuMap => quote!(::bcc_runtime::map::CpuMap),
        MapKind::XskMap => quote!(::bcc_runtime::map::XskMap),
        MapKind::SockMap => quote!(::bcc_runtime::map::SockMap),
        MapKind::SockHash => quote!(::bcc_runtime::map::SockHash<#key>),
        MapKind::PerfCounterArray => quote!(::bcc_runtime::map::PerfCounterArray),
    }
}

/// The handle of the maps that a map of maps holds.
fn expand_inner(map: &Map, maps: &[Map], types: &Types<'_>) -> TokenStream {
    let inner = maps
        .iter()
        .find(|inner| map.inner.as_ref() == Some(&inner.name) && !inner.kind.holds_maps());
    inner.map_or_else(
        || quote!(::bcc_runtime::map::Untyped),
        |inner| expand_map_type(inner, maps, types),
    )
}

/// What a map holds: bytes, where only the running kernel knows the type.
fn expand_content(ty: Option<&Type>, types: &Types<'_>) -> TokenStream {
    ty.and_then(|ty| types.rust_type(ty))
        .map_or_else(|| quote!(::bcc_runtime::map::Bytes), |ty| ty.tokens)
}

/// One line of documentation: kind and sizes.
fn describe(map: &Map, types: &Types<'_>) -> String {
    let kind = match map.kind {
        MapKind::Extern => "another program's table".to_owned(),
        kind => format!("`{}`", kind.kernel_name()),
    };
    let size = |ty: &Type| {
        let size = types.rust_type(ty).map(|ty| ty.size);
        size.map_or_else(
            || "of a size only the kernel knows".to_owned(),
            |size| format!("of {size} bytes"),
        )
    };
    if map.kind.carries_events() {
        return match &map.event {
            Some(event) => format!("`{}`, {kind} with events {}.", map.name, size(event)),
            None => format!("`{}`, {kind}.", map.name),
        };
    }
    let (key, value) = (size(&map.key), size(&map.value));
    format!("`{}`, {kind} with keys {key} and values {value}.", map.name)
}
