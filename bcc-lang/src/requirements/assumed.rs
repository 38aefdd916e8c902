//! What a text takes for granted of the kernel's functions: their arguments.
//!
//! In: the analysis. Out: what can be compared with the types of a kernel. Whatever an `#if` may
//! leave out is left out here.

use super::{Argument, ArgumentType, Text};
use crate::analysis::Analysis;
use crate::ast::Param;
use crate::condition::Truth;
use crate::dialect::probes::{ArgumentForm, argument_form};
use crate::model::FunctionDecl;
use crate::program::{ProbeKind, Type, TypeKeyword};
use crate::span::Span;

/// Whether a place is compiled for every kernel.
pub(super) fn is_compiled(analysis: Analysis<'_>, at: Span) -> bool {
    analysis.types.conditions().at(at.start) == Truth::True
}

/// Whether a program is there on every kernel, as one function of its name.
pub(super) fn is_certain(analysis: Analysis<'_>, program: &str) -> bool {
    let functions = analysis.model.functions.iter();
    let mut named = functions.filter(|function| function.name.name == program);
    let (first, more) = (named.next(), named.next());
    more.is_none() && first.is_some_and(|function| is_compiled(analysis, function.span))
}

/// The arguments that a program names of the kernel function it is on; none if it is not certain
/// that these are meant.
pub(super) fn arguments(analysis: Analysis<'_>, program: &str) -> Vec<Argument> {
    let mut functions = analysis.model.functions.iter();
    let function = functions.find(|function| function.name.name == program);
    let Some(function) = function.filter(|function| names_arguments(function)) else {
        return Vec::new();
    };
    if !is_certain(analysis, program) {
        return Vec::new();
    }
    let (_, params) = function.split_params();
    params.iter().map(|it| argument(analysis, it)).collect()
}

fn names_arguments(function: &FunctionDecl<'_>) -> bool {
    match function.probe() {
        Some(kind @ ProbeKind::Kprobe { .. }) => argument_form(kind) == ArgumentForm::Registers,
        Some(ProbeKind::Trampoline(_)) => true,
        _ => false,
    }
}

fn argument(analysis: Analysis<'_>, param: &Param) -> Argument {
    let name = param.declarator.name.as_ref();
    let text = analysis.source.slice(param.span);
    Argument {
        name: Text::Owned(name.map_or_else(String::new, |name| name.name.clone())),
        text: Text::Owned(text.split_whitespace().collect::<Vec<_>>().join(" ")),
        ty: argument_type(
            analysis,
            &analysis.types.resolve(&param.specifiers, &param.declarator),
        ),
        used: name.is_some_and(|name| analysis.inference.is_used(name)),
    }
}

fn argument_type(analysis: Analysis<'_>, ty: &Type) -> ArgumentType {
    match ty {
        Type::Bool | Type::Char => ArgumentType::Integer(1),
        Type::Int { size, .. } => ArgumentType::Integer(*size),
        Type::Named(name) if name.keyword == TypeKeyword::Enum => ArgumentType::Integer(4),
        Type::Pointer(to) => match &**to {
            Type::Named(name)
                if name.keyword == TypeKeyword::Struct && !analysis.types.defines(name) =>
            {
                ArgumentType::Struct(Text::Owned(name.name.clone()))
            }
            _ => ArgumentType::Pointer,
        },
        Type::Array { .. } | Type::Function => ArgumentType::Pointer,
        Type::Void | Type::Float { .. } | Type::Named(_) | Type::Unknown(_) => {
            ArgumentType::Unknown
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::requirements::{ArgumentType, Requirements};
    use crate::source::SourceText;

    fn requirements(text: &str) -> Requirements {
        let outcome = crate::compile(&SourceText::new("t.c", text));
        outcome.program.expect("it is right").requirements
    }

    /// What the text takes the arguments for, and whether the program is there for certain.
    #[test]
    fn finds_arguments() {
        let text = "struct own { int a; };
int kprobe__f(struct pt_regs *ctx, struct sock *sk, const char __user *s, u32 n, foo_t g,
              struct own *o) { return n + !s; }
#if LINUX_VERSION_CODE > 1
int kprobe__g(struct pt_regs *ctx, int a) { return a; }
#endif";
        let found = requirements(text);
        let f = &found.targets[0];
        let types: Vec<_> = f.arguments.iter().map(|it| (&it.ty, it.used)).collect();
        let expected = [
            (&ArgumentType::Struct("sock".into()), false),
            (&ArgumentType::Pointer, true),
            (&ArgumentType::Integer(4), true),
            (&ArgumentType::Unknown, false),
            (&ArgumentType::Pointer, false),
        ];
        assert_eq!(types, expected);
        assert_eq!(f.arguments[1].text, "const char __user *s");
        assert!(f.certain);
        let g = &found.targets[1];
        assert!(!g.certain && g.arguments.is_empty());
    }
}
