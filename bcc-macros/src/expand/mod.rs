//! The generated module.
//!
//! In: the header and a checked program. Out: Rust items. Every path is absolute and every name
//! comes from [`crate::names`], so that neither the user's names nor those of the C text can get in
//! the way.

mod access;
mod ahead;
mod embed;
mod layouts;
mod maps;
mod members;
mod plan;
mod probes;
mod requirements;
mod serialize;
mod structs;
mod types;
mod variables;

use crate::input::{Form, Header};
use crate::span_map::SpanMap;
use bcc_lang::program::Program;
use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt as _;
use types::Types;

/// The module that `header` names, with everything generated from `program`.
///
/// `extra` holds more items for it.
pub(crate) fn expand_module(
    header: &Header,
    program: &Program,
    spans: &SpanMap,
    extra: &TokenStream,
) -> TokenStream {
    let Header {
        attributes,
        visibility,
        name,
    } = header;
    let attributes = &attributes.rest;
    let doc = format!(
        "The BPF program `{}`.{}",
        name.unraw(),
        requirements::document(program)
    );
    let requirements = requirements::expand_requirements(program);
    let types = Types::new(&program.types, spans);
    let structs = structs::expand_types(&types);
    let source = embed::expand_source(program);
    let (maps, build_maps) = maps::expand_maps(&program.maps, &types, spans);
    let (progs, build_progs) = probes::expand_probes(&program.probes, spans);
    let consts = variables::expand_consts(&program.globals, &types, spans);
    let initial = variables::expand_initial(&program.globals, &types, spans);
    let (globals, build_globals) = variables::expand_globals(&program.globals, &types, spans);
    let spec = embed::expand_spec(name, program, &types);
    let entry_points = expand_entry_points();
    let ahead = ahead::expand_ahead(name);
    quote! {
        // The names a tracing tool nearly always needs; names of the user's own win over them.
        #[allow(unused_imports)]
        use ::bcc_runtime::prelude::*;
        #attributes
        #[doc = #doc]
        #[allow(
            dead_code, missing_debug_implementations, unreachable_pub,
            non_camel_case_types, non_snake_case, non_upper_case_globals, unreachable_patterns,
            clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction
        )]
        #visibility mod #name {
            #extra
            #structs
            #source
            #maps
            #progs
            #consts
            #initial
            #globals
            #requirements
            #[doc = "The program as the runtime knows it."]
            #[derive(::core::default::Default)]
            pub struct Module;
            impl ::bcc_runtime::__private::Module for Module {
                type Maps = Maps;
                type Progs = Progs;
                type Globals = Globals;
                fn spec(
                    &mut self,
                ) -> ::bcc_runtime::Result<::bcc_runtime::__private::Spec> {
                    ::core::result::Result::Ok({ #spec })
                }
                #ahead
                fn maps(
                    &self, loaded: &mut ::bcc_runtime::__private::Loaded,
                ) -> ::bcc_runtime::Result<Maps> { #build_maps }
                fn progs(
                    &self, loaded: &mut ::bcc_runtime::__private::Loaded,
                ) -> ::bcc_runtime::Result<Progs> { #build_progs }
                fn globals(
                    &self, loaded: &mut ::bcc_runtime::__private::Loaded,
                ) -> ::bcc_runtime::Result<Globals> { #build_globals }
            }
            impl ::bcc_runtime::__private::Typed for Module {
                type Consts = Consts;
                type InitialGlobals = InitialGlobals;
            }
            #entry_points
        }
    }
}

/// What the user calls.
fn expand_entry_points() -> TokenStream {
    quote! {
        #[doc = "The loaded program: `maps`, `progs`, and what is attached."]
        pub type Bpf = ::bcc_runtime::Bpf<Module>;
        #[doc = "Options for loading the program."]
        pub type Builder = ::bcc_runtime::Builder<Module>;
        #[doc = "Compiles, loads and attaches the program with the default options."]
        #[doc = ""]
        #[doc = "# Errors"]
        #[doc = ""]
        #[doc = "As for `bcc_runtime::Builder::load`."]
        pub fn load() -> ::bcc_runtime::Result<Bpf> { builder().load() }
        #[doc = "Options for loading the program."]
        #[must_use]
        pub fn builder() -> Builder { ::bcc_runtime::Builder::new() }
    }
}

/// Makes the compiler watch the file the C text comes from.
pub(crate) fn expand_tracking(form: &Form) -> TokenStream {
    match form {
        Form::File(path) => quote!(
            const _: &str = ::core::include_str!(#path);
        ),
        Form::Block | Form::Literal => TokenStream::new(),
    }
}
