//! Map definitions: sizes, types, names.

use crate::analysis::Analysis;
use crate::condition::Truth;
use crate::diag::{Diagnostic, Diagnostics};
use crate::macros;
use crate::model::{MapDecl, MapType};
use crate::parse;
use crate::program::{MapKind, Type};
use crate::span::Span;
use std::collections::BTreeMap;

/// The kernel refuses per-CPU values above this many bytes.
const MAX_PERCPU_VALUE: u64 = 32 * 1024;
/// The kernel keeps this many bytes of a map's name.
const MAX_NAME: usize = 15;

pub(super) fn check_maps(context: Analysis<'_>, cx: &mut Diagnostics) {
    for map in &context.model.maps {
        check_size(context, map, cx);
        check_type(context, map, &map.key, "key", cx);
        check_type(context, map, &map.value, "value", cx);
        check_histogram(context, map, cx);
        check_histogram_value(map, cx);
        check_inner(context, map, cx);
        check_percpu_value(context, map, cx);
    }
    check_clashes(context, cx);
    check_events(context, cx);
}

/// A map that carries two types of events could not be decoded.
fn check_events(context: Analysis<'_>, cx: &mut Diagnostics) {
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

/// Two maps may share the bytes of their names that the kernel keeps; libbpf finds maps by the full
/// name, so that only two maps of one full name clash. What a user sees in the kernel's lists is cut.
fn check_clashes(context: Analysis<'_>, cx: &mut Diagnostics) {
    for (index, map) in context.model.maps.iter().enumerate() {
        let cut = map
            .name
            .name
            .get(..MAX_NAME)
            .filter(|_| map.name.name.len() > MAX_NAME);
        let Some(cut) = cut else { continue };
        let twin = context
            .model
            .maps
            .iter()
            .take(index)
            .find(|other| other.name.name.starts_with(cut));
        if let Some(twin) = twin.filter(|twin| twin.name.name != map.name.name) {
            cx.push(
                Diagnostic::warning(
                    map.name.span,
                    format!(
                        "`{}` and `{}` are both `{cut}` in the kernel's lists",
                        map.name.name, twin.name.name
                    ),
                )
                .with_label(twin.name.span, "the other one is defined here"),
            );
        }
    }
}

fn check_size(context: Analysis<'_>, map: &MapDecl<'_>, cx: &mut Diagnostics) {
    let Some(span) = map.size_span else { return };
    let value =
        parse::parse_expr_at(context.source, span).and_then(|expr| context.types.const_eval(&expr));
    let Some(value) = value else { return };
    if value <= 0 || value > i128::from(u32::MAX) {
        cx.push(Diagnostic::error(
            span,
            format!(
                "the size of map `{}` must be a positive number",
                map.name.name
            ),
        ));
    }
}

/// A type must have a size by the time the map is made.
fn check_type(
    context: Analysis<'_>,
    map: &MapDecl<'_>,
    ty: &MapType,
    role: &str,
    cx: &mut Diagnostics,
) {
    let (Some(span), Some(layout)) = (ty.span, context.types.layout(&ty.ty)) else {
        return;
    };
    if layout.size == 0 && !map.kind.carries_events() {
        cx.push(Diagnostic::error(
            span,
            format!("the {role} of map `{}` has no bytes", map.name.name),
        ));
    }
}

/// A histogram over anything but `int` is a hash: 64 entries, not 64 slots.
fn check_histogram(context: Analysis<'_>, map: &MapDecl<'_>, cx: &mut Diagnostics) {
    let Some(span) = map
        .key
        .span
        .filter(|_| map.use_.name.name == "BPF_HISTOGRAM")
    else {
        return;
    };
    if matches!(map.key.ty, Type::Int { .. })
        && map.kind == MapKind::Hash
        && map.size_span.is_none()
    {
        let spelling = context.source.slice(span);
        cx.push(
            Diagnostic::warning(
                span,
                format!("a histogram over `{spelling}` is a hash of 64 entries, not an array"),
            )
            .with_help(
                "only the key type `int` makes an array; leave the type out, or give a size",
            ),
        );
    }
}

/// A histogram counts in `u64`.
fn check_histogram_value(map: &MapDecl<'_>, cx: &mut Diagnostics) {
    let wanted = Type::Int {
        size: 8,
        signed: false,
    };
    let Some(span) = map.value.span.filter(|_| map.is_histogram) else {
        return;
    };
    if !matches!(map.value.ty, Type::Unknown(_)) && map.value.ty != wanted {
        let spelling = &map.value.spelling;
        cx.push(
            Diagnostic::error(
                span,
                format!("the values of a histogram are `u64`, not `{spelling}`"),
            )
            .with_help("write `u64`, or use \"array\" or \"hash\" instead of \"histogram\""),
        );
    }
}

/// What a map of maps holds must be like a map of the text.
fn check_inner(context: Analysis<'_>, map: &MapDecl<'_>, cx: &mut Diagnostics) {
    let Some((name, span)) = &map.inner else {
        return;
    };
    let known = context.types.file_scope_names().any(|known| known == name);
    let macros = context.types.conditions().macros();
    if known
        || context.model.find_map(name).is_some()
        || macros.concerns(&macros::words_of(name), span.start)
    {
        return;
    }
    cx.push(
        Diagnostic::error(*span, format!("there is no map `{name}`"))
            .with_help("a map of maps needs one map of the text that shows what it holds"),
    );
}

fn check_percpu_value(context: Analysis<'_>, map: &MapDecl<'_>, cx: &mut Diagnostics) {
    if !map.kind.is_percpu() {
        return;
    }
    let (Some(span), Some(layout)) = (map.value.span, context.types.layout(&map.value.ty)) else {
        return;
    };
    if layout.size > MAX_PERCPU_VALUE {
        cx.push(Diagnostic::error(
            span,
            format!(
                "values of per-CPU maps are limited to {MAX_PERCPU_VALUE} bytes, `{}` has {}",
                map.value.spelling, layout.size
            ),
        ));
    }
}
