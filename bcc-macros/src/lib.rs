//! The `bpf_program!` macro of `bcc-runtime`; its documentation is there.
//!
//! ```text
//! tokens -> input -> SourceText -> bcc_lang::compile -> Program -> expand -> Rust items
//!                                                    -> diagnostics -> report -> errors
//! ```

#![forbid(unsafe_code)]

mod attributes;
mod block;
mod expand;
mod fallback;
mod input;
mod leaf;
mod names;
mod report;
mod span_map;
#[cfg(test)]
mod tests;

use bcc_lang::Outcome;
use input::{Header, Input, Text};
use proc_macro2::TokenStream;

/// Takes C in bcc's BPF dialect, checks it, and generates a module that loads it.
///
/// # Forms
///
/// ```text
/// bpf_program! {
///     #[attributes] pub mod NAME;      // optional; without it: mod bpf;
///     struct data_t { u32 pid; };      // the C itself,
///     ...
/// }
/// bpf_program! { mod NAME; r#" .. "# }                        // or a string literal,
/// bpf_program! { mod NAME; include_str!("NAME.bpf.c") }       // or a file
/// ```
///
/// All three give the same program for the same text. Rust reads a block before this macro does, so
/// C that Rust cannot lex needs one of the other forms: a line that ends in `\`, `x##y` without
/// spaces around `##`, `'ab'`, `L"x"`, octal and hexadecimal escapes such as `"\x1b"`, an apostrophe
/// in an `#error` line. A file is found as `include_str!` finds it, and watched for changes.
///
/// # Attributes
///
/// Attributes before `mod NAME;` go to the module, but for two that are about the C:
///
/// - `#[min_kernel("5.4")]`: the program has to run on this release of Linux and all newer ones. A
///   helper, a map or a program that came later is then an error. Without it nothing is said about
///   versions.
/// - `#[semantics(strict)]`: what bcc does, but is rarely meant, is an error. `#[semantics(bcc)]` is
///   the default.
///
/// # The generated module
///
/// - A `repr(C)` type for every struct, union and enum that is a key, a value, an event, a `const
///   volatile` variable or part of one. `struct data_t` becomes `DataT`. Every bit pattern is valid,
///   padding has a name, and the layout is asserted. `Default` gives zeros. A keyword gets `r#`
///   before it or, where Rust does not allow that, `_` behind it; so does the second of two names
///   that have become one. Bit-fields and members of unions have a getter `x()` and a setter
///   `set_x(..)`.
/// - `SOURCE`: the C as clang will see it.
/// - `Maps` and `Progs`: one typed handle for each map and each BPF program.
/// - `Consts`: one field for each `const volatile` variable, for `Builder::consts`.
/// - `Globals`: one handle for each other variable at file scope, and `InitialGlobals`, the values
///   with which they start, for `Builder::globals`.
/// - `load()`, and `builder()` for options.
/// - `requirements()`: the kernel, the rights and the licence it takes. The module's documentation
///   shows them.
///
/// Beside the module stands `use bcc_runtime::prelude::*`; names of your own in the same module or
/// function win over it.
///
/// # Messages
///
/// Mistakes in the C are errors on the token at fault; for a literal or a file, the message shows
/// the line of C. Warnings arrive as uses of a deprecated item, because that is how a macro can
/// warn; `#[allow(deprecated)]` before `mod NAME;` silences them.
///
/// # Renamed crates
///
/// What is generated refers to `::bcc_runtime`. If `Cargo.toml` gives the crate another name, say
/// `extern crate other_name as bcc_runtime;` in the crate's root.
#[proc_macro]
pub fn bpf_program(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    expand_program(input.into()).into()
}

fn expand_program(input: TokenStream) -> TokenStream {
    match input::read(input) {
        Ok(Input {
            header,
            text: Ok(text),
        }) => expand_text(&header, &text),
        Ok(Input {
            header,
            text: Err(error),
        }) => expand_nothing(&header, &error),
        Err(error) => error.into_compile_error(),
    }
}

fn expand_text(header: &Header, text: &Text) -> TokenStream {
    let Outcome {
        program,
        partial,
        diagnostics,
    } = bcc_lang::compile_with(&text.source, header.attributes.options);
    let program = program.unwrap_or_else(|| fallback::known_part(partial));
    let mut extra = expand::expand_tracking(&text.form);
    extra.extend(report::warnings(&diagnostics, text));
    let mut out = expand::expand_module(header, &program, &text.spans, &extra);
    if let Some(error) = &header.attributes.mistakes {
        out.extend(error.to_compile_error());
    }
    if let Some(error) = report::errors(&diagnostics, text) {
        out.extend(error.into_compile_error());
    }
    out
}

/// The module without content: the C text cannot even be read.
fn expand_nothing(header: &Header, error: &syn::Error) -> TokenStream {
    let spans = span_map::SpanMap::single(header.name.span());
    let mut out = expand::expand_module(header, &fallback::nothing(), &spans, &TokenStream::new());
    if let Some(error) = &header.attributes.mistakes {
        out.extend(error.to_compile_error());
    }
    out.extend(error.to_compile_error());
    out
}
