//! Names that belong to the rewriter, and table methods where nothing is rewritten.

use crate::analysis::Analysis;
use crate::ast::{Define, DirectiveKind, MacroUse};
use crate::diag::{Diagnostic, Diagnostics};
use crate::dialect::RESERVED_PREFIX;
use crate::dialect::methods::find_method;
use crate::known;
use crate::lex;
use crate::token::{Punct, TokenKind};
use std::collections::BTreeSet;

pub(super) fn check_names(context: Analysis<'_>, cx: &mut Diagnostics) {
    check_reserved(context, cx);
    for directive in &context.unit.directives {
        if let DirectiveKind::Define(define) = &directive.kind {
            check_macro_body(context, define, cx);
        }
    }
}

/// Each name with the reserved prefix is reported where it first stands.
fn check_reserved(context: Analysis<'_>, cx: &mut Diagnostics) {
    let mut seen = BTreeSet::new();
    for token in lex::lex_quietly(context.source) {
        let name = context.source.slice(token.span);
        if token.kind == TokenKind::Ident && name.starts_with(RESERVED_PREFIX) && seen.insert(name)
        {
            cx.push(
                Diagnostic::error(
                    token.span,
                    format!("`{name}` begins with the reserved prefix `{RESERVED_PREFIX}`"),
                )
                .with_help("the rewritten C uses names with this prefix; choose another"),
            );
        }
    }
}

/// bcc's tools put markers like `FILTER_PID` into their texts and replace them before they compile.
pub(super) fn check_marker(context: Analysis<'_>, use_: &MacroUse, cx: &mut Diagnostics) {
    let name = &use_.name.name;
    let is_marker = use_.args.is_none()
        && name.contains(|c: char| c.is_ascii_uppercase())
        && !name.contains(|c: char| c.is_ascii_lowercase());
    if is_marker && !context.types.is_macro(name) && known::macro_meaning(name).is_none() {
        cx.push(
            Diagnostic::warning(
                use_.name.span,
                format!("nothing in the text says what `{name}` is"),
            )
            .with_help(format!(
                "a condition is written with a `const volatile` variable that Rust sets; \
                 `cflags([\"-D{name}=...\"])` can define it at start-up"
            )),
        );
    }
}

/// A macro that is neither written out nor rewritten would bring its methods to clang as they are.
fn check_macro_body(context: Analysis<'_>, define: &Define, cx: &mut Diagnostics) {
    if !context.inference.is_opaque_macro(&define.name.name) {
        return;
    }
    let tokens = lex::lex_span(context.source, define.body);
    for window in tokens.windows(4) {
        let [map, dot, method, open] = window else {
            continue;
        };
        let call = map.kind == TokenKind::Ident
            && dot.kind == TokenKind::Punct(Punct::Dot)
            && method.kind == TokenKind::Ident
            && open.kind == TokenKind::Punct(Punct::LeftParen);
        let (map_name, method_name) = (
            context.source.slice(map.span),
            context.source.slice(method.span),
        );
        if call && context.model.find_map(map_name).is_some() && find_method(method_name).is_some()
        {
            cx.push(
                Diagnostic::error(
                    method.span,
                    format!("`{map_name}.{method_name}` inside the macro `{}` is not rewritten", define.name.name),
                )
                .with_help("make the macro a `static inline` function, or write the call where the macro is used"),
            );
        }
    }
}
