//! What a text takes for granted of the kernel's structs: their members.
//!
//! In: the analysis. Out: members that can be looked for in the types of a kernel: behind `.` and `->`,
//! and the arguments of macros such as `BPF_CORE_READ`. Whatever an `#if` or a question to the kernel
//! may leave out is left out here.

use super::assumed::is_compiled;
use super::{MemberItem, Place, Text};
use crate::analysis::Analysis;
use crate::ast::{Arg, Expr, ExprKind, Ident, UnaryOp};
use crate::dialect::helpers::{MemberMacro, find_member_macro};
use crate::program::{Type, TypeKeyword};
use crate::span::Span;
use crate::uses::guards::{self, Reach};
use std::collections::BTreeMap;

/// The members of the kernel's structs that the programs name, each where it stands first.
pub(super) fn members(analysis: Analysis<'_>, place: &dyn Fn(Span) -> Place) -> Vec<MemberItem> {
    let mut search = Search {
        analysis,
        passed: Vec::new(),
        firsts: BTreeMap::new(),
    };
    guards::each_expr(analysis, |expr, reach| search.look_at(expr, reach));
    let items = search.firsts.into_iter().map(|(path, span)| MemberItem {
        owner: Text::Owned(path.owner),
        path: Text::Owned(path.members.join(".")),
        place: place(span),
    });
    items.collect()
}

/// Members behind a struct of the kernel; pointers and elements of arrays on the way need no name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Path {
    /// The tag of the struct.
    owner: String,
    /// In the order in which they are followed.
    members: Vec<String>,
}

/// Goes through the expressions of a text, each before those it consists of.
struct Search<'a> {
    analysis: Analysis<'a>,
    /// Where members are asked for, or are arguments of macros, and mean nothing by themselves.
    passed: Vec<Span>,
    firsts: BTreeMap<Path, Span>,
}

impl Search<'_> {
    fn look_at(&mut self, expr: &Expr, reach: Reach) {
        match &expr.kind {
            ExprKind::Call { callee, args, .. } => {
                if let ExprKind::Ident(name) = &callee.kind {
                    self.look_at_call(&name.name, expr.span, args, reach);
                }
            }
            ExprKind::Member { member, .. } if reach == Reach::Always => {
                if let Some(path) = self.path(expr) {
                    self.note(path, member.span);
                }
            }
            _ => {}
        }
    }

    fn look_at_call(&mut self, name: &str, span: Span, args: &[Arg], reach: Reach) {
        if guards::is_question(name) {
            self.passed.push(span);
            return;
        }
        let Some(row) = find_member_macro(name).filter(|_| !self.analysis.types.is_macro(name))
        else {
            return;
        };
        if reach == Reach::Always {
            self.look_at_macro(row, args);
        }
        let members = row.members_of(args).iter();
        self.passed.extend(members.map(Arg::span));
    }

    /// `BPF_CORE_READ(task, mm, exe_file)`
    fn look_at_macro(&mut self, row: &MemberMacro, args: &[Arg]) {
        let Some(Arg::Expr(pointer)) = args.get(row.pointer) else {
            return;
        };
        let Some(mut path) = self.start(pointer) else {
            return;
        };
        for arg in row.members_of(args) {
            let mut names = Vec::new();
            let is_known = matches!(arg, Arg::Expr(expr) if names_in(expr, &mut names));
            for name in &names {
                if self.analysis.types.is_macro(&name.name) {
                    return;
                }
                path.members.push(name.name.clone());
                self.note(path.clone(), name.span);
            }
            if !is_known {
                return;
            }
        }
    }

    fn note(&mut self, path: Path, span: Span) {
        let mut passed = self.passed.iter();
        let is_passed = passed.any(|it| it.start <= span.start && span.end <= it.end);
        if !is_passed && is_compiled(self.analysis, span) {
            let first = self.firsts.entry(path).or_insert(span);
            *first = (*first).min(span);
        }
    }

    /// What an expression is, or points to: a struct of the kernel, or something behind members of one
    /// whose types only the kernel knows.
    fn start(&self, expr: &Expr) -> Option<Path> {
        let Analysis {
            types, inference, ..
        } = self.analysis;
        let value = inference.value(expr)?;
        let record = match &value.ty {
            Type::Pointer(to) => to,
            other => other,
        };
        // Headers of packets, which bcc gives structs of its own.
        if types.is_packet(record) {
            return None;
        }
        match record {
            Type::Named(name) if name.keyword == TypeKeyword::Struct => (!types.defines(name))
                .then(|| Path {
                    owner: name.name.clone(),
                    members: Vec::new(),
                }),
            Type::Unknown(text) if text.is_empty() => self.path(expr),
            _ => None,
        }
    }

    /// The members that an expression consists of.
    fn path(&self, expr: &Expr) -> Option<Path> {
        match &expr.kind {
            ExprKind::Member { base, member, .. } => {
                if self.analysis.types.is_macro(&member.name) {
                    return None;
                }
                let mut path = self.start(base)?;
                path.members.push(member.name.clone());
                Some(path)
            }
            ExprKind::Paren(inner)
            | ExprKind::Index { base: inner, .. }
            | ExprKind::Unary {
                op: UnaryOp::Deref | UnaryOp::AddressOf,
                operand: inner,
                ..
            } => self.path(inner),
            _ => None,
        }
    }
}

/// Adds the members that an argument of a macro names, as `b.c[1]`; whether it names nothing else.
fn names_in<'a>(expr: &'a Expr, names: &mut Vec<&'a Ident>) -> bool {
    match &expr.kind {
        ExprKind::Ident(name) => {
            names.push(name);
            true
        }
        ExprKind::Member { base, member, .. } => {
            let is_known = names_in(base, names);
            if is_known {
                names.push(member);
            }
            is_known
        }
        ExprKind::Index { base, .. } => names_in(base, names),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::source::SourceText;

    /// The members a text takes for granted: struct, path and line.
    fn members(text: &str) -> Vec<(String, String, u32)> {
        let outcome = crate::compile(&SourceText::new("t.c", text));
        let requirements = outcome.program.expect("it is right").requirements;
        let items = requirements.members.iter();
        let rows = items.map(|it| (it.owner.to_string(), it.path.to_string(), it.place.line));
        rows.collect()
    }

    fn rows(expected: &[(&str, &str, u32)]) -> Vec<(String, String, u32)> {
        let rows = expected.iter();
        rows.map(|(owner, path, line)| ((*owner).to_owned(), (*path).to_owned(), *line))
            .collect()
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
        let expected = [
            ("task_struct", "mm", 4),
            ("task_struct", "mm.count", 10),
            ("task_struct", "mm.count.counter", 10),
            ("task_struct", "mm.exe_file", 4),
            ("task_struct", "mm.exe_file.f_flags", 4),
        ];
        assert_eq!(members(text), rows(&expected));
    }

    /// Members that macros of libbpf's are given as arguments, from the struct that the pointer leads
    /// to, which may be behind members itself.
    #[test]
    fn finds_arguments_of_macros() {
        let text = "struct own { struct sock *sk; };
int f(struct pt_regs *ctx, struct task_struct *t, struct own *o) {
    u64 ino = BPF_CORE_READ(t, mm,
                            exe_file, f_path.dentry);
    char name[8];
    BPF_CORE_READ_INTO(&ino, o->sk, __sk_common.skc_dport);
    BPF_CORE_READ_STR_INTO(&name, (struct dentry *)ino, d_name.name);
    BPF_PROBE_READ_USER_INTO(&ino, t->thread.bases, slots[2]);
    ino += BPF_CORE_READ_BITFIELD_PROBED(t, in_execve);
    bpf_core_read(&ino, sizeof(ino), &t->start_time);
    return ino + name[0];
}";
        let expected = [
            ("dentry", "d_name", 7),
            ("dentry", "d_name.name", 7),
            ("sock", "__sk_common", 6),
            ("sock", "__sk_common.skc_dport", 6),
            ("task_struct", "in_execve", 9),
            ("task_struct", "mm", 3),
            ("task_struct", "mm.exe_file", 4),
            ("task_struct", "mm.exe_file.f_path", 4),
            ("task_struct", "mm.exe_file.f_path.dentry", 4),
            ("task_struct", "start_time", 10),
            ("task_struct", "thread", 8),
            ("task_struct", "thread.bases", 8),
            ("task_struct", "thread.bases.slots", 8),
        ];
        assert_eq!(members(text), rows(&expected));
    }

    /// Arguments that may mean something else, or may be left out: structs of the text, macros, a
    /// macro of the text with the name of libbpf's, variables with the name of a member, questions.
    #[test]
    fn is_silent_about_what_is_not_certain() {
        let text = "struct own { int a; };
#define FILE exe_file, f_mode
#define BPF_PROBE_READ(s, m) 0
int f(struct pt_regs *ctx, struct task_struct *t, struct own *o, struct sock *b, void *v) {
    u64 sum = BPF_CORE_READ(o, a) + BPF_CORE_READ(v, c) + BPF_PROBE_READ(t, d);
    sum += BPF_CORE_READ(t, mm, FILE) + BPF_CORE_READ(t, b.e);
    if (bpf_core_field_exists(struct task_struct, g))
        sum += BPF_CORE_READ(t, g);
    sum += bpf_core_field_exists(t->h) ? BPF_CORE_READ(t, h, i) : 0;
#if LINUX_VERSION_CODE > 1
    sum += BPF_CORE_READ(t, j);
#endif
    return sum + (b != 0);
}
static inline int unused(struct file *file) { return BPF_CORE_READ(file, f_mode); }";
        let expected = [
            ("task_struct", "b", 6),
            ("task_struct", "b.e", 6),
            ("task_struct", "mm", 6),
        ];
        assert_eq!(members(text), rows(&expected));
    }
}
