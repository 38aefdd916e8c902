//! Program headers: context, arguments, result.

use crate::analysis::Analysis;
use crate::ast::{Derived, Param, TypeSpec};
use crate::diag::{Diagnostic, Diagnostics};
use crate::dialect::probes::{
    CONTEXTS, REGISTER_ARGUMENTS, TRACEPOINT_STRUCT_PREFIX, split_prefix, split_tracepoint,
};
use crate::model::{FunctionDecl, Header, Role};
use crate::program::{ProbeKind, Type};

pub(super) fn check_function(
    context: Analysis<'_>,
    function: &FunctionDecl<'_>,
    cx: &mut Diagnostics,
) {
    let (Header::C { params, .. }, Role::Program(kind)) = (&function.header, &function.role) else {
        return;
    };
    check_tracepoint_name(function, cx);
    check_context(context, kind, function, params, cx);
    check_arguments(context, kind, params, cx);
}

/// `tracepoint__sched_switch` lacks its category.
fn check_tracepoint_name(function: &FunctionDecl<'_>, cx: &mut Diagnostics) {
    let name = &function.name.name;
    if let Some(rest) = name.strip_prefix(TRACEPOINT_STRUCT_PREFIX)
        && split_prefix(name).is_some()
        && split_tracepoint(rest).is_none()
    {
        cx.push(
            Diagnostic::error(function.name.span, format!("`{name}` names no tracepoint"))
                .with_help(
                    "a tracepoint has a category and an event: `tracepoint__sched__sched_switch`",
                ),
        );
    }
}

/// A program that reads arguments from registers needs the registers first.
fn check_context(
    context: Analysis<'_>,
    kind: &ProbeKind,
    function: &FunctionDecl<'_>,
    params: &[Param],
    cx: &mut Diagnostics,
) {
    let by_registers = matches!(kind, ProbeKind::Kprobe { .. } | ProbeKind::Kretprobe { .. });
    let Some(first) = params.first() else { return };
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
    params: &[Param],
    cx: &mut Diagnostics,
) {
    let Some((_, arguments)) = params.split_first() else {
        return;
    };
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
    if let Some(extra) = arguments.get(REGISTER_ARGUMENTS) {
        cx.push(Diagnostic::error(
            extra.span,
            format!("only {REGISTER_ARGUMENTS} arguments of a function arrive in registers"),
        ));
    }
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
