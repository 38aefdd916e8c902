//! Methods and trait implementations of generated structs and unions.
//!
//! In: the fields of a type. Out: getters and setters for members that are not fields, `Default`
//! as zeros, and `Debug` over all members.

use super::members::{BitKind, Bits, Leaf};
use super::serialize::expand_serialize;
use super::structs::Field;
use super::types::integer;
use crate::names::Names;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;

/// `impl` block with a getter and a setter for each member that is not a field.
pub(crate) fn expand_accessors(ident: &Ident, fields: &[Field<'_>]) -> TokenStream {
    let methods: TokenStream = stored_members(fields).iter().map(expand_pair).collect();
    if methods.is_empty() {
        methods
    } else {
        quote!(impl #ident { #methods })
    }
}

/// A member behind methods.
struct Stored<'p> {
    field: &'p Field<'p>,
    leaf: &'p Leaf,
    getter: Ident,
    setter: Ident,
}

/// The members that are not fields, with the names of their methods.
fn stored_members<'p>(fields: &'p [Field<'p>]) -> Vec<Stored<'p>> {
    let mut names = Names::default();
    let members = || {
        fields
            .iter()
            .flat_map(|field| field.piece.stored().iter().map(move |leaf| (field, leaf)))
    };
    // Getters come first, so that only setters give way.
    let getters: Vec<Ident> = members()
        .map(|(_, leaf)| names.field(&leaf.name, leaf.span))
        .collect();
    let mut with_setter = |((field, leaf), getter): ((_, &'p Leaf), _)| {
        let setter = names.field(&format!("set_{}", leaf.name), leaf.span);
        Stored {
            field,
            leaf,
            getter,
            setter,
        }
    };
    members().zip(getters).map(&mut with_setter).collect()
}

fn expand_pair(member: &Stored<'_>) -> TokenStream {
    match member.leaf.bits {
        Some(bits) => expand_bit_pair(member, bits),
        None => expand_byte_pair(member),
    }
}

/// Getter and setter of a member that takes whole bytes.
fn expand_byte_pair(
    Stored {
        field,
        leaf,
        getter,
        setter,
    }: &Stored<'_>,
) -> TokenStream {
    let storage = &field.ident;
    let ty = &leaf.ty.tokens;
    let offset = Literal::u64_unsuffixed(leaf.bit_offset / 8);
    let (get_doc, set_doc) = docs(&leaf.name, "");
    quote! {
        #[doc = #get_doc]
        #[must_use]
        pub fn #getter(&self) -> #ty { ::bcc_runtime::types::raw::read(&self.#storage, #offset) }
        #[doc = #set_doc]
        pub fn #setter(&mut self, value: #ty) {
            ::bcc_runtime::types::raw::write(&mut self.#storage, #offset, &value);
        }
    }
}

/// Getter and setter of a bit-field.
fn expand_bit_pair(member: &Stored<'_>, bits: Bits) -> TokenStream {
    let Stored {
        field,
        leaf,
        getter,
        setter,
    } = member;
    let storage = &field.ident;
    let (offset, width) = (
        Literal::u64_unsuffixed(leaf.bit_offset),
        Literal::u32_unsuffixed(bits.width),
    );
    let ty = if bits.kind == BitKind::Bool {
        quote!(bool)
    } else {
        leaf.ty.tokens.clone()
    };
    let raw = if bits.kind.is_signed() {
        quote!(read_signed_bits)
    } else {
        quote!(read_bits)
    };
    let read = quote!(::bcc_runtime::types::raw::#raw(&self.#storage, #offset, #width));
    let from_bits = match bits.kind {
        BitKind::Bool => quote!(#read != 0),
        BitKind::Number { signed: _ } => quote!(#read as #ty),
        BitKind::Enum { signed, size } => {
            let integer = integer(size, signed);
            quote!(#ty(#read as #integer))
        }
    };
    let value = match bits.kind {
        BitKind::Bool | BitKind::Number { signed: _ } => quote!(value as u128),
        BitKind::Enum { .. } => quote!(value.0 as u128),
    };
    let (get_doc, set_doc) = docs(&leaf.name, &format!(", a bit-field of {} bits", bits.width));
    quote! {
        #[doc = #get_doc]
        #[must_use]
        pub fn #getter(&self) -> #ty { #from_bits }
        #[doc = #set_doc]
        pub fn #setter(&mut self, value: #ty) {
            ::bcc_runtime::types::raw::write_bits(&mut self.#storage, #offset, #width, #value);
        }
    }
}

fn docs(name: &str, what: &str) -> (String, String) {
    (
        format!("Reads `{name}`{what}."),
        format!("Writes `{name}`{what}; bits too many are dropped."),
    )
}

impl BitKind {
    const fn is_signed(self) -> bool {
        match self {
            Self::Bool => false,
            Self::Number { signed } | Self::Enum { signed, size: _ } => signed,
        }
    }
}

/// `Default` as zeros, `Debug` that shows every member and no padding, and `Serialize` if asked for.
pub(crate) fn expand_views(ident: &Ident, fields: &[Field<'_>]) -> TokenStream {
    let type_name = ident.to_string();
    let members = shown_members(fields);
    let shown = members
        .iter()
        .map(|(name, value)| quote!(.field(#name, &#value)));
    let serialize = expand_serialize(ident, &members);
    quote! {
        impl ::core::default::Default for #ident {
            fn default() -> Self { ::bcc_runtime::__private::zerocopy::FromZeros::new_zeroed() }
        }
        impl ::core::fmt::Debug for #ident {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.debug_struct(#type_name) #(#shown)* .finish()
            }
        }
        #serialize
    }
}

/// The names and values of the members, in the order of their offsets.
fn shown_members<'p>(fields: &'p [Field<'p>]) -> Vec<(&'p str, TokenStream)> {
    let direct = fields.iter().filter_map(|field| {
        let (leaf, name) = (field.piece.member()?, &field.ident);
        // The copy makes it work for packed structs as well.
        Some((field.piece.offset * 8, &*leaf.name, quote!({ self.#name })))
    });
    let stored = stored_members(fields).into_iter().map(
        |Stored {
             field,
             leaf,
             getter,
             ..
         }| {
            (
                field.piece.offset * 8 + leaf.bit_offset,
                &*leaf.name,
                quote!(self.#getter()),
            )
        },
    );
    let mut shown: Vec<_> = direct.chain(stored).collect();
    shown.sort_by_key(|(offset, ..)| *offset);
    let shown = shown.into_iter();
    shown.map(|(_, name, value)| (name, value)).collect()
}
