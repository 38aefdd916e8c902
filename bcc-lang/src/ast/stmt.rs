//! Statements.

use super::{Declaration, Directive, Expr, Ident, MacroUse, Opaque};
use crate::span::Span;

/// `{ ... }`; without braces of its own where `LOOP(i) { ... }` is the body of another statement.
#[derive(Clone, Debug)]
pub struct Block {
    /// The braces and what they hold.
    pub span: Span,
    /// The statements in order.
    pub statements: Vec<Stmt>,
}

/// A statement.
#[derive(Clone, Debug)]
pub struct Stmt {
    /// The whole statement, its `;` included.
    pub span: Span,
    /// What it is.
    pub kind: StmtKind,
}

/// What a statement is.
#[derive(Clone, Debug)]
pub enum StmtKind {
    /// `int x = 1;`
    Declaration(Declaration),
    /// `f(x);`
    Expr(Expr),
    /// `;`
    Empty,
    /// `{ ... }`
    Block(Block),
    /// `if (c) a; else b;`
    If {
        /// The condition.
        condition: Expr,
        /// Taken if it is not zero.
        then: Box<Stmt>,
        /// Behind `else`.
        otherwise: Option<Box<Stmt>>,
    },
    /// `switch (e) { ... }`
    Switch {
        /// What decides.
        value: Expr,
        /// Mostly a block with labels.
        body: Box<Stmt>,
    },
    /// `while (c) s`
    While {
        /// The condition.
        condition: Expr,
        /// The body.
        body: Box<Stmt>,
    },
    /// `do s while (c);`
    DoWhile {
        /// The body.
        body: Box<Stmt>,
        /// The condition.
        condition: Expr,
    },
    /// `for (a; b; c) s`
    For {
        /// Before the first `;`: a declaration or an expression statement.
        init: Option<Box<Stmt>>,
        /// Between the two `;`.
        condition: Option<Expr>,
        /// Behind the second `;`.
        step: Option<Expr>,
        /// The body.
        body: Box<Stmt>,
    },
    /// `goto out;`
    Goto(Ident),
    /// `goto *p;`
    GotoExpr(Expr),
    /// `continue;`
    Continue,
    /// `break;`
    Break,
    /// `return e;`
    Return(Option<Expr>),
    /// `out: s`
    Label {
        /// The label.
        name: Ident,
        /// The statement it stands on; `None` at the end of a block.
        body: Option<Box<Stmt>>,
    },
    /// `case 1: s`, `case 1 ... 3: s`
    Case {
        /// The value.
        value: Expr,
        /// The last value of GNU's range form.
        last: Option<Expr>,
        /// The statement it stands on; `None` at the end of a block.
        body: Option<Box<Stmt>>,
    },
    /// `default: s`
    Default {
        /// The statement it stands on; `None` at the end of a block.
        body: Option<Box<Stmt>>,
    },
    /// `FILTER`, `SUBMIT(x)` without a `;`; `LOOP(i) { ... }` is this and a block.
    Macro(MacroUse),
    /// `#ifdef X`
    Directive(Directive),
    /// `asm volatile("...");`, text the parser reported and skipped.
    Opaque(Opaque),
}
