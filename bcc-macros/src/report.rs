//! Messages of the front end as messages of the Rust compiler.
//!
//! In: diagnostics, sorted by place. Out: a [`syn::Error`] with one part per error, and tokens that
//! make the compiler print the warnings.

use crate::input::{Form, Text};
use bcc_lang::diag::{Diagnostic, Level};
use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use std::fmt::Write as _;
use syn::Error;

/// All errors among `diagnostics`, in their order.
pub(crate) fn errors(diagnostics: &[Diagnostic], text: &Text) -> Option<Error> {
    diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.level == Level::Error && text.faithful)
        .map(|diagnostic| error(diagnostic, text))
        .reduce(|mut all, next| {
            all.combine(next);
            all
        })
}

fn error(diagnostic: &Diagnostic, text: &Text) -> Error {
    let (start, end) = text.spans.ends(diagnostic.span);
    // The compiler joins the places of the first and the last token.
    let mut tokens = quote_spanned!(start=> _);
    tokens.extend(quote_spanned!(end=> _));
    Error::new_spanned(tokens, message(diagnostic, text))
}

/// All warnings among `diagnostics`, as items for the generated module.
///
/// A macro cannot warn on stable Rust. The use of a deprecated item does, at the place of that use,
/// and `#[allow(deprecated)]` on the module silences it.
pub(crate) fn warnings(diagnostics: &[Diagnostic], text: &Text) -> TokenStream {
    diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.level == Level::Warning && text.faithful)
        .map(|diagnostic| warning(diagnostic, text))
        .collect()
}

fn warning(diagnostic: &Diagnostic, text: &Text) -> TokenStream {
    let name = Ident::new("C_TEXT", text.spans.start(diagnostic.span));
    let note = message(diagnostic, text);
    quote! {
        const _: () = {
            #[deprecated(note = #note)]
            const C_TEXT: () = ();
            #name
        };
    }
}

/// The whole message: the compiler has no place for notes from a macro but the message itself.
fn message(diagnostic: &Diagnostic, text: &Text) -> String {
    match text.form {
        Form::Block => block_message(diagnostic, text),
        // The compiler can only point at the literal or the path, so the message shows the line.
        Form::Literal | Form::File(_) => {
            let rendered = diagnostic.render(&text.source);
            let message = rendered
                .split_once(": ")
                .map_or("", |(_level, message)| message);
            message.trim_end().to_owned()
        }
    }
}

fn block_message(diagnostic: &Diagnostic, text: &Text) -> String {
    let mut out = diagnostic.message.clone();
    for (span, label) in &diagnostic.labels {
        let line = text.source.position(span.start).line;
        let _ = write!(out, "\nnote: line {line}: {label}");
    }
    if let Some(help) = &diagnostic.help {
        let _ = write!(out, "\nhelp: {help}");
    }
    out
}
