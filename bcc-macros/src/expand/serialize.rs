//! How generated types are serialized.
//!
//! In: a type and its members. Out: an implementation of serde's `Serialize`, or nothing unless the
//! feature `serde` is on.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;

/// A struct or union, as a struct of its members.
pub(super) fn expand_serialize(ident: &Ident, members: &[(&str, TokenStream)]) -> TokenStream {
    let type_name = ident.to_string();
    let count = Literal::usize_unsuffixed(members.len());
    let fields = members.iter().map(|(name, value)| {
        quote! {
            ::bcc_runtime::__private::serde::ser::SerializeStruct::serialize_field(
                &mut members, #name, &::bcc_runtime::types::raw::Member(&#value),
            )?;
        }
    });
    implement(
        ident,
        &quote! {
            let mut members = ::bcc_runtime::__private::serde::Serializer::serialize_struct(
                serializer, #type_name, #count,
            )?;
            #(#fields)*
            ::bcc_runtime::__private::serde::ser::SerializeStruct::end(members)
        },
    )
}

/// An enum, as the name of its value or else as a number; `rows` has the names.
pub(super) fn expand_serialize_enum(ident: &Ident, rows: &TokenStream) -> TokenStream {
    implement(
        ident,
        &quote!(::bcc_runtime::types::raw::serialize_enum(serializer, self.0 as i128, &[#rows])),
    )
}

fn implement(ident: &Ident, body: &TokenStream) -> TokenStream {
    if !cfg!(feature = "serde") {
        return TokenStream::new();
    }
    quote! {
        impl ::bcc_runtime::__private::serde::Serialize for #ident {
            fn serialize<S: ::bcc_runtime::__private::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> { #body }
        }
        impl ::bcc_runtime::types::raw::SerializeMember for #ident {
            fn serialize_member<S: ::bcc_runtime::__private::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                ::bcc_runtime::__private::serde::Serialize::serialize(self, serializer)
            }
        }
    }
}
