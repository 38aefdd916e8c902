//! The syntax tree: what the text says, before anyone asks what it means.
//!
//! In: nothing. Out: node types, each with a [`Span`] in the one program text. Pieces that the
//! parser does not understand are kept as [`Opaque`] spans, so that the tree covers the whole text
//! and nothing is ever lost when the program is written out again.

mod decl;
mod expr;
mod stmt;

pub use decl::*;
pub use expr::*;
pub use stmt::*;

use crate::span::Span;

/// A name as written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ident {
    /// The text of the name.
    pub name: String,
    /// Where it stands.
    pub span: Span,
}

/// Text passed through untouched: `asm("...")`, tokens that fit no rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opaque {
    /// The text passed through.
    pub span: Span,
}

/// A whole program text.
#[derive(Clone, Debug, Default)]
pub struct Unit {
    /// Top-level items in the order of the text.
    pub items: Vec<Item>,
    /// Every directive the parser saw, in order, also those inside items; not those in an `#if 0`
    /// or in an alternative that was not chosen.
    pub directives: Vec<Directive>,
    /// How many alternatives the largest `#if` group has of which only one could be parsed
    /// (`#if A` / `if (a) {` / `#else` / `if (b) {` / `#endif`); 1 if there is none.
    pub alternatives: usize,
}

/// One top-level item.
#[derive(Clone, Debug)]
pub enum Item {
    /// `int f(struct pt_regs *ctx) { return 0; }`
    Function(Box<Function>),
    /// `struct a { int x; };`, `typedef int t;`, `static int x = 1;`, `int f(void);`
    Declaration(Declaration),
    /// `BPF_HASH(counts, u32);`
    Macro(MacroUse),
    /// `TRACEPOINT_PROBE(sched, sched_switch) { return 0; }`
    MacroFunction(Box<MacroFunction>),
    /// `#define X 1`; also listed in [`Unit::directives`].
    Directive(Directive),
    /// `_Static_assert(sizeof(int) == 4, "int");`
    StaticAssert(Opaque),
    /// `asm(".pushsection x");`, a stray `;`, text the parser reported and skipped.
    Opaque(Opaque),
}

/// One preprocessor line, continuation lines included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// From `#` up to, not including, the line end.
    pub span: Span,
    /// What the line does.
    pub kind: DirectiveKind,
}

/// What a preprocessor line does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DirectiveKind {
    /// `#include <linux/sched.h>`
    Include {
        /// The path without its delimiters: `linux/sched.h`.
        path: String,
        /// The path with its delimiters.
        path_span: Span,
        /// `<...>` rather than `"..."`.
        angled: bool,
    },
    /// `#define NAME value` or `#define NAME(a, b) value`
    Define(Define),
    /// `#undef NAME`
    Undef(Ident),
    /// `#if condition`
    If(Span),
    /// `#ifdef NAME`
    Ifdef(Ident),
    /// `#ifndef NAME`
    Ifndef(Ident),
    /// `#elif condition`
    Elif(Span),
    /// `#else`
    Else,
    /// `#endif`
    Endif,
    /// `#pragma unroll`, `#error text`, `#line 3`, a line that is no directive at all.
    Other,
}

/// A macro definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Define {
    /// The macro's name.
    pub name: Ident,
    /// `None` for an object-like macro.
    pub params: Option<Vec<Ident>>,
    /// Whether the parameter list ends in `...`.
    pub variadic: bool,
    /// The replacement text; empty span at the end of the line if there is none.
    pub body: Span,
}

/// A use of a macro that stands where an item, a member or a statement would.
#[derive(Clone, Debug)]
pub struct MacroUse {
    /// From the name up to the closing parenthesis and the `;`, if there is one.
    pub span: Span,
    /// The macro's name.
    pub name: Ident,
    /// The arguments; `None` for a name alone (`FILTER`).
    pub args: Option<MacroArgs>,
    /// Whether a `;` follows.
    pub semicolon: bool,
}

/// A parenthesised list of macro arguments.
#[derive(Clone, Debug)]
pub struct MacroArgs {
    /// The parentheses and what they hold.
    pub span: Span,
    /// The arguments, split at commas outside brackets.
    pub list: Vec<MacroArg>,
}

/// One macro argument, in every reading that fits its tokens.
#[derive(Clone, Debug)]
pub struct MacroArg {
    /// The tokens of the argument; an empty span where there are none.
    pub span: Span,
    /// Read as an expression: `10240`, `sizeof(x)`, `name`.
    pub expr: Option<Box<Expr>>,
    /// Read as a type name: `u32`, `struct key_t`, `unsigned long`.
    pub ty: Option<Box<TypeName>>,
    /// Read as a parameter: `struct sock *sk`.
    pub param: Option<Box<Param>>,
}

/// A macro use that is followed by a function body.
#[derive(Clone, Debug)]
pub struct MacroFunction {
    /// From the first word up to the closing brace.
    pub span: Span,
    /// Words before the macro's name: `static __always_inline`.
    pub specifiers: Option<Specifiers>,
    /// The macro's name.
    pub name: Ident,
    /// The macro's arguments.
    pub args: MacroArgs,
    /// The body.
    pub body: Block,
}
