//! Map definitions: sizes, types, names.

use crate::analysis::Analysis;
use crate::ast::{Declaration, ExprKind, Item, Qualifier};
use crate::diag::{Diagnostic, Diagnostics};
use crate::macros;
use crate::model::{MapDecl, MapType};
use crate::parse;
use crate::program::{MapKind, Member, Sharing, Type};

/// The kernel refuses per-CPU values above this many bytes.
const MAX_PERCPU_VALUE: u64 = 32 * 1024;
/// The kernel keeps this many bytes of a map's name.
const MAX_NAME: usize = 15;
/// What the names of prefix lengths have in them.
const PREFIX_NAMES: [&str; 2] = ["prefix", "plen"];

pub(super) fn check_maps(context: Analysis<'_>, cx: &mut Diagnostics) {
    for map in &context.model.maps {
        check_size(context, map, cx);
        check_type(context, map, &map.key, "key", cx);
        check_type(context, map, &map.value, "value", cx);
        check_histogram(context, map, cx);
        check_histogram_value(map, cx);
        check_inner(context, map, cx);
        check_percpu_value(context, map, cx);
        check_pages(context, map, cx);
        check_prefix(context, map, cx);
    }
    check_clashes(context, cx);
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
    let Some(size) = parse::parse_expr_at(context.source, span) else {
        return;
    };
    let problem = match (context.types.const_eval(&size), &size.kind) {
        // Of a pinned map it is taken from what is pinned.
        (Some(0), _) if map.sharing == Sharing::Pinned => return,
        (Some(value), _) if value <= 0 || value > i128::from(u32::MAX) => "a positive number",
        (None, ExprKind::Ident(name)) if is_variable(context, &name.name) => {
            "a constant, not a variable"
        }
        _ => return,
    };
    let name = &map.name.name;
    cx.push(
        Diagnostic::error(span, format!("the size of map `{name}` must be {problem}")).with_help(
            "a size that is known at start only is set there: `builder().max_entries(\"...\", n)`",
        ),
    );
}

/// Whether a name is that of a variable that is not `const`: what is, clang takes for its value.
fn is_variable(context: Analysis<'_>, name: &str) -> bool {
    let mut declarations = context.unit.items.iter().filter_map(|item| match item {
        Item::Declaration(declaration) => Some(declaration),
        _ => None,
    });
    let named = |declaration: &&Declaration| {
        let mut names = declaration.declarators.iter();
        names.any(|init| {
            init.declarator
                .name
                .as_ref()
                .is_some_and(|own| own.name == name)
        })
    };
    let found = declarations.rfind(named);
    found.is_some_and(|declaration| {
        let mut qualifiers = declaration.specifiers.qualifiers.iter();
        !qualifiers.any(|(qualifier, _)| *qualifier == Qualifier::Const)
    })
}

/// libbpf makes a ring buffer larger until its size is one that the kernel takes.
fn check_pages(context: Analysis<'_>, map: &MapDecl<'_>, cx: &mut Diagnostics) {
    let Some(span) = map.size_span.filter(|_| map.kind == MapKind::RingBuf) else {
        return;
    };
    let pages = context.constant_at(span);
    let pages = pages.and_then(|pages| u32::try_from(pages).ok());
    if let Some(rounded) = pages.and_then(u32::checked_next_power_of_two)
        && pages != Some(rounded)
        && pages > Some(0)
    {
        cx.push(
            Diagnostic::warning(
                span,
                format!("a ring buffer has a power of two pages: this one gets {rounded}"),
            )
            .with_help(format!("write `{rounded}`, or another power of two")),
        );
    }
}

/// The kernel compares a trie's keys by what stands behind their first 32 bits.
fn check_prefix(context: Analysis<'_>, map: &MapDecl<'_>, cx: &mut Diagnostics) {
    let (Some(span), Type::Named(name)) = (map.key.span, &map.key.ty) else {
        return;
    };
    let members = context.types.members(name).unwrap_or_default();
    let is_length = |member: &Member| {
        let name = member.name.as_deref().unwrap_or_default();
        matches!(member.ty, Type::Int { size: 4, .. })
            && PREFIX_NAMES.iter().any(|part| name.contains(part))
    };
    if map.kind == MapKind::LpmTrie && members.iter().skip(1).any(is_length) {
        cx.push(
            Diagnostic::error(
                span,
                "the first member of a trie's key must be the `u32` length of its prefix",
            )
            .with_help("move it in front: `struct { u32 prefixlen; u8 data[4]; }`"),
        );
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
    let Some(span) = ty.span else { return };
    let problem = match context.types.layout(&ty.ty) {
        None if ty.ty == Type::Void => "is `void`, which has no size",
        Some(layout) if layout.size == 0 && !map.kind.carries_events() => "has no bytes",
        _ => return,
    };
    let message = format!("the {role} of map `{}` {problem}", map.name.name);
    cx.push(Diagnostic::error(span, message));
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
