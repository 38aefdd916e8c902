//! The outline of expressions and statements.
//!
//! In: nodes of function bodies. Out: [`Outline`] nodes.

use super::{Outline, Outliner, leaf, named, node};
use crate::ast::{Arg, Block, Expr, ExprKind, Stmt, StmtKind};

impl Outliner<'_> {
    pub(super) fn expr(&self, expr: &Expr) -> Outline {
        let (label, children) = self.expr_parts(expr);
        node(label, expr.span, children)
    }

    fn expr_parts(&self, expr: &Expr) -> (String, Vec<Outline>) {
        match &expr.kind {
            ExprKind::Ident(name) => (named("ident", name), Vec::new()),
            ExprKind::Number => (format!("number {}", self.text(expr.span)), Vec::new()),
            ExprKind::Char => (format!("char {}", self.text(expr.span)), Vec::new()),
            ExprKind::String(pieces) => {
                let pieces = pieces
                    .iter()
                    .map(|span| leaf(format!("piece {}", self.text(*span)), *span));
                ("string".to_owned(), pieces.collect())
            }
            ExprKind::Paren(inner) => ("paren".to_owned(), vec![self.expr(inner)]),
            ExprKind::Unary { op, operand, .. } => {
                (format!("unary {op:?}"), vec![self.expr(operand)])
            }
            ExprKind::Postfix { op, operand } => {
                (format!("postfix {op:?}"), vec![self.expr(operand)])
            }
            ExprKind::Binary {
                op, left, right, ..
            } => (
                format!("binary {op:?}"),
                vec![self.expr(left), self.expr(right)],
            ),
            ExprKind::Assign {
                op, target, value, ..
            } => {
                let label = op.map_or_else(|| "assign".to_owned(), |op| format!("assign {op:?}"));
                (label, vec![self.expr(target), self.expr(value)])
            }
            ExprKind::Conditional {
                condition,
                then,
                otherwise,
            } => {
                let mut children = vec![self.expr(condition)];
                children.extend(then.as_ref().map(|then| self.expr(then)));
                children.push(self.expr(otherwise));
                ("conditional".to_owned(), children)
            }
            ExprKind::Comma(left, right) => {
                ("comma".to_owned(), vec![self.expr(left), self.expr(right)])
            }
            ExprKind::Opaque => (format!("opaque `{}`", self.text(expr.span)), Vec::new()),
            ExprKind::Cast { .. }
            | ExprKind::CompoundLiteral { .. }
            | ExprKind::Call { .. }
            | ExprKind::Member { .. }
            | ExprKind::Index { .. }
            | ExprKind::SizeofExpr { .. }
            | ExprKind::SizeofType { .. }
            | ExprKind::Offsetof { .. }
            | ExprKind::Statements(_)
            | ExprKind::Generic { .. }
            | ExprKind::LabelAddress(_) => self.operand_parts(&expr.kind),
        }
    }

    /// The parts of expressions that are no operators; see [`Self::expr_parts`].
    fn operand_parts(&self, kind: &ExprKind) -> (String, Vec<Outline>) {
        let size_word = |size: bool| if size { "sizeof" } else { "alignof" };
        match kind {
            ExprKind::Cast { ty, operand } => (
                "cast".to_owned(),
                vec![self.type_name(ty), self.expr(operand)],
            ),
            ExprKind::CompoundLiteral { ty, init } => (
                "compound-literal".to_owned(),
                vec![self.type_name(ty), self.init_list(init)],
            ),
            ExprKind::Call {
                callee,
                args,
                args_span,
            } => {
                let args = args.iter().map(|arg| self.arg(arg)).collect();
                (
                    "call".to_owned(),
                    vec![self.expr(callee), node("args", *args_span, args)],
                )
            }
            ExprKind::Member {
                base,
                arrow,
                member,
                ..
            } => (
                named(if *arrow { "arrow" } else { "dot" }, member),
                vec![self.expr(base)],
            ),
            ExprKind::Index { base, index } => {
                ("index".to_owned(), vec![self.expr(base), self.expr(index)])
            }
            ExprKind::SizeofExpr { size, operand } => {
                (size_word(*size).to_owned(), vec![self.expr(operand)])
            }
            ExprKind::SizeofType { size, ty } => {
                (size_word(*size).to_owned(), vec![self.type_name(ty)])
            }
            ExprKind::Offsetof { ty, path } => {
                let mut children = vec![self.type_name(ty)];
                children.extend(path.iter().map(|step| self.designator(step)));
                ("offsetof".to_owned(), children)
            }
            ExprKind::Statements(block) => ("statements".to_owned(), vec![self.block(block)]),
            ExprKind::Generic { control, choices } => {
                let mut children = vec![self.expr(control)];
                for (ty, value) in choices {
                    children.extend(ty.as_ref().map(|ty| self.type_name(ty)));
                    children.push(self.expr(value));
                }
                ("generic".to_owned(), children)
            }
            ExprKind::LabelAddress(label) => (named("label-address", label), Vec::new()),
            ExprKind::Ident(_)
            | ExprKind::Number
            | ExprKind::Char
            | ExprKind::String(_)
            | ExprKind::Paren(_)
            | ExprKind::Unary { .. }
            | ExprKind::Postfix { .. }
            | ExprKind::Binary { .. }
            | ExprKind::Assign { .. }
            | ExprKind::Conditional { .. }
            | ExprKind::Comma(..)
            | ExprKind::Opaque => (String::new(), Vec::new()),
        }
    }

    pub(super) fn arg(&self, arg: &Arg) -> Outline {
        match arg {
            Arg::Expr(expr) => self.expr(expr),
            Arg::Type(ty) => self.type_name(ty),
            Arg::Opaque(opaque) => self.opaque(opaque.span),
        }
    }

    pub(super) fn block(&self, block: &Block) -> Outline {
        node(
            "block",
            block.span,
            block
                .statements
                .iter()
                .map(|one| self.statement(one))
                .collect(),
        )
    }

    pub(super) fn statement(&self, statement: &Stmt) -> Outline {
        let (label, children) = self.statement_parts(statement);
        node(label, statement.span, children)
    }

    fn statement_parts(&self, statement: &Stmt) -> (String, Vec<Outline>) {
        let body = |body: &Option<Box<Stmt>>| {
            body.iter()
                .map(|one| self.statement(one))
                .collect::<Vec<_>>()
        };
        match &statement.kind {
            StmtKind::Declaration(declaration) => {
                ("stmt".to_owned(), vec![self.declaration(declaration)])
            }
            StmtKind::Expr(expr) => ("stmt".to_owned(), vec![self.expr(expr)]),
            StmtKind::Empty => ("empty".to_owned(), Vec::new()),
            StmtKind::Block(block) => ("stmt".to_owned(), vec![self.block(block)]),
            StmtKind::If {
                condition,
                then,
                otherwise,
            } => {
                let mut children = vec![self.expr(condition), self.statement(then)];
                children.extend(body(otherwise));
                ("if".to_owned(), children)
            }
            StmtKind::Switch { value, body } => (
                "switch".to_owned(),
                vec![self.expr(value), self.statement(body)],
            ),
            StmtKind::While { condition, body } => (
                "while".to_owned(),
                vec![self.expr(condition), self.statement(body)],
            ),
            StmtKind::DoWhile { body, condition } => (
                "do-while".to_owned(),
                vec![self.statement(body), self.expr(condition)],
            ),
            StmtKind::For {
                init,
                condition,
                step,
                body: inner,
            } => {
                let mut children = body(init);
                children.extend(condition.as_ref().map(|condition| self.expr(condition)));
                children.extend(step.as_ref().map(|step| self.expr(step)));
                children.push(self.statement(inner));
                ("for".to_owned(), children)
            }
            StmtKind::Goto(label) => (named("goto", label), Vec::new()),
            StmtKind::GotoExpr(target) => ("goto-expr".to_owned(), vec![self.expr(target)]),
            StmtKind::Continue => ("continue".to_owned(), Vec::new()),
            StmtKind::Break => ("break".to_owned(), Vec::new()),
            StmtKind::Return(value) => (
                "return".to_owned(),
                value.iter().map(|value| self.expr(value)).collect(),
            ),
            StmtKind::Label { name, body: inner } => (named("label", name), body(inner)),
            StmtKind::Case {
                value,
                last,
                body: inner,
            } => {
                let mut children = vec![self.expr(value)];
                children.extend(last.as_ref().map(|last| self.expr(last)));
                children.extend(body(inner));
                ("case".to_owned(), children)
            }
            StmtKind::Default { body: inner } => ("default".to_owned(), body(inner)),
            StmtKind::Macro(used) => ("stmt".to_owned(), vec![self.macro_use(used)]),
            StmtKind::Directive(directive) => ("stmt".to_owned(), vec![self.directive(directive)]),
            StmtKind::Opaque(opaque) => {
                (format!("opaque `{}`", self.text(opaque.span)), Vec::new())
            }
        }
    }
}
