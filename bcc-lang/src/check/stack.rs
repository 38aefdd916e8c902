//! The 512 bytes that the locals of a program may take.

use crate::analysis::Analysis;
use crate::ast::{Arg, Block, Declaration, Expr, ExprKind, Stmt, StmtKind, Storage};
use crate::diag::{Diagnostic, Diagnostics};
use crate::model::FunctionDecl;
use crate::program::Type;
use crate::span::Span;
use crate::visit::{self, Visitor};
use std::collections::BTreeSet;

/// What the kernel gives a program.
const STACK: u64 = 512;

/// Only variables are counted whose address a helper or a method is given, since the compiler may
/// keep all others elsewhere, and only those whose scopes are open at the same time.
pub(super) fn check_stack(
    context: Analysis<'_>,
    function: &FunctionDecl<'_>,
    cx: &mut Diagnostics,
) {
    let mut addressed = Addressed {
        context,
        names: BTreeSet::new(),
    };
    visit::walk_block(&mut addressed, function.body);
    let mut scopes = Scopes {
        context,
        addressed: addressed.names,
        open: Vec::new(),
        largest: Vec::new(),
    };
    scopes.visit_block(function.body);
    report(context, function, &scopes.largest, cx);
}

fn report(
    context: Analysis<'_>,
    function: &FunctionDecl<'_>,
    locals: &[(Span, u64)],
    cx: &mut Diagnostics,
) {
    let total = locals.iter().map(|(_, size)| size).sum::<u64>();
    let Some((span, size)) = locals.iter().max_by_key(|(_, size)| size) else {
        return;
    };
    if total <= STACK {
        return;
    }
    let name = &function.name.name;
    let message = format!("the locals of `{name}` need {total} bytes, and there are {STACK}");
    let mut diagnostic = Diagnostic::error(*span, message).with_help(format!(
        "keep `{}`, of {size} bytes, in a `BPF_PERCPU_ARRAY` of one entry",
        context.source.slice(*span)
    ));
    for (other, size) in locals.iter().filter(|(other, _)| other != span) {
        diagnostic = diagnostic.with_label(*other, format!("this takes {size}"));
    }
    cx.push(diagnostic);
}

/// The variables whose address a helper or a method is given, by name.
struct Addressed<'a> {
    context: Analysis<'a>,
    names: BTreeSet<String>,
}

impl Visitor for Addressed<'_> {
    fn visit_expr(&mut self, expr: &Expr) {
        if let ExprKind::Call { callee, args, .. } = &expr.kind {
            let is_helper = matches!(&callee.kind, ExprKind::Ident(name) if name.name.starts_with("bpf_") && !self.context.types.is_macro(&name.name) && self.context.model.find_function(&name.name).is_none());
            if is_helper || self.context.inference.method_call(expr).is_some() {
                let names = args.iter().filter_map(addressed_name);
                self.names.extend(names);
            }
        }
        visit::walk_expr(self, expr);
    }
}

/// The variable of `&variable`, `&variable.member`, `variable`.
fn addressed_name(arg: &Arg) -> Option<String> {
    let Arg::Expr(expr) = arg else { return None };
    let expr = expr.without_parens();
    let mut place = expr.addressed().map_or(expr, Expr::without_parens);
    loop {
        match &place.kind {
            ExprKind::Ident(name) => return Some(name.name.clone()),
            ExprKind::Member {
                base, arrow: false, ..
            } => place = base.without_parens(),
            _ => return None,
        }
    }
}

/// The variables of the scopes that are open, and the most there were at once.
struct Scopes<'a> {
    context: Analysis<'a>,
    addressed: BTreeSet<String>,
    open: Vec<(Span, u64)>,
    largest: Vec<(Span, u64)>,
}

impl Visitor for Scopes<'_> {
    fn visit_block(&mut self, block: &Block) {
        let before = self.open.len();
        visit::walk_block(self, block);
        self.open.truncate(before);
    }

    fn visit_stmt(&mut self, stmt: &Stmt) {
        let before = self.open.len();
        let is_declaration = matches!(stmt.kind, StmtKind::Declaration(_));
        visit::walk_stmt(self, stmt);
        if !is_declaration {
            self.open.truncate(before);
        }
    }

    fn visit_declaration(&mut self, declaration: &Declaration) {
        let storage = &declaration.specifiers.storage;
        let is_automatic = !storage
            .iter()
            .any(|(storage, _)| !matches!(storage, Storage::Register | Storage::Auto));
        for init in &declaration.declarators {
            let Some(name) = init.declarator.name.as_ref().filter(|_| is_automatic) else {
                continue;
            };
            let types = self.context.types;
            let ty = match &init.init {
                Some(value) => {
                    types.resolve_initialized(&declaration.specifiers, &init.declarator, value)
                }
                None => types.resolve(&declaration.specifiers, &init.declarator),
            };
            let is_pointer = matches!(ty, Type::Pointer(_));
            if let Some(layout) = types.layout(&ty)
                && !is_pointer
                && self.addressed.contains(&name.name)
            {
                self.open.push((name.span, layout.size));
            }
        }
        let total = |locals: &[(Span, u64)]| locals.iter().map(|(_, size)| size).sum::<u64>();
        if total(&self.open) > total(&self.largest) {
            self.largest.clone_from(&self.open);
        }
        visit::walk_declaration(self, declaration);
    }
}
