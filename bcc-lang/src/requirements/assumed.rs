//! What a text takes for granted of the kernel's types: the arguments of its functions, and the
//! members of its structs.
//!
//! In: the analysis. Out: what can be compared with the types of a kernel. Whatever an `#if` or a
//! question to the kernel may leave out is left out here.

use super::{Argument, ArgumentType, MemberItem, Place, Text};
use crate::analysis::Analysis;
use crate::ast::{Expr, ExprKind, Ident, Param, UnaryOp};
use crate::condition::Truth;
use crate::dialect::probes::{ArgumentForm, argument_form};
use crate::model::FunctionDecl;
use crate::program::{ProbeKind, Type, TypeKeyword};
use crate::span::Span;
use crate::uses::guards::{self, Reach};
use std::collections::BTreeMap;

/// Whether a place is compiled for every kernel.
fn is_compiled(analysis: Analysis<'_>, at: Span) -> bool {
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

/// The members of the kernel's structs that the programs name, each where it stands first.
pub(super) fn members(analysis: Analysis<'_>, place: &dyn Fn(Span) -> Place) -> Vec<MemberItem> {
    let mut asked = Vec::new();
    let mut named = Vec::new();
    guards::each_expr(analysis, |expr, reach| match &expr.kind {
        ExprKind::Call { callee, .. } if is_question(callee) => asked.push(expr.span),
        ExprKind::Member { member, .. } if reach == Reach::Always => {
            if let Some((owner, path)) = path(analysis, expr) {
                named.push((owner, path, member.span));
            }
        }
        _ => {}
    });
    let mut firsts: BTreeMap<(String, String), Span> = BTreeMap::new();
    for (owner, path, span) in named {
        let is_asked = asked
            .iter()
            .any(|ask| ask.start <= span.start && span.end <= ask.end);
        if !is_asked && is_compiled(analysis, span) {
            let first = firsts.entry((owner, path)).or_insert(span);
            *first = (*first).min(span);
        }
    }
    let items = firsts.into_iter().map(|((owner, path), span)| MemberItem {
        owner: Text::Owned(owner),
        path: Text::Owned(path),
        place: place(span),
    });
    items.collect()
}

fn is_question(callee: &Expr) -> bool {
    matches!(&callee.kind, ExprKind::Ident(name) if guards::is_question(&name.name))
}

/// The struct of the kernel that an expression begins with, and the members up to its end; pointers
/// and elements of arrays on the way need no name.
fn path(analysis: Analysis<'_>, expr: &Expr) -> Option<(String, String)> {
    let mut members: Vec<&Ident> = Vec::new();
    let mut at = expr;
    let owner = loop {
        match &at.kind {
            ExprKind::Member { base, member, .. } => {
                if analysis.types.is_macro(&member.name) {
                    return None;
                }
                members.push(member);
                at = base;
                let value = analysis.inference.value(base)?;
                let record = record(&value.ty);
                // Headers of packets, which bcc gives structs of its own.
                if analysis.types.is_packet(record) {
                    return None;
                }
                match record {
                    Type::Named(name) if name.keyword == TypeKeyword::Struct => {
                        break (!analysis.types.defines(name)).then(|| name.name.clone())?;
                    }
                    // The kernel knows.
                    Type::Unknown(text) if text.is_empty() => {}
                    _ => return None,
                }
            }
            ExprKind::Paren(inner)
            | ExprKind::Index { base: inner, .. }
            | ExprKind::Unary {
                op: UnaryOp::Deref | UnaryOp::AddressOf,
                operand: inner,
                ..
            } => at = inner,
            _ => return None,
        }
    };
    members.reverse();
    let names: Vec<&str> = members.iter().map(|name| name.name.as_str()).collect();
    Some((owner, names.join(".")))
}

/// What a value is, or what it points to.
fn record(ty: &Type) -> &Type {
    match ty {
        Type::Pointer(to) => to,
        other => other,
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

    /// Members of the kernel's structs with their paths and lines; none of the text's own, none
    /// that a question or an `#if` guards, none of functions that nobody calls.
    #[test]
    fn finds_members() {
        let text = "struct own { int a; };
int f(struct pt_regs *ctx, struct task_struct *t, struct own *o) {
    struct sock *sk = 0;
    int sum = t->mm->exe_file->f_flags + o->a;
    if (bpf_core_field_exists(t->maybe))
        sum += t->maybe;
#if LINUX_VERSION_CODE > 1
    sum += t->newer;
#endif
    return sum + t->mm->count[1].counter;
}
static inline int unused(struct file *file) { return file->f_mode; }";
        let found = requirements(text);
        let members: Vec<_> = found
            .members
            .iter()
            .map(|it| (&*it.owner, &*it.path, it.place.line))
            .collect();
        let expected = [
            ("task_struct", "mm", 4),
            ("task_struct", "mm.count", 10),
            ("task_struct", "mm.count.counter", 10),
            ("task_struct", "mm.exe_file", 4),
            ("task_struct", "mm.exe_file.f_flags", 4),
        ];
        assert_eq!(members, expected);
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
