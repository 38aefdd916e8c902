//! Arguments of the traced function: local variables at the start of a program's body.
//!
//! In: the parameters behind the context. Out: a declaration for each one that the body uses, which
//! reads it from where such arguments arrive.

use super::Lowerer;
use super::items::UNNAMED_CONTEXT;
use crate::ast::{Derived, Param, TypeSpec};
use crate::dialect::probes::{ArgumentForm, argument_form};
use crate::hookable::hook_arguments;
use crate::model::FunctionDecl;
use crate::program::ProbeKind;
use crate::span::Span;
use std::fmt::Write as _;

/// The registers of a system call.
const CALL_REGISTERS: &str = "__bcc_regs";

/// Declarations for the arguments the body uses, each with a blank in front.
pub(super) fn locals(
    cx: &Lowerer<'_>,
    function: &FunctionDecl<'_>,
    context: &Param,
    kind: &ProbeKind,
) -> String {
    let form = argument_form(kind);
    let registers = registers(context);
    let hookable = hook_arguments(cx.unit, cx.source, function).is_some();
    let mut locals = String::new();
    let (_, arguments) = function.split_params();
    for (param, number) in arguments.iter().zip(1..) {
        let Some(name) = &param.declarator.name else {
            continue;
        };
        if !cx.inference.is_used(name) {
            continue;
        }
        if locals.is_empty() {
            locals.push_str(&call_registers(form, &registers));
        }
        let declaration = declaration(cx, param);
        let cast = if is_address(param) { "(void *)" } else { "" };
        let value = if hookable {
            format!(
                "BCC_ARGUMENT({}, {number}, {registers})",
                function.name.name
            )
        } else {
            value(form, number, &registers)
        };
        let _ = write!(locals, " {declaration} = {cast}{value};");
    }
    locals
}

/// Declares what tells at load whether the kernel has a function of the traced one's name.
pub(super) fn outside_symbol(function: &FunctionDecl<'_>, kind: &ProbeKind) -> String {
    match (argument_form(kind), function.split_params()) {
        (ArgumentForm::MaybeWrapped(name), (Some(_), [_, ..])) => {
            format!("extern const void {name} __ksym __weak; ")
        }
        _ => String::new(),
    }
}

/// The context as registers.
fn registers(context: &Param) -> String {
    let name = context.declarator.name.as_ref();
    let name = name.map_or(UNNAMED_CONTEXT, |name| name.name.as_str());
    match &context.specifiers.ty {
        TypeSpec::Record(record)
            if record.tag.as_ref().is_some_and(|tag| tag.name == "pt_regs") =>
        {
            name.to_owned()
        }
        _ => format!("(struct pt_regs *){name}"),
    }
}

/// Finds the registers that hold the arguments of a system call.
fn call_registers(form: ArgumentForm<'_>, registers: &str) -> String {
    let value = match form {
        ArgumentForm::Registers | ArgumentForm::Typed => return String::new(),
        ArgumentForm::Wrapped => format!("PT_REGS_SYSCALL_CTX({registers})"),
        ArgumentForm::MaybeWrapped(name) => {
            format!("&{name} ? {registers} : PT_REGS_SYSCALL_CTX({registers})")
        }
    };
    format!(" struct pt_regs *{CALL_REGISTERS} = {value};")
}

/// The argument of a number, counted from 1.
fn value(form: ArgumentForm<'_>, number: usize, registers: &str) -> String {
    match form {
        ArgumentForm::Registers => format!("PT_REGS_PARM{number}({registers})"),
        ArgumentForm::Wrapped => format!("PT_REGS_PARM{number}_CORE_SYSCALL({CALL_REGISTERS})"),
        // Only the fourth argument is elsewhere for system calls.
        ArgumentForm::MaybeWrapped(name) => format!(
            "(&{name} ? PT_REGS_PARM{number}_CORE({CALL_REGISTERS}) : PT_REGS_PARM{number}_CORE_SYSCALL({CALL_REGISTERS}))"
        ),
        ArgumentForm::Typed => {
            let context = registers.rsplit(')').next().unwrap_or(registers);
            format!("((unsigned long long *){context})[{}]", number - 1)
        }
    }
}

fn is_address(param: &Param) -> bool {
    param
        .declarator
        .derived
        .iter()
        .any(|step| !matches!(step, Derived::Function(_)))
}

/// A parameter as a local variable: an array is a pointer there.
fn declaration(cx: &Lowerer<'_>, param: &Param) -> String {
    let text = |start, end| cx.on_one_line(Span::new(start, end));
    match (&param.declarator.name, param.declarator.derived.first()) {
        (Some(name), Some(Derived::Array { span, .. })) => {
            let (before, behind) = (
                text(param.span.start, name.span.start),
                text(span.end, param.span.end),
            );
            let gap = if before.ends_with('*') { "" } else { " " };
            format!("{before}{gap}(*{}){behind}", name.name)
        }
        _ => text(param.span.start, param.span.end),
    }
}
