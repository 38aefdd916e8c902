//! What is sent to user space: one type for each map, and nothing that is of no use there.

use crate::analysis::Analysis;
use crate::condition::Truth;
use crate::diag::{Diagnostic, Diagnostics};
use crate::program::{Type, TypeName};
use crate::span::Span;
use std::collections::BTreeMap;

pub(super) fn check_events(context: Analysis<'_>, cx: &mut Diagnostics) {
    check_one_type(context, cx);
    for event in context.inference.events.iter().flatten() {
        if let Type::Named(name) = event {
            check_members(context, name, cx);
        }
    }
}

/// A `char *` is meant to be text, and arrives as a number.
fn check_members(context: Analysis<'_>, event: &TypeName, cx: &mut Diagnostics) {
    for member in context.types.members(event).unwrap_or_default() {
        let (Some(name), Type::Pointer(inner)) = (&member.name, &member.ty) else {
            continue;
        };
        if **inner == Type::Char {
            let message = format!("`{name}` sends an address, not the text that stands there");
            cx.push(
                Diagnostic::warning(member.span, message)
                    .with_help(format!("make it an array and read the text into it: `char {name}[64]`; or make it a `u64` or a `void *` if the address is meant")),
            );
        }
    }
}

/// A map that carries two types of events could not be decoded.
fn check_one_type(context: Analysis<'_>, cx: &mut Diagnostics) {
    let mut first: BTreeMap<usize, (Span, &Type)> = BTreeMap::new();
    for (span, (map, ty)) in &context.inference.submissions {
        // Alternatives of an `#if` may each submit a type of their own.
        if context.types.conditions().at(span.start) != Truth::True {
            continue;
        }
        let (first_span, first_ty) = *first.entry(*map).or_insert((*span, ty));
        let known = matches!((first_ty, ty), (Type::Named(_), Type::Named(_)));
        if let (true, Some(decl)) = (known && first_ty != ty, context.model.maps.get(*map)) {
            let (name, ty, first_ty) = (&decl.name.name, describe(ty), describe(first_ty));
            cx.push(
                Diagnostic::error(
                    *span,
                    format!("`{name}` carries `{first_ty}` already, this is `{ty}`"),
                )
                .with_label(first_span, format!("`{first_ty}` is submitted here"))
                .with_help("use a second map, or one struct that holds either"),
            );
        }
    }
}

fn describe(ty: &Type) -> String {
    match ty {
        Type::Named(name) => name.to_string(),
        _ => String::new(),
    }
}
