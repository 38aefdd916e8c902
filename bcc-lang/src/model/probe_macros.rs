//! Functions that a probe macro begins: `TRACEPOINT_PROBE(sched, sched_switch) { ... }`.
//!
//! In: the macro and its arguments. Out: the function as if it had been written in plain C.

use super::functions::{FunctionDecl, Header, Role, prefixed_kind, trampoline};
use crate::ast::{ExprKind, Ident, MacroArg, MacroFunction, Param, TypeSpec};
use crate::diag::{Diagnostic, Diagnostics};
use crate::dialect::probes::{NO_MODULE, ProbeForm, ProbeMacro, find_probe_macro, name_prefix};
use crate::program::ProbeKind;

/// The function behind a probe macro; `None` if it is no macro we know or its arguments do not fit.
pub(super) fn from_macro<'a>(
    function: &'a MacroFunction,
    cx: &mut Diagnostics,
) -> Option<FunctionDecl<'a>> {
    let row = find_probe_macro(&function.name.name)?;
    let (names, params) = macro_arguments(row, function, cx)?;
    let span = function.name.span.to(function.args.span);
    Some(FunctionDecl {
        name: Ident {
            name: format!("{}{}", name_prefix(row.form), joined_names(row, &names)),
            span,
        },
        span: function.span,
        role: Role::Program(macro_kind(row.form, &names, params.len())?),
        header: Header::Macro { row, span },
        params,
        body: &function.body,
    })
}

/// What the macro makes of its names: those of hooks also say which module has the function.
fn joined_names(row: &ProbeMacro, names: &[&Ident]) -> String {
    let unsaid = match row.form {
        ProbeForm::Trampoline(hook) if hook.names_module() && names.len() == 1 => Some(NO_MODULE),
        ProbeForm::Trampoline(_)
        | ProbeForm::Tracepoint
        | ProbeForm::RawTracepoint
        | ProbeForm::Kprobe
        | ProbeForm::Kretprobe
        | ProbeForm::Syscall
        | ProbeForm::Iter => None,
    };
    let names = names.iter().map(|name| name.name.as_str());
    unsaid
        .into_iter()
        .chain(names)
        .collect::<Vec<_>>()
        .join("__")
}

/// What the program of a probe macro attaches to.
fn macro_kind(form: ProbeForm, names: &[&Ident], arguments: usize) -> Option<ProbeKind> {
    match (form, names) {
        (ProbeForm::Tracepoint, [category, event]) => Some(ProbeKind::Tracepoint {
            category: category.name.clone(),
            event: event.name.clone(),
        }),
        (ProbeForm::Trampoline(hook), [function]) => {
            Some(trampoline(hook, None, &function.name, arguments))
        }
        (ProbeForm::Trampoline(hook), [module, function]) => {
            let module = Some(module.name.as_str());
            Some(trampoline(hook, module, &function.name, arguments))
        }
        (
            ProbeForm::RawTracepoint
            | ProbeForm::Kprobe
            | ProbeForm::Kretprobe
            | ProbeForm::Syscall
            | ProbeForm::Iter,
            [name],
        ) => prefixed_kind(form, &name.name, arguments),
        _ => None,
    }
}

/// The names of a probe macro, and the parameters behind them.
fn macro_arguments<'a>(
    row: &ProbeMacro,
    function: &'a MacroFunction,
    cx: &mut Diagnostics,
) -> Option<(Vec<&'a Ident>, Vec<&'a Param>)> {
    let list = &function.args.list;
    let (names, params) = list.split_at(row.params.len().min(list.len()));
    let names: Vec<&Ident> = names.iter().filter_map(single_name).collect();
    if names.len() == row.params.len() && (row.takes_arguments || params.is_empty()) {
        return Some((names, macro_params(params, cx)?));
    }
    cx.push(
        Diagnostic::error(
            function.args.span,
            format!(
                "`{}` takes {} name{}: {}",
                row.name,
                row.params.len(),
                if row.params.len() == 1 { "" } else { "s" },
                row.params.join(" and ")
            ),
        )
        .with_help(format!("for example `{}({})`", row.name, row.example)),
    );
    None
}

/// The parameters of the traced function, each with a type and a name.
fn macro_params<'a>(list: &'a [MacroArg], cx: &mut Diagnostics) -> Option<Vec<&'a Param>> {
    let mut params = Vec::new();
    for arg in list {
        match arg.param.as_deref() {
            Some(param) => params.push(param),
            None => cx.push(
                Diagnostic::error(
                    arg.span,
                    "an argument of the traced function needs a type and a name",
                )
                .with_help("for example `struct file *file`"),
            ),
        }
    }
    (params.len() == list.len()).then_some(params)
}

/// The name an argument consists of.
fn single_name(arg: &MacroArg) -> Option<&Ident> {
    if let Some(ExprKind::Ident(name)) = arg.expr.as_deref().map(|expr| &expr.kind) {
        return Some(name);
    }
    match arg
        .ty
        .as_deref()
        .map(|ty| (&ty.specifiers.ty, ty.declarator.derived.is_empty()))
    {
        Some((TypeSpec::Named(name), true)) => Some(name),
        _ => None,
    }
}
