//! `bpf_trace_printk`: the format and its values.

use crate::analysis::Analysis;
use crate::ast::{Arg, Expr, ExprKind};
use crate::diag::{Diagnostic, Diagnostics};
use crate::dialect::helpers::PRINTK_CONVERSIONS;
use crate::dialect::versions::LONG_PRINTK;
use crate::program::Type;
use crate::span::Span;

/// Every kernel takes this many values.
const MAX_VALUES: usize = 3;
/// Newer kernels take what libbpf can count.
const MAX_VALUES_LONG: usize = 12;

/// How many values all kernels take that the program has to run on.
fn max_values(context: Analysis<'_>) -> usize {
    match context.options.min_kernel {
        Some(oldest) if oldest >= LONG_PRINTK => MAX_VALUES_LONG,
        Some(_) | None => MAX_VALUES,
    }
}

pub(super) fn check_printk(context: Analysis<'_>, expr: &Expr, cx: &mut Diagnostics) {
    let ExprKind::Call { callee, args, .. } = &expr.kind else {
        return;
    };
    if !matches!(&callee.kind, ExprKind::Ident(name) if name.name == "bpf_trace_printk") {
        return;
    }
    let Some((Arg::Expr(format), values)) = args.split_first() else {
        cx.push(
            Diagnostic::error(callee.span, "`bpf_trace_printk` needs a format")
                .with_help("write `bpf_trace_printk(\"...\")`"),
        );
        return;
    };
    if !check_is_literal(context, format, cx) || !check_no_size(format, values, cx) {
        return;
    }
    let most = max_values(context);
    if let Some(extra) = values.get(most) {
        cx.push(
            Diagnostic::error(
                extra.span(),
                format!("`bpf_trace_printk` takes at most {most} values"),
            )
            .with_help("use two calls, or submit an event"),
        );
        return;
    }
    if let ExprKind::String(pieces) = &format.kind {
        check_format(context, pieces, callee, values, cx);
    }
}

/// A variable cannot be the format; a macro may stand for a literal.
fn check_is_literal(context: Analysis<'_>, format: &Expr, cx: &mut Diagnostics) -> bool {
    let variable = match &format.kind {
        ExprKind::Ident(_) => context.inference.value(format).is_some_and(|value| {
            matches!(&value.ty, Type::Pointer(inner) | Type::Array { element: inner, .. } if matches!(**inner, Type::Char | Type::Int { size: 1, .. }))
        }),
        ExprKind::Number | ExprKind::Member { .. } | ExprKind::Unary { .. } => true,
        _ => false,
    };
    if variable {
        cx.push(
            Diagnostic::error(
                format.span,
                "the format of `bpf_trace_printk` must be a string literal",
            )
            .with_help("write the text itself: `bpf_trace_printk(\"...\")`"),
        );
    }
    !variable
}

/// The kernel's own helper takes the size of the format; the dialect adds it.
fn check_no_size(format: &Expr, values: &[Arg], cx: &mut Diagnostics) -> bool {
    let Some(Arg::Expr(first)) = values.first() else {
        return true;
    };
    let sized = match &first.kind {
        ExprKind::SizeofExpr { operand, .. } => {
            let operand = operand.without_parens();
            matches!(operand.kind, ExprKind::String(_))
                || matches!((&operand.kind, &format.kind), (ExprKind::Ident(a), ExprKind::Ident(b)) if a.name == b.name)
        }
        _ => false,
    };
    if sized {
        cx.push(
            Diagnostic::error(
                first.span,
                "this form of `bpf_trace_printk` takes no size: it is added for you",
            )
            .with_help("leave the size out; here it would be printed as the first value"),
        );
    }
    !sized
}

/// Compares the conversions of a literal format with the values.
fn check_format(
    context: Analysis<'_>,
    pieces: &[Span],
    callee: &Expr,
    values: &[Arg],
    cx: &mut Diagnostics,
) {
    let mut conversions = Vec::new();
    for piece in pieces {
        let text = context.source.slice(*piece);
        if !text.starts_with('"') {
            // A macro in between: its conversions are not known.
            return;
        }
        conversions.extend(find_conversions(text, piece.start));
    }
    for (conversion, span) in &conversions {
        if !PRINTK_CONVERSIONS.contains(&strip_width(conversion)) {
            cx.push(
                Diagnostic::error(
                    *span,
                    format!("`%{conversion}` is not a conversion that `bpf_trace_printk` knows"),
                )
                .with_help("there are %d %i %u %x with l and ll, %c, %p and %s; no floating point"),
            );
            return;
        }
    }
    if conversions.len() != values.len() {
        let values_word = if conversions.len() == 1 {
            "value"
        } else {
            "values"
        };
        let guilty = values.get(conversions.len()).map_or(callee.span, Arg::span);
        cx.push(Diagnostic::error(
            guilty,
            format!(
                "the format asks for {} {values_word}, {} given",
                conversions.len(),
                values.len()
            ),
        ));
        return;
    }
    check_strings(context, &conversions, values, cx);
}

/// `%s` wants an address.
fn check_strings(
    context: Analysis<'_>,
    conversions: &[(String, Span)],
    values: &[Arg],
    cx: &mut Diagnostics,
) {
    for ((conversion, _), value) in conversions.iter().zip(values) {
        let Arg::Expr(value) = value else { continue };
        let ty = context.inference.value(value).map(|value| &value.ty);
        if conversion == "s"
            && matches!(ty, Some(Type::Int { size: ..=4, .. }))
            && !matches!(value.kind, ExprKind::Call { .. })
        {
            cx.push(Diagnostic::error(
                value.span,
                "`%s` prints text, and this is a number",
            ));
        }
    }
}

/// Conversions of one piece of a literal without the `%`, each with its place.
fn find_conversions(text: &str, start: u32) -> Vec<(String, Span)> {
    let mut found = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        if c != '%' {
            continue;
        }
        if rest.next_if(|(_, next)| *next == '%').is_some() {
            continue;
        }
        let mut conversion = String::new();
        while let Some((_, c)) = rest.next_if(|(_, c)| {
            c.is_ascii_digit() || matches!(c, '-' | '+' | '#' | '.' | ' ' | 'l' | 'h' | 'z')
        }) {
            conversion.push(c);
        }
        if let Some((_, c)) = rest.next_if(|(_, c)| c.is_ascii_alphabetic()) {
            conversion.push(c);
        }
        if conversion.ends_with('p') {
            // The kernel's extensions of %p.
            while let Some((_, c)) = rest.next_if(|(_, c)| c.is_ascii_alphanumeric()) {
                conversion.push(c);
            }
            conversion.clear();
            conversion.push('p');
        }
        let end = rest.peek().map_or(text.len(), |(next, _)| *next);
        let offset = |at: usize| start.saturating_add(u32::try_from(at).unwrap_or(u32::MAX));
        found.push((conversion, Span::new(offset(at), offset(end))));
    }
    found
}

/// Newer kernels take a width and flags.
fn strip_width(conversion: &str) -> &str {
    conversion.trim_start_matches(|c: char| {
        c.is_ascii_digit() || matches!(c, '-' | '+' | '#' | '.' | ' ')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Conversions are found with their length and place; `%%` is none.
    #[test]
    fn conversions_of_a_literal() {
        let found = find_conversions("\"%d 100%% %-16s %llx %pI4\\n\"", 10);
        let names: Vec<_> = found
            .iter()
            .map(|(name, span)| (name.as_str(), span.start))
            .collect();
        assert_eq!(names, [("d", 11), ("-16s", 20), ("llx", 26), ("p", 31)]);
    }
}
