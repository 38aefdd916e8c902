//! The `const volatile` variables of a program as fields of `Consts`.
//!
//! In: the program's globals. Out: the struct with one field per variable whose type is known, as
//! zeros until the runtime has put the initial values in.

use super::types::Types;
use crate::names::Names;
use crate::span_map::SpanMap;
use bcc_lang::program::{Global, GlobalSection};
use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// `struct Consts` and the way the runtime gets at its bytes.
pub(crate) fn expand_consts(globals: &[Global], types: &Types<'_>, spans: &SpanMap) -> TokenStream {
    let known = globals
        .iter()
        .filter(|global| global.section == GlobalSection::Rodata)
        .filter_map(|global| types.rust_type(&global.ty).map(|ty| (global, ty.tokens)));
    let (globals, tys): (Vec<&Global>, Vec<TokenStream>) = known.unzip();
    let mut names = Names::default();
    let idents: Vec<Ident> = globals
        .iter()
        .map(|global| names.field(&global.name, spans.start(global.span)))
        .collect();
    let c_names: Vec<&String> = globals.iter().map(|global| &global.name).collect();
    let docs = c_names
        .iter()
        .map(|name| format!("`{name}` of the C text."));
    quote! {
        #[doc = "The `const volatile` variables, set before load and constant from then on."]
        #[derive(::core::clone::Clone, ::core::fmt::Debug)]
        pub struct Consts { #(#[doc = #docs] pub #idents: #tys,)* }
        impl ::core::default::Default for Consts {
            fn default() -> Self {
                Self { #(#idents: ::bcc_runtime::__private::zerocopy::FromZeros::new_zeroed(),)* }
            }
        }
        impl ::bcc_runtime::__private::Consts for Consts {
            fn each(&mut self, visit: &mut dyn ::core::ops::FnMut(&str, &mut [u8])) {
                #(visit(
                    #c_names,
                    ::bcc_runtime::__private::zerocopy::IntoBytes::as_mut_bytes(&mut self.#idents),
                );)*
            }
        }
    }
}
