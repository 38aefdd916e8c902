//! The variables of a program at file scope.
//!
//! In: the program's globals. Out: `Consts` and `InitialGlobals`, with one field per variable whose
//! type is known, as zeros until the runtime has put the initial values in; and `Globals`, with one
//! handle per variable that can change while the program runs.

use super::types::Types;
use crate::names::Names;
use crate::span_map::SpanMap;
use bcc_lang::program::{Global, GlobalSection};
use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// `struct Consts`: the variables that are constant once the program is loaded.
pub(crate) fn expand_consts(globals: &[Global], types: &Types<'_>, spans: &SpanMap) -> TokenStream {
    let consts = globals.iter().filter(|global| is_const(global));
    let doc = "The `const volatile` variables, set before load and constant from then on.";
    expand_values(&quote!(Consts), doc, consts, types, spans)
}

/// `struct InitialGlobals`: the values with which the other variables start.
pub(crate) fn expand_initial(
    globals: &[Global],
    types: &Types<'_>,
    spans: &SpanMap,
) -> TokenStream {
    let others = globals.iter().filter(|global| !is_const(global));
    let doc = "The values with which the variables at file scope start.";
    expand_values(&quote!(InitialGlobals), doc, others, types, spans)
}

/// `struct Globals`, and the expression of type `Result<Globals>` over a variable `loaded`.
pub(crate) fn expand_globals(
    globals: &[Global],
    types: &Types<'_>,
    spans: &SpanMap,
) -> (TokenStream, TokenStream) {
    let globals: Vec<&Global> = globals.iter().filter(|global| !is_const(global)).collect();
    let idents = field_names(&globals, spans);
    let tys = globals.iter().map(|global| {
        let known = types.rust_type(&global.ty).map(|ty| ty.tokens);
        known.unwrap_or_else(|| quote!(::bcc_runtime::map::Bytes))
    });
    let c_names: Vec<&String> = globals.iter().map(|global| &global.name).collect();
    let docs = c_names.iter().map(|name| doc_of(name));
    let definition = quote! {
        #[doc = "The variables at file scope that can change while the program runs."]
        pub struct Globals { #(#[doc = #docs] pub #idents: ::bcc_runtime::Global<#tys>,)* }
    };
    let build = quote! {
        ::core::result::Result::Ok(Globals { #(#idents: loaded.global(#c_names)?,)* })
    };
    (definition, build)
}

fn is_const(global: &Global) -> bool {
    match global.section {
        GlobalSection::Rodata => true,
        GlobalSection::Data | GlobalSection::Bss => false,
    }
}

fn field_names(globals: &[&Global], spans: &SpanMap) -> Vec<Ident> {
    let mut names = Names::default();
    globals
        .iter()
        .map(|global| names.field(&global.name, spans.start(global.span)))
        .collect()
}

fn doc_of(name: &str) -> String {
    format!("`{name}` of the C text.")
}

/// A struct with the variables' values, and the way the runtime gets at its bytes.
fn expand_values<'p>(
    ident: &TokenStream,
    doc: &str,
    globals: impl Iterator<Item = &'p Global>,
    types: &Types<'_>,
    spans: &SpanMap,
) -> TokenStream {
    let known =
        globals.filter_map(|global| types.rust_type(&global.ty).map(|ty| (global, ty.tokens)));
    let (globals, tys): (Vec<&Global>, Vec<TokenStream>) = known.unzip();
    let idents = field_names(&globals, spans);
    let c_names: Vec<&String> = globals.iter().map(|global| &global.name).collect();
    let docs = c_names.iter().map(|name| doc_of(name));
    quote! {
        #[doc = #doc]
        #[derive(::core::clone::Clone, ::core::fmt::Debug)]
        pub struct #ident { #(#[doc = #docs] pub #idents: #tys,)* }
        impl ::core::default::Default for #ident {
            fn default() -> Self {
                Self { #(#idents: ::bcc_runtime::__private::zerocopy::FromZeros::new_zeroed(),)* }
            }
        }
        impl ::bcc_runtime::__private::Variables for #ident {
            fn each(&mut self, visit: &mut dyn ::core::ops::FnMut(&str, &mut [u8])) {
                #(visit(
                    #c_names,
                    ::bcc_runtime::__private::zerocopy::IntoBytes::as_mut_bytes(&mut self.#idents),
                );)*
            }
        }
    }
}
