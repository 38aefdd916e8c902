//! Calls of functions: what a program may call, and what helpers expect.

use crate::analysis::Analysis;
use crate::ast::{Arg, Expr, ExprKind};
use crate::diag::{Diagnostic, Diagnostics};
use crate::dialect::helpers::{
    AddressSpace, COPY_FUNCTIONS, NOT_CALLABLE, REGISTER_MACROS, find_read_helper,
};
use crate::infer::peel_casts;
use crate::model::{FunctionDecl, Role};
use crate::program::{Hook, ProbeKind, Type};

/// The bytes of the name of a process, as the kernel keeps it.
const COMM: i128 = 16;

pub(super) fn check_call(
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
    let name = name.name.as_str();
    if let Some(index) = context.model.find_function(name) {
        if name == function.name.name {
            cx.push(
                Diagnostic::warning(callee.span, format!("`{name}` calls itself"))
                    .with_help("the kernel takes no recursion; write a loop with a constant bound"),
            );
        }
        let called = context.model.functions.get(index);
        if called.is_some_and(|called| matches!(called.role, Role::Program(_))) {
            cx.push(
                Diagnostic::error(
                    callee.span,
                    format!("`{name}` is a program of its own and cannot be called"),
                )
                .with_help(format!(
                    "make `{name}` static: a function that is not static is loaded as a program"
                )),
            );
        }
        return;
    }
    check_opaque_macro(context, callee, args, cx);
    check_copy(context, callee, args, cx);
    if context.types.is_macro(name) {
        return;
    }
    // With a literal, clang may do the work itself and call nothing.
    let literal = |arg: &Arg| matches!(arg, Arg::Expr(expr) if matches!(peel_casts(expr).kind, ExprKind::String(_)));
    if let Some((_, instead)) = NOT_CALLABLE
        .iter()
        .find(|(known, _)| *known == name && !args.iter().any(literal))
    {
        cx.push(
            Diagnostic::error(
                callee.span,
                format!("`{name}` cannot be called: a program has only BPF helpers"),
            )
            .with_help(*instead),
        );
    }
    check_buffer(context, name, args, cx);
    check_comm(context, name, args, cx);
    check_data_loc(context, name, args, cx);
    check_return_value(function, callee, name, cx);
    check_registers(function, callee, name, args, cx);
    check_override(function, callee, name, cx);
}

/// A copy only reaches the program's own memory.
fn check_copy(context: Analysis<'_>, callee: &Expr, args: &[Arg], cx: &mut Diagnostics) {
    let name = context.source.slice(callee.span);
    let [_, Arg::Expr(from), ..] = args else {
        return;
    };
    let Some(value) = context.inference.value(from) else {
        return;
    };
    // What only the C compiler can tell may be an array of the program's own.
    let Some(space) = value.space.foreign().filter(|_| !value.own_unknown) else {
        return;
    };
    if COPY_FUNCTIONS.contains(&name) {
        let instead = match space {
            AddressSpace::Kernel => "bpf_probe_read_kernel",
            AddressSpace::User => "bpf_probe_read_user",
            AddressSpace::Any => "bpf_probe_read",
        };
        let from_text = context.source.slice(from.span);
        cx.push(
            Diagnostic::new(
                context.options.semantics.doubtful(),
                from.span,
                format!(
                    "`{from_text}` leads out of the program's memory, where `{name}` does not reach"
                ),
            )
            .with_help(format!("use `{instead}`")),
        );
    }
}

/// A macro that is not rewritten follows pointers as it is written.
fn check_opaque_macro(context: Analysis<'_>, callee: &Expr, args: &[Arg], cx: &mut Diagnostics) {
    let name = context.source.slice(callee.span);
    if !context.inference.is_opaque_macro(name) {
        return;
    }
    let outside = args.iter().find_map(|arg| match arg {
        Arg::Expr(expr) => context
            .inference
            .value(expr)
            .is_some_and(|value| value.space.foreign().is_some())
            .then_some(expr),
        Arg::Type(_) | Arg::Opaque(_) => None,
    });
    if let Some(pointer) = outside {
        let text = context.source.slice(pointer.span);
        cx.push(
            Diagnostic::warning(
                callee.span,
                format!("`{name}` has several definitions and is not rewritten: if it follows `{text}`, the kernel rejects that"),
            )
            .with_help(format!("make `{name}` a `static inline` function")),
        );
    }
}

/// Helpers that read so many bytes into a buffer.
fn check_buffer(context: Analysis<'_>, name: &str, args: &[Arg], cx: &mut Diagnostics) {
    if find_read_helper(name).is_none() && name != "bpf_get_current_comm" {
        return;
    }
    if let [Arg::Expr(buffer), Arg::Expr(size), ..] = args {
        check_fits(context, buffer, size, cx);
    }
}

/// What is read into an array of known size must fit it.
pub(super) fn check_fits(context: Analysis<'_>, buffer: &Expr, size: &Expr, cx: &mut Diagnostics) {
    let destination = buffer.addressed().unwrap_or(buffer);
    // Only a whole variable: the address of a member may stand for the struct's tail.
    if !matches!(destination.kind, ExprKind::Ident(_)) {
        return;
    }
    let Some(value) = context.inference.value(destination) else {
        return;
    };
    let whole = matches!(value.ty, Type::Array { .. }) || !std::ptr::eq(destination, buffer);
    let (Some(layout), Some(size_value)) = (
        context.types.layout(&value.ty),
        context.types.const_eval(size),
    ) else {
        return;
    };
    if whole && layout.size > 0 && size_value > i128::from(layout.size) {
        cx.push(Diagnostic::error(
            size.span,
            format!(
                "{size_value} bytes do not fit `{}`, which has {}",
                context.source.slice(destination.span),
                layout.size
            ),
        ));
    }
}

/// A name of a process has 16 bytes; less is only meant if the buffer has less.
fn check_comm(context: Analysis<'_>, name: &str, args: &[Arg], cx: &mut Diagnostics) {
    let [Arg::Expr(buffer), Arg::Expr(size)] = args else {
        return;
    };
    if name != "bpf_get_current_comm" {
        return;
    }
    let place = buffer.without_parens().addressed();
    let place = place.map_or(buffer, Expr::without_parens);
    let ty = context.inference.value(place).map(|value| &value.ty);
    let Some(Type::Array { len, .. }) = ty else {
        return;
    };
    if let Some(given) = context.types.const_eval(size)
        && given < i128::from(*len)
        && given < COMM
    {
        cx.push(
            Diagnostic::warning(
                size.span,
                format!("only {given} of {COMM} bytes of the name are asked for"),
            )
            .with_help(format!(
                "write `sizeof({})`",
                context.source.slice(place.span)
            )),
        );
    }
}

/// `data_loc_name` says where the text is, it is not its address.
fn check_data_loc(context: Analysis<'_>, name: &str, args: &[Arg], cx: &mut Diagnostics) {
    let [Arg::Expr(buffer), Arg::Expr(size), Arg::Expr(from)] = args else {
        return;
    };
    let ExprKind::Member { member, base, .. } = &peel_casts(from).kind else {
        return;
    };
    let Some(field) = member.name.strip_prefix("data_loc_") else {
        return;
    };
    if find_read_helper(name).is_some() && context.source.slice(base.span) == "args" {
        let [buffer, size] = [buffer, size].map(|arg| context.source.slice(arg.span));
        cx.push(
            Diagnostic::error(
                from.span,
                format!(
                    "`{field}` is dynamic: `{}` says where in the record it is",
                    member.name
                ),
            )
            .with_help(format!(
                "write `TP_DATA_LOC_READ_STR({buffer}, {field}, {size})`"
            )),
        );
    }
}

/// The return value is not there yet when a function begins.
fn check_return_value(
    function: &FunctionDecl<'_>,
    callee: &Expr,
    name: &str,
    cx: &mut Diagnostics,
) {
    let at_entry = matches!(
        function.probe(),
        Some(ProbeKind::Kprobe { .. } | ProbeKind::Syscall { .. })
    );
    if name == "PT_REGS_RC" && at_entry {
        cx.push(
            Diagnostic::error(
                callee.span,
                "the return value is not known at the entry of a function",
            )
            .with_help("read it in a `kretprobe__` function"),
        );
    }
}

/// A program on a hook is given arguments, not registers.
fn check_registers(
    function: &FunctionDecl<'_>,
    callee: &Expr,
    name: &str,
    args: &[Arg],
    cx: &mut Diagnostics,
) {
    let Some(ProbeKind::Trampoline(to)) = function.probe() else {
        return;
    };
    let of_context = matches!(args, [Arg::Expr(expr)] if is_name(expr, "ctx"));
    if of_context && function.macro_context().is_some() && REGISTER_MACROS.contains(&name) {
        cx.push(
            Diagnostic::error(callee.span, "this program has no registers, only arguments")
                .with_help(match to.hook {
                    Hook::Kretfunc | Hook::KmodRet => {
                        "name the arguments in the macro, and the result behind them"
                    }
                    Hook::Kfunc | Hook::Lsm => "name the arguments in the macro",
                }),
        );
    }
}

fn is_name(expr: &Expr, wanted: &str) -> bool {
    matches!(&peel_casts(expr).kind, ExprKind::Ident(name) if name.name == wanted)
}

/// Only at the entry of a kernel function can its result be decided.
fn check_override(function: &FunctionDecl<'_>, callee: &Expr, name: &str, cx: &mut Diagnostics) {
    if name != "bpf_override_return" {
        return;
    }
    let possible = match function.probe() {
        // Who calls a helper is not looked at.
        None => true,
        Some(kind) => match kind {
            ProbeKind::Registers
            | ProbeKind::Any
            | ProbeKind::Kprobe { .. }
            | ProbeKind::Syscall { .. }
            | ProbeKind::Section { .. } => true,
            ProbeKind::Kretprobe { .. }
            | ProbeKind::Trampoline(_)
            | ProbeKind::Iter { .. }
            | ProbeKind::Tracepoint { .. }
            | ProbeKind::TracepointFn { .. }
            | ProbeKind::RawTracepoint { .. }
            | ProbeKind::RawTracepointFn
            | ProbeKind::PerfEvent
            | ProbeKind::Network { .. } => false,
        },
    };
    if !possible {
        cx.push(
            Diagnostic::error(
                callee.span,
                "`bpf_override_return` works at the entry of a kernel function only",
            )
            .with_help("call it in a `kprobe__` function"),
        );
    }
}
