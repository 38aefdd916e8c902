//! What a program does on every kernel.
//!
//! In: the analysis. Out: every expression of every function with its [`Reach`]. A program can ask
//! what the kernel has, and the verifier then removes the branch that is not taken, with the helpers
//! it calls: `if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_loop))`. Such a question may
//! be a variable that user space sets before load, go through functions and local variables of the
//! program, or leave the function early. Where there may be one, a call counts as guarded.

use crate::analysis::Analysis;
use crate::ast::{
    Arg, BinaryOp, Block, Declaration, DirectiveKind, Expr, ExprKind, Initializer, Item, Qualifier,
    Stmt, StmtKind, Storage, UnaryOp,
};
use crate::model::{FunctionDecl, Role};
use crate::program::ProbeKind;
use crate::scan::words_in;
use crate::visit::{self, Visitor};
use std::collections::{BTreeMap, BTreeSet};

/// Whether a program comes to a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    /// On none: no program calls the function.
    Never,
    /// On every kernel.
    Always,
    /// Perhaps only where the kernel has what the place needs.
    Guarded,
}

/// Hands every expression in the functions of the text to `found`.
pub(crate) fn each_expr(analysis: Analysis<'_>, mut found: impl FnMut(&Expr, Reach)) {
    let constants = Constants::find(analysis);
    let reaches = function_reaches(analysis, &constants);
    for (function, reach) in analysis.model.functions.iter().zip(reaches) {
        walk(&constants, function.body, &mut |expr, guarded| {
            found(expr, if guarded { reach.guarded() } else { reach });
        });
    }
}

/// Whether a function's name is that of a question about the kernel.
pub(crate) fn is_question(name: &str) -> bool {
    let begins = |starts: &[&str]| starts.iter().any(|start| name.starts_with(start));
    begins(&QUESTIONS) && !begins(&NO_QUESTIONS)
}

impl Reach {
    /// The same place behind a question.
    const fn guarded(self) -> Self {
        match self {
            Self::Never => Self::Never,
            Self::Always | Self::Guarded => Self::Guarded,
        }
    }
}

/// How a function is reached by itself. libbpf loads no program whose section begins with a `?`
/// unless it is told to.
pub(super) fn own_reach(function: &FunctionDecl<'_>) -> Reach {
    match &function.role {
        Role::Program(
            ProbeKind::Section { name: section } | ProbeKind::Network { section, .. },
        ) if section.starts_with('?') => Reach::Guarded,
        Role::Program(_) => Reach::Always,
        Role::Helper | Role::Inline => Reach::Never,
    }
}

/// How each function of the model is reached. A function that is called from several places is as
/// guarded as the most guarded of them.
fn function_reaches(analysis: Analysis<'_>, constants: &Constants) -> Vec<Reach> {
    let functions = &analysis.model.functions;
    let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, function) in functions.iter().enumerate() {
        by_name.entry(&function.name.name).or_default().push(index);
    }
    let callees: Vec<Vec<(usize, bool)>> = functions
        .iter()
        .map(|function| {
            let mut callees = Vec::new();
            // A name without a call is a callback.
            walk(constants, function.body, &mut |expr, guarded| {
                if let ExprKind::Ident(name) = &expr.kind {
                    let named = by_name.get(name.name.as_str()).into_iter().flatten();
                    callees.extend(named.map(|callee| (*callee, guarded)));
                }
            });
            callees
        })
        .collect();
    let mut reaches = vec![Reach::Never; functions.len()];
    let mut open: Vec<(usize, Reach)> = functions.iter().map(own_reach).enumerate().collect();
    // Each function only becomes more guarded, twice at most.
    while let Some((index, reach)) = open.pop() {
        let Some(known) = reaches.get_mut(index).filter(|known| reach > **known) else {
            continue;
        };
        *known = reach;
        let callees = callees.get(index).into_iter().flatten();
        open.extend(
            callees
                .map(|(callee, guarded)| (*callee, if *guarded { reach.guarded() } else { reach })),
        );
    }
    reaches
}

/// How often variables and functions that hold answers are looked for: through so many others.
const MAX_ROUNDS: usize = 8;

/// Goes through a function and hands every expression to `found`, with whether it is guarded.
fn walk(constants: &Constants, body: &Block, found: &mut dyn FnMut(&Expr, bool)) {
    let mut locals = Locals {
        constants,
        names: BTreeSet::new(),
        changed: true,
    };
    for _ in 0..MAX_ROUNDS {
        if std::mem::take(&mut locals.changed) {
            locals.visit_block(body);
        }
    }
    let names = locals.names;
    let mut walk = Walk {
        constants,
        locals: names,
        guarded: false,
        found,
    };
    walk.visit_block(body);
}

/// What the verifier, or clang, knows before the program runs.
struct Constants {
    /// Variables of the file.
    variables: BTreeSet<String>,
    /// Functions whose result may be the answer to a question.
    functions: BTreeSet<String>,
    /// Macros that may stand for constants.
    macros: BTreeSet<String>,
    /// Those of them that ask the kernel something.
    asking: BTreeSet<String>,
}

/// Names of the kernel's version, as C and libbpf spell it.
const VERSIONS: [&str; 3] = [
    "KERNEL_VERSION",
    "LINUX_KERNEL_VERSION",
    "LINUX_VERSION_CODE",
];

/// Beginnings of the names of questions about the kernel.
const QUESTIONS: [&str; 3] = ["bpf_core_", "__builtin_preserve_", "bpf_ksym_exists"];

/// Beginnings of names that begin like those of questions, and are none.
const NO_QUESTIONS: [&str; 2] = ["bpf_core_read", "bpf_core_cast"];

impl Constants {
    fn find(analysis: Analysis<'_>) -> Self {
        let mut constants = Self {
            variables: BTreeSet::new(),
            functions: BTreeSet::new(),
            macros: BTreeSet::new(),
            asking: BTreeSet::new(),
        };
        for item in &analysis.unit.items {
            if let Item::Declaration(declaration) = item {
                constants.add_variables(declaration);
            }
        }
        for directive in &analysis.unit.directives {
            if let DirectiveKind::Define(define) = &directive.kind {
                let body = analysis.source.slice(define.body);
                let asks = words_in(body).any(|word| constants.asks(word));
                if asks || define.params.is_none() {
                    constants.macros.insert(define.name.name.clone());
                }
                if asks {
                    constants.asking.insert(define.name.name.clone());
                }
            }
        }
        // A function may ask through another.
        for _ in 0..MAX_ROUNDS {
            let before = constants.functions.len();
            for function in &analysis.model.functions {
                let mut search = Search {
                    constants: &constants,
                    found: false,
                };
                search.visit_block(function.body);
                if search.found {
                    constants.functions.insert(function.name.name.clone());
                }
            }
            if constants.functions.len() == before {
                break;
            }
        }
        constants
    }

    /// `const volatile` variables are set before load, and `extern` ones by libbpf.
    fn add_variables(&mut self, declaration: &Declaration) {
        let specifiers = &declaration.specifiers;
        let is_const = |wanted: Qualifier| specifiers.qualifiers.iter().any(|(q, _)| *q == wanted);
        let is_extern = specifiers
            .storage
            .iter()
            .any(|(word, _)| *word == Storage::Extern);
        if is_const(Qualifier::Const) || is_extern {
            let declarators = declaration.declarators.iter();
            let names = declarators.filter_map(|one| one.declarator.name.as_ref());
            self.variables.extend(names.map(|name| name.name.clone()));
        }
    }

    /// Whether a name, or a call of it, stands for something known before the program runs.
    fn knows(&self, name: &str) -> bool {
        self.variables.contains(name)
            || self.macros.contains(name)
            || self.asks(name)
            || name.starts_with("CONFIG_")
    }

    /// Whether a name, or a call of it, asks the kernel something.
    fn asks(&self, name: &str) -> bool {
        VERSIONS.contains(&name)
            || is_question(name)
            || self.functions.contains(name)
            || self.asking.contains(name)
    }
}

/// Looks for a question in a function.
struct Search<'a> {
    constants: &'a Constants,
    found: bool,
}

impl Visitor for Search<'_> {
    fn visit_expr(&mut self, expr: &Expr) {
        if let ExprKind::Ident(name) = &expr.kind {
            self.found |= self.constants.asks(&name.name);
        }
        visit::walk_expr(self, expr);
    }
}

/// Finds local variables that hold what is known before the program runs.
struct Locals<'a> {
    constants: &'a Constants,
    names: BTreeSet<String>,
    changed: bool,
}

impl Locals<'_> {
    fn note(&mut self, name: &str, value: &Expr) {
        let known = Known {
            constants: self.constants,
            locals: &self.names,
        };
        if known.is_answer(value) && self.names.insert(name.to_owned()) {
            self.changed = true;
        }
    }
}

impl Visitor for Locals<'_> {
    fn visit_expr(&mut self, expr: &Expr) {
        if let ExprKind::Assign { target, value, .. } = &expr.kind
            && let ExprKind::Ident(name) = &target.kind
        {
            self.note(&name.name, value);
        }
        visit::walk_expr(self, expr);
    }

    fn visit_declaration(&mut self, declaration: &Declaration) {
        for declarator in &declaration.declarators {
            if let (Some(name), Some(Initializer::Expr(value))) =
                (&declarator.declarator.name, &declarator.init)
            {
                self.note(&name.name, value);
            }
        }
        visit::walk_declaration(self, declaration);
    }
}

/// What is known of the value of a condition.
#[derive(Clone, Copy)]
struct Known<'a> {
    constants: &'a Constants,
    locals: &'a BTreeSet<String>,
}

impl Known<'_> {
    /// Whether the value may be known before the program runs.
    fn is_fixed(self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Number
            | ExprKind::Char
            | ExprKind::SizeofExpr { .. }
            | ExprKind::SizeofType { .. }
            | ExprKind::Offsetof { .. }
            // These may mean anything.
            | ExprKind::Opaque
            | ExprKind::Statements(_)
            | ExprKind::Generic { .. } => true,
            ExprKind::Ident(name) => self.knows(&name.name),
            ExprKind::Call { callee, .. } => {
                matches!(&callee.kind, ExprKind::Ident(name) if self.knows(&name.name) || name.name == "__builtin_expect" || name.name == "likely" || name.name == "unlikely")
            }
            ExprKind::Paren(inner)
            | ExprKind::Cast { operand: inner, .. }
            | ExprKind::Member { base: inner, .. } => self.is_fixed(inner),
            ExprKind::Unary { op, operand, .. } => *op != UnaryOp::Deref && self.is_fixed(operand),
            ExprKind::Binary { left, right, .. } => self.is_fixed(left) && self.is_fixed(right),
            ExprKind::Index { base, index } => self.is_fixed(base) && self.is_fixed(index),
            ExprKind::Conditional {
                condition,
                then,
                otherwise,
            } => {
                self.is_fixed(condition)
                    && then.as_ref().is_none_or(|then| self.is_fixed(then))
                    && self.is_fixed(otherwise)
            }
            ExprKind::String(_)
            | ExprKind::Postfix { .. }
            | ExprKind::Assign { .. }
            | ExprKind::CompoundLiteral { .. }
            | ExprKind::Comma(..)
            | ExprKind::LabelAddress(_) => false,
        }
    }

    fn knows(self, name: &str) -> bool {
        self.constants.knows(name) || self.locals.contains(name)
    }

    /// Whether the value is fixed by more than the text: numbers alone are no answer.
    fn is_answer(self, expr: &Expr) -> bool {
        let is_number = matches!(
            expr.without_parens().kind,
            ExprKind::Number | ExprKind::Char | ExprKind::SizeofExpr { .. }
        ) || matches!(
            &expr.kind,
            ExprKind::Unary { operand, .. } if matches!(operand.kind, ExprKind::Number)
        );
        !is_number && self.is_fixed(expr)
    }

    /// Whether it may be known before the program runs that a condition holds, or, if `wanted` is
    /// not set, that it does not.
    fn may_be(self, expr: &Expr, wanted: bool) -> bool {
        match &expr.kind {
            ExprKind::Paren(inner) => self.may_be(inner, wanted),
            ExprKind::Unary {
                op: UnaryOp::Not,
                operand,
                ..
            } => self.may_be(operand, !wanted),
            ExprKind::Binary {
                op: op @ (BinaryOp::And | BinaryOp::Or),
                left,
                right,
                ..
            } => {
                let (left, right) = (self.may_be(left, wanted), self.may_be(right, wanted));
                // One false operand decides `&&`, one true operand `||`.
                if (*op == BinaryOp::Or) == wanted {
                    left || right
                } else {
                    left && right
                }
            }
            ExprKind::Call { callee, args, .. } => match (&callee.kind, args.first()) {
                (ExprKind::Ident(name), Some(Arg::Expr(inner)))
                    if matches!(
                        name.name.as_str(),
                        "__builtin_expect" | "likely" | "unlikely"
                    ) =>
                {
                    self.may_be(inner, wanted)
                }
                _ => self.is_fixed(expr),
            },
            _ => self.is_fixed(expr),
        }
    }
}

/// Goes through one function.
struct Walk<'a, 'f> {
    constants: &'a Constants,
    locals: BTreeSet<String>,
    guarded: bool,
    found: &'f mut dyn FnMut(&Expr, bool),
}

impl Walk<'_, '_> {
    fn may_be(&self, condition: &Expr, wanted: bool) -> bool {
        let known = Known {
            constants: self.constants,
            locals: &self.locals,
        };
        known.may_be(condition, wanted)
    }

    /// Visits what runs only if a condition does not turn out as it may.
    fn behind(&mut self, guarded: bool, visit: impl FnOnce(&mut Self)) {
        let before = self.guarded;
        self.guarded |= guarded;
        visit(self);
        self.guarded = before;
    }
}

impl Visitor for Walk<'_, '_> {
    fn visit_expr(&mut self, expr: &Expr) {
        (self.found)(expr, self.guarded);
        match &expr.kind {
            ExprKind::Conditional {
                condition,
                then,
                otherwise,
            } => {
                self.visit_expr(condition);
                if let Some(then) = then {
                    let guarded = self.may_be(condition, false);
                    self.behind(guarded, |walk| walk.visit_expr(then));
                }
                let guarded = self.may_be(condition, true);
                self.behind(guarded, |walk| walk.visit_expr(otherwise));
            }
            ExprKind::Binary {
                op: op @ (BinaryOp::And | BinaryOp::Or),
                left,
                right,
                ..
            } => {
                self.visit_expr(left);
                let guarded = self.may_be(left, *op == BinaryOp::Or);
                self.behind(guarded, |walk| walk.visit_expr(right));
            }
            _ => visit::walk_expr(self, expr),
        }
    }

    fn visit_stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::If {
                condition,
                then,
                otherwise,
            } => {
                self.visit_expr(condition);
                let (yes, no) = (self.may_be(condition, true), self.may_be(condition, false));
                self.behind(no, |walk| walk.visit_stmt(then));
                if let Some(otherwise) = otherwise {
                    self.behind(yes, |walk| walk.visit_stmt(otherwise));
                    self.guarded |= no && leaves(otherwise);
                }
                self.guarded |= yes && leaves(then);
            }
            StmtKind::Switch { value, body }
            | StmtKind::While {
                condition: value,
                body,
            } => {
                self.visit_expr(value);
                let guarded = self.may_be(value, false);
                self.behind(guarded, |walk| walk.visit_stmt(body));
            }
            StmtKind::For {
                condition: Some(condition),
                ..
            } => {
                let guarded = self.may_be(condition, false);
                self.behind(guarded, |walk| visit::walk_stmt(walk, stmt));
            }
            // What a macro stands for may leave the function.
            StmtKind::Macro(use_) => {
                visit::walk_stmt(self, stmt);
                self.guarded |= self.constants.asks(&use_.name.name);
            }
            _ => visit::walk_stmt(self, stmt),
        }
    }
}

/// Whether a statement may leave what it stands in.
fn leaves(stmt: &Stmt) -> bool {
    let mut search = Leaves(false);
    search.visit_stmt(stmt);
    search.0
}

struct Leaves(bool);

impl Visitor for Leaves {
    fn visit_stmt(&mut self, stmt: &Stmt) {
        self.0 |= matches!(
            stmt.kind,
            StmtKind::Return(_)
                | StmtKind::Goto(_)
                | StmtKind::GotoExpr(_)
                | StmtKind::Break
                | StmtKind::Continue
                | StmtKind::Macro(_)
        );
        visit::walk_stmt(self, stmt);
    }
}
