//! Program headers: context, arguments, result.

use crate::analysis::Analysis;
use crate::ast::{Derived, Param, TypeSpec};
use crate::diag::{Diagnostic, Diagnostics};
use crate::dialect::probes::{
    CONTEXTS, HOOK_ARGUMENTS, ProbeForm, REGISTER_ARGUMENTS, split_hook, split_prefix,
    split_tracepoint,
};
use crate::model::{FunctionDecl, Header, Role};
use crate::program::{Hook, ProbeKind, Type};

pub(super) fn check_function(
    context: Analysis<'_>,
    function: &FunctionDecl<'_>,
    cx: &mut Diagnostics,
) {
    let Role::Program(kind) = &function.role else {
        return;
    };
    if matches!(function.header, Header::C { .. }) {
        check_name(function, cx);
    }
    let (first, arguments) = function.split_params();
    if let Some(first) = first {
        check_context(context, kind, function, first, cx);
    }
    check_arguments(context, kind, arguments, cx);
}

/// `tracepoint__sched_switch` lacks its category, `kfunc__vfs_read` its module.
fn check_name(function: &FunctionDecl<'_>, cx: &mut Diagnostics) {
    let name = &function.name.name;
    let Some((form, rest)) = split_prefix(name) else {
        return;
    };
    let (what, help) = match form {
        ProbeForm::Tracepoint if split_tracepoint(rest).is_none() => (
            "tracepoint",
            "a tracepoint has a category and an event: `tracepoint__sched__sched_switch`",
        ),
        ProbeForm::Trampoline(hook) if split_hook(hook, rest).is_none() => {
            ("kernel function", hook_name_help(hook))
        }
        ProbeForm::Tracepoint
        | ProbeForm::Trampoline(_)
        | ProbeForm::RawTracepoint
        | ProbeForm::Kprobe
        | ProbeForm::Kretprobe
        | ProbeForm::Syscall
        | ProbeForm::Iter => return,
    };
    cx.push(
        Diagnostic::error(function.name.span, format!("`{name}` names no {what}")).with_help(help),
    );
}

const fn hook_name_help(hook: Hook) -> &'static str {
    match hook {
        Hook::Kfunc => "the module stands in front: `kfunc__vmlinux__vfs_open`",
        Hook::Kretfunc => "the module stands in front: `kretfunc__vmlinux__vfs_open`",
        Hook::KmodRet => "the function follows: `kmod_ret__security_file_open`",
        Hook::Lsm => "the hook follows: `lsm__file_open`",
    }
}

/// A program that reads arguments from registers needs the registers first.
fn check_context(
    context: Analysis<'_>,
    kind: &ProbeKind,
    function: &FunctionDecl<'_>,
    first: &Param,
    cx: &mut Diagnostics,
) {
    let by_registers = matches!(
        kind,
        ProbeKind::Kprobe { .. } | ProbeKind::Kretprobe { .. } | ProbeKind::Syscall { .. }
    );
    let pointer = matches!(&first.declarator.derived[..], [Derived::Pointer { .. }]);
    let tag = match &first.specifiers.ty {
        TypeSpec::Record(record) => record.tag.as_ref().map(|tag| tag.name.as_str()),
        _ => None,
    };
    let wrong = match tag {
        Some(tag) if pointer => {
            tag != "pt_regs" && !CONTEXTS.iter().any(|(known, _)| *known == tag)
        }
        _ => !pointer && !matches!(first.specifiers.ty, TypeSpec::Named(_)),
    };
    let number = matches!(
        context.types.resolve(&first.specifiers, &first.declarator),
        Type::Int { .. }
    );
    if *kind == ProbeKind::Any && number {
        cx.push(
            Diagnostic::error(
                first.span,
                format!("`{}` is loaded as a program, and this is no context", function.name.name),
            )
            .with_help("make a function that programs call `static`; the first parameter of a program is its context"),
        );
    }
    if by_registers && wrong {
        cx.push(
            Diagnostic::error(
                first.span,
                format!(
                    "the first parameter of `{}` must be `struct pt_regs *ctx`",
                    function.name.name
                ),
            )
            .with_help("the parameters of the traced function follow it"),
        );
    }
}

fn check_arguments(
    context: Analysis<'_>,
    kind: &ProbeKind,
    arguments: &[&Param],
    cx: &mut Diagnostics,
) {
    if let Some(first) = arguments.first()
        && matches!(kind, ProbeKind::Kretprobe { .. })
    {
        cx.push(
            Diagnostic::error(
                first.span,
                "at return the registers no longer hold the arguments",
            )
            .with_help("save what you need at entry in a map, and look it up here"),
        );
        return;
    }
    if let Some(first) = arguments.first()
        && matches!(kind, ProbeKind::Network { .. })
    {
        let text = "a program of the network gets its context and nothing else";
        cx.push(
            Diagnostic::error(first.span, text)
                .with_help("make a function that programs call `static`"),
        );
        return;
    }
    check_argument_count(kind, arguments, cx);
    for argument in arguments {
        if argument.declarator.name.is_none() {
            cx.push(Diagnostic::error(
                argument.span,
                "an argument of the traced function needs a name",
            ));
        }
        let ty = context
            .types
            .resolve(&argument.specifiers, &argument.declarator);
        if context.is_record(&ty) || matches!(ty, Type::Float { .. } | Type::Int { size: 16, .. }) {
            cx.push(
                Diagnostic::error(
                    argument.span,
                    "an argument of this type does not arrive in one register",
                )
                .with_help("read it through `ctx`"),
            );
        }
    }
}

/// What the kernel cannot hand over is not there to be read.
fn check_argument_count(kind: &ProbeKind, arguments: &[&Param], cx: &mut Diagnostics) {
    let (most, message) = if matches!(kind, ProbeKind::Trampoline(_)) {
        let text = format!("the kernel hands over {HOOK_ARGUMENTS} arguments at most");
        (HOOK_ARGUMENTS, text)
    } else {
        let text = format!("only {REGISTER_ARGUMENTS} arguments of a function arrive in registers");
        (REGISTER_ARGUMENTS, text)
    };
    if let Some(extra) = arguments.get(most) {
        cx.push(Diagnostic::error(extra.span, message));
    }
}
