//! Objects that a build script made of the program.
//!
//! In: the module's name. Out: the method that hands them over; nothing where no build script asked
//! for any. What is in the files, `bcc_runtime::ahead` decides.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use std::path::Path;
use syn::ext::IdentExt as _;

/// How a build script says where its objects are; cargo hands it to the compiler of that crate only.
const VARIABLE: &str = "BCC_AHEAD_OBJECTS";

/// The method, if a build script made anything of programs of this name.
pub(crate) fn expand_ahead(name: &Ident) -> TokenStream {
    let folder = std::env::var_os(VARIABLE).unwrap_or_default();
    let path = Path::new(&folder).join(format!("{}.rs", name.unraw()));
    let Some(file) = path
        .to_str()
        .filter(|_| path.is_absolute() && path.is_file())
    else {
        return TokenStream::new();
    };
    quote! {
        fn ahead(&self) -> ::bcc_runtime::__private::Ahead {
            // So that the compiler knows what this depends on.
            const _: ::core::option::Option<&str> = ::core::option_env!(#VARIABLE);
            ::core::include!(#file)
        }
    }
}
