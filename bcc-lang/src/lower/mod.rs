//! From the dialect to libbpf C: which pieces of the text change, and how.
//!
//! In: the tree, the model and what was inferred of its expressions. Out: [`Edits`]. This cannot
//! fail: `check` has reported what cannot be lowered.

mod arguments;
mod calls;
mod items;
mod maps;
mod packets;
mod reads;
mod watched;

pub use watched::{Watched, WatchedCalls};

use crate::analysis::Analysis;
use crate::ast::{Declaration, Expr, ExprKind, Initializer, Stmt, StmtKind, UnaryOp, Unit};
use crate::dialect::helpers::{AddressSpace, REGISTER_MACROS, asks_for_usdt};
use crate::edits::Edits;
use crate::infer::Inference;
use crate::model::Model;
use crate::source::SourceText;
use crate::span::Span;
use crate::types::TypeTable;
use crate::visit::{self, Visitor};

/// What becomes of a text.
#[derive(Debug, Default)]
pub struct Lowered {
    /// The changes that turn the text into libbpf C.
    pub edits: Edits,
    /// The expressions that become reads of memory outside the program, and of which memory.
    pub reads: Vec<(Span, AddressSpace)>,
    /// The calls whose failures are counted.
    pub watched: WatchedCalls,
}

/// Finds the changes that turn the text into libbpf C. `watched` are the calls of alternatives that
/// were read before.
#[must_use]
pub fn lower(analysis: Analysis<'_>, watched: WatchedCalls) -> Lowered {
    let mut lowerer = Lowerer {
        unit: analysis.unit,
        model: analysis.model,
        inference: analysis.inference,
        types: analysis.types,
        source: analysis.source,
        edits: Edits::default(),
        reads: Vec::new(),
        watched,
        function: None,
        evaluated: true,
        void_pointer_ok: None,
        unused: None,
        result_of_block: None,
        void_program: false,
        packet: None,
        asks_for_usdt: asks_for_usdt(analysis.source.text()),
    };
    lowerer.lower_unit();
    Lowered {
        edits: lowerer.edits,
        reads: lowerer.reads,
        watched: lowerer.watched,
    }
}

struct Lowerer<'a> {
    unit: &'a Unit,
    model: &'a Model<'a>,
    inference: &'a Inference,
    types: &'a TypeTable,
    source: &'a SourceText,
    edits: Edits,
    reads: Vec<(Span, AddressSpace)>,
    watched: WatchedCalls,
    /// The function being visited.
    function: Option<&'a str>,
    /// Whether the code being visited runs: not inside `sizeof`, nor inside macros that read their
    /// arguments themselves.
    evaluated: bool,
    /// An expression whose `void *` result C converts by itself.
    void_pointer_ok: Option<Span>,
    /// An expression whose value nobody uses.
    unused: Option<Span>,
    /// The statement that gives `({ ... })` its value.
    result_of_block: Option<Span>,
    /// Whether the function being visited is a program that returns nothing.
    void_program: bool,
    /// What the function being visited calls its first parameter, through which it has the packet.
    packet: Option<&'a str>,
    /// Whether the text asks for arguments of USDT probes.
    asks_for_usdt: bool,
}

impl Lowerer<'_> {
    /// Visits what is below without rewriting reads.
    fn unevaluated(&mut self, visit: impl FnOnce(&mut Self)) {
        let before = std::mem::replace(&mut self.evaluated, false);
        visit(self);
        self.evaluated = before;
    }

    /// Visits an expression that is written to or whose address is taken: it is not read itself,
    /// but the pointers on the way to it are.
    fn visit_place(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Paren(inner) => self.visit_place(inner),
            ExprKind::Member {
                base, arrow: false, ..
            } => {
                if !self.lower_map_field(expr) {
                    self.visit_place(base);
                }
            }
            ExprKind::Member {
                base, arrow: true, ..
            } => self.visit_expr(base),
            ExprKind::Index { base, index } => {
                self.visit_expr(base);
                self.visit_expr(index);
            }
            ExprKind::Unary {
                op: UnaryOp::Deref,
                operand,
                ..
            } => self.visit_expr(operand),
            // `&PT_REGS_PARM1(regs)` is the register's place in the saved registers.
            ExprKind::Call { callee, args, .. } if is_register_macro(callee) => {
                visit::walk_args(self, args);
            }
            _ => self.visit_expr(expr),
        }
    }
}

fn is_register_macro(callee: &Expr) -> bool {
    matches!(&callee.kind, ExprKind::Ident(name) if REGISTER_MACROS.contains(&name.name.as_str()))
}

impl Visitor for Lowerer<'_> {
    fn visit_expr(&mut self, expr: &Expr) {
        if self.evaluated && (self.lower_packet_read(expr) || self.lower_packet_write(expr)) {
            return;
        }
        match &expr.kind {
            ExprKind::Unary {
                op: UnaryOp::AddressOf | UnaryOp::Increment | UnaryOp::Decrement,
                operand,
                ..
            }
            | ExprKind::Postfix { operand, .. } => self.visit_place(operand),
            ExprKind::Assign {
                op, target, value, ..
            } => {
                self.visit_place(target);
                if op.is_none() {
                    self.void_pointer_ok = Some(value.span);
                }
                self.visit_expr(value);
            }
            ExprKind::SizeofExpr { operand, .. } => self.unevaluated(|cx| cx.visit_expr(operand)),
            ExprKind::Comma(left, right) => {
                let unused = self.unused == Some(expr.span);
                self.unused = Some(left.span);
                self.visit_expr(left);
                self.unused = unused.then_some(right.span);
                self.visit_expr(right);
            }
            ExprKind::Statements(block) => {
                let last = block.statements.last().map(|last| last.span);
                let before = std::mem::replace(&mut self.result_of_block, last);
                visit::walk_expr(self, expr);
                self.result_of_block = before;
            }
            ExprKind::Generic { .. } => self.unevaluated(|cx| visit::walk_expr(cx, expr)),
            ExprKind::Call {
                callee,
                args,
                args_span,
            } => self.lower_call(expr, callee, args, *args_span),
            ExprKind::Member { .. }
            | ExprKind::Index { .. }
            | ExprKind::Unary {
                op: UnaryOp::Deref, ..
            } => {
                if self.evaluated && self.lower_read(expr) {
                    return;
                }
                self.visit_place(expr);
            }
            _ => visit::walk_expr(self, expr),
        }
    }

    fn visit_initializer(&mut self, init: &Initializer) {
        if let Initializer::Expr(expr) = init {
            self.void_pointer_ok = Some(expr.span);
        }
        visit::walk_initializer(self, init);
    }

    fn visit_declaration(&mut self, declaration: &Declaration) {
        self.visit_specifiers(&declaration.specifiers);
        for declarator in &declaration.declarators {
            self.visit_declarator(&declarator.declarator);
            match &declarator.init {
                Some(Initializer::Expr(expr)) if items::is_deduced(declaration) => {
                    self.visit_expr(expr);
                }
                Some(init) => self.visit_initializer(init),
                None => {}
            }
        }
    }

    fn visit_specifiers(&mut self, specifiers: &crate::ast::Specifiers) {
        self.unevaluated(|cx| visit::walk_specifiers(cx, specifiers));
    }

    fn visit_stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Return(None) if self.void_program => {
                self.edits.replace(stmt.span, ["return 0;".into()]);
            }
            // C lets a function without a result return the result of another such function.
            StmtKind::Return(Some(value)) if self.void_program => {
                self.edits.replace(
                    stmt.span,
                    ["{ ".into(), value.span.into(), "; return 0; }".into()],
                );
            }
            StmtKind::Expr(expr) if self.result_of_block != Some(stmt.span) => {
                self.unused = Some(expr.span);
            }
            _ => {}
        }
        visit::walk_stmt(self, stmt);
    }
}
