//! Rust types for the structs, unions and enums of the C text.
//!
//! In: planned types. Out: `repr(C)` items whose layout is asserted, that accept every bit pattern
//! and that print their members by name.

use super::access::{expand_accessors, expand_views};
use super::members::Leaf;
use super::plan::{Piece, PieceKind, Plan, Repr};
use super::serialize::expand_serialize_enum;
use super::types::{Entry, Shape, Types, integer};
use crate::names::Names;
use bcc_lang::program::TypeDefKind;
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;

/// All types of the program.
pub(crate) fn expand_types(types: &Types<'_>) -> TokenStream {
    types
        .entries()
        .iter()
        .filter(|entry| !types.is_anonymous(entry))
        .map(expand_type)
        .collect()
}

fn expand_type(entry: &Entry<'_>) -> TokenStream {
    match &entry.shape {
        Shape::Record(plan) => expand_record(entry, plan),
        Shape::Enum { integer } => expand_enum(entry, integer),
    }
}

/// A piece with the name of its field.
pub(crate) struct Field<'p> {
    /// The field.
    pub(crate) ident: Ident,
    /// What it holds.
    pub(crate) piece: &'p Piece,
}

fn expand_record(entry: &Entry<'_>, plan: &Plan) -> TokenStream {
    let ident = &entry.ident;
    let doc = format!(
        "`{}` of the C text, {} bytes.",
        entry.def.name, entry.def.size
    );
    let fields = name_fields(&plan.pieces);
    let definitions = fields.iter().map(|field| expand_field(field, plan.repr));
    let derives = expand_derives(plan.floats);
    let repr = expand_repr(plan.repr);
    let accessors = expand_accessors(ident, &fields);
    let views = expand_views(ident, &fields);
    let assertions = expand_assertions(entry, &fields);
    quote! {
        #[doc = #doc]
        #derives
        #repr
        pub struct #ident { #(#definitions)* }
        #accessors
        #views
        #assertions
    }
}

/// Members keep their names; bytes for several members, and padding, get names of their own.
fn name_fields(pieces: &[Piece]) -> Vec<Field<'_>> {
    let mut names = Names::default();
    // Members come first, so that only invented names give way.
    let mut member = |leaf: &Leaf| names.field(&leaf.name, leaf.span);
    let members: Vec<Option<Ident>> = pieces
        .iter()
        .map(|piece| piece.member().map(&mut member))
        .collect();
    let (mut paddings, mut storages) = (0, 0);
    let mut invented = |piece: &Piece| {
        let padding = matches!(piece.kind, PieceKind::Padding);
        let (prefix, count) = if padding {
            ("_pad", &mut paddings)
        } else {
            ("_bytes", &mut storages)
        };
        let name = format!("{prefix}{count}");
        *count += 1;
        names.field(&name, Span::call_site())
    };
    let name = |(piece, member): (_, Option<Ident>)| Field {
        ident: member.unwrap_or_else(|| invented(piece)),
        piece,
    };
    pieces.iter().zip(members).map(name).collect()
}

fn expand_field(Field { ident, piece }: &Field<'_>, repr: Repr) -> TokenStream {
    let doc = match &piece.kind {
        PieceKind::Field(leaf) => format!("`{}` at byte {}.", leaf.name, piece.offset),
        PieceKind::Padding => "Padding; the kernel compares it in keys.".to_owned(),
        PieceKind::Storage(_) => "Bytes that the methods look into.".to_owned(),
    };
    let bytes = || expand_bytes(piece, repr);
    let ty = piece
        .member()
        .map_or_else(bytes, |leaf| leaf.ty.tokens.clone());
    quote!(#[doc = #doc] pub #ident: #ty,)
}

/// An array that has the size and, unless the struct is packed, the alignment of `piece`.
fn expand_bytes(piece: &Piece, repr: Repr) -> TokenStream {
    let is_packed = matches!(repr, Repr::Packed(_));
    let align = if is_packed { 1 } else { piece.align };
    let unit = integer(align, false);
    let count = Literal::u64_unsuffixed(piece.size / align);
    quote!([#unit; #count])
}

fn expand_repr(repr: Repr) -> TokenStream {
    let unsuffixed = Literal::u64_unsuffixed;
    match repr {
        Repr::C => quote!(#[repr(C)]),
        Repr::Align(align) => {
            let align = unsuffixed(align);
            quote!(#[repr(C, align(#align))])
        }
        Repr::Packed(limit) => {
            let limit = unsuffixed(limit);
            quote!(#[repr(C, packed(#limit))])
        }
    }
}

/// The traits all generated types have. Floating-point members allow for fewer.
fn expand_derives(floats: bool) -> TokenStream {
    let total = if floats {
        TokenStream::new()
    } else {
        quote!(#[derive(::core::cmp::Eq, ::core::cmp::Ord, ::core::hash::Hash)])
    };
    quote! {
        #[derive(
            ::core::clone::Clone, ::core::marker::Copy,
            ::core::cmp::PartialEq, ::core::cmp::PartialOrd,
            ::bcc_runtime::__private::zerocopy::FromBytes,
            ::bcc_runtime::__private::zerocopy::IntoBytes,
            ::bcc_runtime::__private::zerocopy::Immutable,
            ::bcc_runtime::__private::zerocopy::KnownLayout,
            ::bcc_runtime::__private::bytemuck::Zeroable,
            ::bcc_runtime::__private::bytemuck::Pod,
        )]
        #total
        #[zerocopy(crate = "::bcc_runtime::__private::zerocopy")]
        #[bytemuck(crate = "::bcc_runtime::__private::bytemuck")]
    }
}

/// Assertions that Rust puts every byte where C has it.
fn expand_assertions(entry: &Entry<'_>, fields: &[Field<'_>]) -> TokenStream {
    let ident = &entry.ident;
    let size = Literal::u64_unsuffixed(entry.def.size);
    let align = Literal::u64_unsuffixed(entry.def.align);
    let offsets = fields
        .iter()
        .filter(|field| field.piece.member().is_some())
        .map(|field| {
            let (name, offset) = (&field.ident, Literal::u64_unsuffixed(field.piece.offset));
            quote!(::core::assert!(::core::mem::offset_of!(#ident, #name) == #offset);)
        });
    quote! {
        const _: () = {
            ::core::assert!(::core::mem::size_of::<#ident>() == #size);
            ::core::assert!(::core::mem::align_of::<#ident>() == #align);
            #(#offsets)*
        };
    }
}

/// A number with named values: the kernel may send any other one as well.
fn expand_enum(entry: &Entry<'_>, integer: &Ident) -> TokenStream {
    let TypeDefKind::Enum { variants, .. } = &entry.def.kind else {
        return TokenStream::new();
    };
    let ident = &entry.ident;
    let size = Literal::u64_unsuffixed(entry.def.size);
    let doc = format!("`{}` of the C text.", entry.def.name);
    let derives = expand_derives(false);
    let mut names = Names::default();
    let mut constants = TokenStream::new();
    let mut rows = TokenStream::new();
    for (name, value) in variants {
        let constant = names.field(name, ident.span());
        let literal = Literal::i128_unsuffixed(*value);
        let doc = format!("`{name}`, {value}.");
        constants.extend(quote!(#[doc = #doc] pub const #constant: Self = Self(#literal);));
        rows.extend(quote!((#literal, #name),));
    }
    let type_name = ident.to_string();
    let serialize = expand_serialize_enum(ident, &rows);
    quote! {
        #[doc = #doc]
        #derives
        #[derive(::core::default::Default)]
        #[repr(transparent)]
        pub struct #ident(#[doc = "The value, which need not be one of the named ones."] pub #integer);
        impl #ident { #constants }
        impl ::core::fmt::Debug for #ident {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::bcc_runtime::types::raw::debug_enum(f, #type_name, self.0 as i128, &[#rows])
            }
        }
        #serialize
        const _: () = ::core::assert!(::core::mem::size_of::<#ident>() == #size);
    }
}
