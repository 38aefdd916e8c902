//! Arguments of the traced function: local variables at the start of a program's body.
//!
//! In: the parameters behind the context. Out: a declaration for each one that the body uses, which
//! reads it from where such arguments arrive.

use super::Lowerer;
use super::items::UNNAMED_CONTEXT;
use crate::ast::{Block, Derived, Param, TypeSpec};
use crate::dialect::probes::{ArgumentForm, argument_form};
use crate::hookable::hook_arguments;
use crate::model::{FunctionDecl, Header};
use crate::program::ProbeKind;
use crate::source::SourceText;
use crate::span::Span;
use std::fmt::Write as _;

/// The registers of a system call.
const CALL_REGISTERS: &str = "__bcc_regs";

/// How many arguments every version of libbpf's `BPF_KPROBE` takes.
const MOST_ARGUMENTS: usize = 5;

/// Whether libbpf's `BPF_KPROBE` can declare a program with its arguments: the macro calls the
/// context `ctx`, and takes the arguments from registers.
pub(super) fn fits_kprobe_macro(
    source: &SourceText,
    function: &FunctionDecl<'_>,
    context: &Param,
    kind: &ProbeKind,
) -> bool {
    let Header::C { declarator, .. } = &function.header else {
        return false;
    };
    let Some(Derived::Function(list)) = declarator.derived.first() else {
        return false;
    };
    let (_, arguments) = function.split_params();
    // Neither parentheses around the name nor directives among the arguments.
    let name_to_list = source.slice(Span::new(function.name.span.end, list.span.start));
    let is_plain = name_to_list.trim().is_empty() && !source.slice(list.span).contains('#');
    is_plain
        && !list.variadic
        && argument_form(kind) == ArgumentForm::Registers
        && registers(context) == "ctx"
        && matches!(context.declarator.derived[..], [Derived::Pointer { .. }])
        && arguments.len() <= MOST_ARGUMENTS
        && arguments
            .iter()
            .all(|param| param.declarator.name.is_some())
}

/// Declarations for the arguments the body uses, each on a line of its own.
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
    let indent = indent_inside(cx.source, function.body);
    let (_, arguments) = function.split_params();
    for (param, number) in arguments.iter().zip(1..) {
        let Some(name) = &param.declarator.name else {
            continue;
        };
        if !cx.inference.is_used(name) {
            continue;
        }
        if locals.is_empty() {
            locals.push_str(&call_registers(form, &registers, &indent));
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
        let _ = write!(locals, "\n{indent}{declaration} = {cast}{value};");
    }
    locals
}

/// Declares what tells at load whether the kernel has a function of the traced one's name.
pub(super) fn outside_symbol(function: &FunctionDecl<'_>, kind: &ProbeKind) -> String {
    match (argument_form(kind), function.split_params()) {
        (ArgumentForm::MaybeWrapped(name), (Some(_), [_, ..])) => {
            format!("extern const void {name} __ksym __weak;\n")
        }
        _ => String::new(),
    }
}

/// The blanks in front of what a body holds.
fn indent_inside(source: &SourceText, body: &Block) -> String {
    let outside = source.indent_at(body.span.start);
    let first = body.statements.first().map(|first| first.span.start);
    let inside = first.map(|first| source.indent_at(first));
    inside
        .filter(|inside| inside.len() > outside.len())
        .unwrap_or_else(|| outside + source.indent_unit())
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
fn call_registers(form: ArgumentForm<'_>, registers: &str, indent: &str) -> String {
    let value = match form {
        ArgumentForm::Registers | ArgumentForm::Typed => return String::new(),
        ArgumentForm::Wrapped => format!("PT_REGS_SYSCALL_CTX({registers})"),
        ArgumentForm::MaybeWrapped(name) => {
            format!("&{name} ? {registers} : PT_REGS_SYSCALL_CTX({registers})")
        }
    };
    format!("\n{indent}struct pt_regs *{CALL_REGISTERS} = {value};")
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
