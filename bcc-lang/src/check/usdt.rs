//! `bpf_usdt_readarg` and `bpf_usdt_readarg_p`: where they work, which argument, where to.

use super::calls::check_fits;
use crate::analysis::Analysis;
use crate::ast::{Arg, Expr, ExprKind};
use crate::diag::{Diagnostic, Diagnostics};
use crate::dialect::helpers::{USDT_MAX_ARGUMENTS, UsdtReader, find_usdt_reader};
use crate::model::FunctionDecl;
use crate::program::{ProbeKind, Type};

pub(super) fn check_usdt(
    context: Analysis<'_>,
    function: &FunctionDecl<'_>,
    expr: &Expr,
    cx: &mut Diagnostics,
) {
    let ExprKind::Call { callee, args, .. } = &expr.kind else {
        return;
    };
    let ExprKind::Ident(name) = &callee.kind else {
        return;
    };
    let Some(reader) = find_usdt_reader(&name.name) else {
        return;
    };
    // The text's own function or macro of that name is its own business.
    if context.model.find_function(reader.name).is_some() || context.types.is_macro(reader.name) {
        return;
    }
    if args.len() != reader.count {
        let (name, count) = (reader.name, reader.count);
        let message = format!("`{name}` takes {count} arguments, {} given", args.len());
        let help = format!("write `{}`", reader.usage);
        cx.push(Diagnostic::error(callee.span, message).with_help(help));
        return;
    }
    check_probe(function, callee, reader, cx);
    if let [Arg::Expr(number), _, Arg::Expr(place), ..] = args.as_slice() {
        check_number(context, number, cx);
        check_place(context, place, reader, cx);
        if let Some(Arg::Expr(size)) = args.get(3) {
            check_fits(context, place, size, cx);
        }
    }
}

/// Programs that attach to something else have no such arguments.
fn check_probe(
    function: &FunctionDecl<'_>,
    callee: &Expr,
    reader: &UsdtReader,
    cx: &mut Diagnostics,
) {
    let Some(kind) = function.probe() else { return };
    let target = match kind {
        ProbeKind::Registers | ProbeKind::Any | ProbeKind::Section { .. } => return,
        ProbeKind::Kprobe { .. } | ProbeKind::Kretprobe { .. } => "a kernel function",
        ProbeKind::Tracepoint { .. } | ProbeKind::TracepointFn { .. } => "a tracepoint",
        ProbeKind::RawTracepoint { .. } | ProbeKind::RawTracepointFn => "a raw tracepoint",
        ProbeKind::PerfEvent => "a perf event",
        ProbeKind::Network { .. } => "packets or sockets",
        ProbeKind::Syscall { .. } => "a system call",
        ProbeKind::Trampoline(_) => "a function of the kernel",
        ProbeKind::Iter { .. } => "objects of the kernel",
    };
    let (name, function) = (reader.name, &function.name.name);
    let message = format!("`{name}` has nothing to read here: `{function}` runs on {target}");
    let help = "write a function `int f(struct pt_regs *ctx)`, and attach it with `attach_usdt`";
    cx.push(Diagnostic::error(callee.span, message).with_help(help));
}

/// Arguments have the numbers 1 to 12, known when the program is compiled.
fn check_number(context: Analysis<'_>, number: &Expr, cx: &mut Diagnostics) {
    if let Some(value) = context.types.const_eval(number) {
        if !(1..=USDT_MAX_ARGUMENTS).contains(&value) {
            let message = format!(
                "a USDT probe has no argument {value}: arguments are numbered from 1 to \
                 {USDT_MAX_ARGUMENTS}"
            );
            cx.push(Diagnostic::error(number.span, message));
        }
        return;
    }
    // A name of unknown type may be a macro for a literal.
    let value = context.inference.value(number);
    if value.is_some_and(|value| !matches!(value.ty, Type::Unknown(_))) {
        cx.push(
            Diagnostic::error(
                number.span,
                "the number of a USDT argument must be a literal",
            )
            .with_help("call it once for each argument: `bpf_usdt_readarg(1, ctx, &value)`"),
        );
    }
}

/// The value goes where a pointer says.
fn check_place(context: Analysis<'_>, place: &Expr, reader: &UsdtReader, cx: &mut Diagnostics) {
    let Some(value) = context.inference.value(place) else {
        return;
    };
    let narrow = matches!(value.ty, Type::Int { size: ..8, .. } | Type::Char);
    let number = narrow
        || matches!(
            (&value.ty, &place.kind),
            (Type::Int { .. }, ExprKind::Ident(_))
        );
    if number || context.is_record(&value.ty) {
        let text = context.source.slice(place.span);
        let message = format!("`{}` takes a pointer to where the value goes", reader.name);
        let help = format!("write `&{text}`");
        cx.push(Diagnostic::error(place.span, message).with_help(help));
    }
}
