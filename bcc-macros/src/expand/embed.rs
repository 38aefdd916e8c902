//! The program as constant data for the runtime.
//!
//! In: the checked program. Out: `SOURCE`, and the expression of type `Spec`.

use super::layouts::{LayoutRow, layout_rows};
use super::types::Types;
use bcc_lang::program::{Map, Probe, ProbeKind, Program, Sharing, Site, Trampoline};
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt as _;

/// The rewritten C as a public constant.
pub(crate) fn expand_source(program: &Program) -> TokenStream {
    let code = &program.code;
    quote! {
        #[doc = "The rewritten C, with `#line` marks back to where it came from."]
        pub const SOURCE: &str = #code;
    }
}

/// What the program asks of the runtime.
pub(crate) fn expand_spec(name: &Ident, program: &Program, types: &Types<'_>) -> TokenStream {
    let name = expand_text(&name.unraw().to_string());
    let maps = program.maps.iter().map(|map| expand_map(map, types));
    let probes = program.probes.iter().map(expand_probe);
    let (layout_members, layouts) = expand_layouts(types);
    let sites = program.sites.iter().map(expand_site);
    let needs = &program.needs;
    let [names, defined, locals, members] =
        [&needs.names, &needs.defined, &needs.locals, &needs.members]
            .map(|list| expand_texts(list));
    let includes = expand_texts(&needs.includes);
    let tracepoints = needs.tracepoints.iter().map(|(category, event)| {
        let (category, event) = (expand_text(category), expand_text(event));
        quote!((#category, #event))
    });
    quote! {
        type Text = ::std::borrow::Cow<'static, str>;
        const MAPS: &[::bcc_runtime::__private::MapSpec] = &[#(#maps),*];
        const PROBES: &[::bcc_runtime::__private::ProbeSpec] = &[#(#probes),*];
        #layout_members
        const SITES: &[::bcc_runtime::__private::SiteSpec] = &[#(#sites),*];
        const LAYOUTS: &[::bcc_runtime::__private::LayoutSpec] = &[#layouts];
        const NAMES: &[Text] = &#names;
        const DEFINED: &[Text] = &#defined;
        const LOCALS: &[Text] = &#locals;
        const MEMBERS: &[Text] = &#members;
        const INCLUDES: &[Text] = &#includes;
        const TRACEPOINTS: &[(Text, Text)] = &[#(#tracepoints),*];
        ::bcc_runtime::__private::Spec {
            name: #name,
            source: ::std::borrow::Cow::Borrowed(SOURCE),
            maps: ::std::borrow::Cow::Borrowed(MAPS),
            probes: ::std::borrow::Cow::Borrowed(PROBES),
            layouts: ::std::borrow::Cow::Borrowed(LAYOUTS),
            kernel_names: ::std::borrow::Cow::Borrowed(NAMES),
            kernel_defined: ::std::borrow::Cow::Borrowed(DEFINED),
            kernel_locals: ::std::borrow::Cow::Borrowed(LOCALS),
            kernel_members: ::std::borrow::Cow::Borrowed(MEMBERS),
            includes: ::std::borrow::Cow::Borrowed(INCLUDES),
            tracepoints: ::std::borrow::Cow::Borrowed(TRACEPOINTS),
            requirements: requirements(),
            sites: ::std::borrow::Cow::Borrowed(SITES),
        }
    }
}

fn expand_text(text: &str) -> TokenStream {
    quote!(::std::borrow::Cow::Borrowed(#text))
}

fn expand_texts(texts: &[String]) -> TokenStream {
    let texts = texts.iter().map(|text| expand_text(text));
    quote!([#(#texts),*])
}

fn expand_option(value: Option<impl ToTokens>) -> TokenStream {
    value.map_or_else(
        || quote!(::core::option::Option::None),
        |value| quote!(::core::option::Option::Some(#value)),
    )
}

fn expand_map(map: &Map, types: &Types<'_>) -> TokenStream {
    let (name, kind) = (expand_text(&map.name), expand_text(map.kind.kernel_name()));
    let size = |ty| {
        // The kernel counts sizes in 32 bits; a larger one it will refuse by itself.
        let size = types
            .rust_type(ty)
            .and_then(|ty| u32::try_from(ty.size).ok());
        expand_option(size)
    };
    let (key_size, value_size) = (size(&map.key), size(&map.value));
    let sharing = expand_sharing(map.sharing);
    let max_entries = expand_option(map.max_entries);
    let inner = expand_option(map.inner.as_deref().map(expand_text));
    quote! {
        ::bcc_runtime::__private::MapSpec {
            name: #name, kind: #kind, key_size: #key_size, value_size: #value_size,
            max_entries: #max_entries, sharing: ::bcc_runtime::__private::SharingSpec::#sharing, inner: #inner,
        }
    }
}

fn expand_site(site: &Site) -> TokenStream {
    let (map, method) = (expand_text(&site.map), expand_text(site.method));
    let function = expand_option(site.function.as_deref().map(expand_text));
    let (line, column) = (site.place.line, site.place.column);
    quote! {
        ::bcc_runtime::__private::SiteSpec {
            map: #map, method: #method, function: #function, line: #line, column: #column,
        }
    }
}

fn expand_sharing(sharing: Sharing) -> TokenStream {
    match sharing {
        Sharing::Private => quote!(Private),
        Sharing::Pinned => quote!(Pinned),
        Sharing::Public => quote!(Public),
        Sharing::Shared => quote!(Shared),
        Sharing::Extern => quote!(Extern),
    }
}

fn expand_probe(probe: &Probe) -> TokenStream {
    let (name, attach) = (expand_text(&probe.name), expand_attach(&probe.kind));
    let hook_arguments = probe.hook_arguments.map_or_else(
        || quote!(::core::option::Option::None),
        |count| quote!(::core::option::Option::Some(#count)),
    );
    quote! {
        ::bcc_runtime::__private::ProbeSpec {
            name: #name, attach: ::bcc_runtime::__private::AttachSpec::#attach,
            hook_arguments: #hook_arguments,
        }
    }
}

fn expand_attach(kind: &ProbeKind) -> TokenStream {
    match kind {
        ProbeKind::Registers => quote!(Registers),
        ProbeKind::Any => quote!(Any),
        ProbeKind::RawTracepointFn => quote!(RawTracepointFn),
        ProbeKind::PerfEvent => quote!(PerfEvent),
        ProbeKind::Kprobe { function } => expand_variant("Kprobe", &[("function", function)]),
        ProbeKind::Kretprobe { function } => expand_variant("Kretprobe", &[("function", function)]),
        ProbeKind::Syscall { call } => expand_variant("Syscall", &[("call", call)]),
        ProbeKind::Trampoline(to) => expand_trampoline(to),
        ProbeKind::Iter { target } => expand_variant("Iter", &[("target", target)]),
        ProbeKind::Tracepoint { category, event } => {
            expand_variant("Tracepoint", &[("category", category), ("event", event)])
        }
        ProbeKind::TracepointFn { category, event } => {
            expand_variant("TracepointFn", &[("category", category), ("event", event)])
        }
        ProbeKind::RawTracepoint { event } => expand_variant("RawTracepoint", &[("event", event)]),
        ProbeKind::Network { context, .. } => {
            expand_variant("Network", &[("context", context.tag())])
        }
        ProbeKind::Section { name } => expand_variant("Section", &[("name", name)]),
    }
}

fn expand_trampoline(to: &Trampoline) -> TokenStream {
    let hook = Ident::new(to.hook.name(), proc_macro2::Span::call_site());
    let module = to.module.as_ref().map_or_else(
        || quote!(::core::option::Option::None),
        |module| {
            let module = expand_text(module);
            quote!(::core::option::Option::Some(#module))
        },
    );
    let (function, arguments) = (expand_text(&to.function), to.arguments);
    quote! {
        Trampoline {
            hook: ::bcc_runtime::__private::Hook::#hook,
            module: #module,
            function: #function,
            arguments: #arguments,
        }
    }
}

/// `Variant { field: text, .. }`
fn expand_variant(variant: &str, fields: &[(&str, &str)]) -> TokenStream {
    let ident = |name: &str| Ident::new(name, proc_macro2::Span::call_site());
    let variant = ident(variant);
    let names = fields.iter().map(|(name, _)| ident(name));
    let values = fields.iter().map(|(_, value)| expand_text(value));
    quote!(#variant { #(#names: #values),* })
}

/// A constant per layout for its members, and the layouts that refer to them: before Rust 1.89 a
/// constant could not hold a borrowed list inside a call.
fn expand_layouts(types: &Types<'_>) -> (TokenStream, TokenStream) {
    let mut members = TokenStream::new();
    let mut layouts = TokenStream::new();
    for (index, layout) in layout_rows(types).into_iter().enumerate() {
        let list = quote::format_ident!("MEMBERS_{index}");
        let rows = layout.members.iter().map(
            |LayoutRow {
                 name,
                 bit_offset,
                 bit_size,
             }| {
                let name = expand_text(name);
                quote!((#name, #bit_offset, #bit_size))
            },
        );
        let (name, size) = (expand_text(&layout.name), layout.size);
        members.extend(quote!(const #list: &[(Text, u64, u64)] = &[#(#rows),*];));
        layouts.extend(quote! {
            ::bcc_runtime::__private::LayoutSpec {
                name: #name, size: #size, members: ::std::borrow::Cow::Borrowed(#list),
            },
        });
    }
    (members, layouts)
}
