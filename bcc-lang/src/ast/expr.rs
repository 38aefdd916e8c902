//! Expressions.

use super::{Block, Designator, Ident, InitList, Opaque, TypeName};
use crate::span::Span;

/// An expression.
#[derive(Clone, Debug)]
pub struct Expr {
    /// The whole expression.
    pub span: Span,
    /// What it is.
    pub kind: ExprKind,
}

/// What an expression is.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// `x`
    Ident(Ident),
    /// `42`, `0x1fULL`, `1.0f`; the text stands under the span.
    Number,
    /// `'a'`
    Char,
    /// `"a" "b"`; one span for each piece. A piece may be a macro name (`"%" PRIu64`).
    String(Vec<Span>),
    /// `(e)`
    Paren(Box<Expr>),
    /// `-e`, `*e`, `&e`, `++e`
    Unary {
        /// The operator.
        op: UnaryOp,
        /// Where the operator stands.
        op_span: Span,
        /// What it applies to.
        operand: Box<Expr>,
    },
    /// `e++`, `e--`
    Postfix {
        /// The operator.
        op: PostfixOp,
        /// What it applies to.
        operand: Box<Expr>,
    },
    /// `a + b`
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Where the operator stands.
        op_span: Span,
        /// Left side.
        left: Box<Expr>,
        /// Right side.
        right: Box<Expr>,
    },
    /// `a = b`, `a += b`
    Assign {
        /// `None` for `=`, the operator of `op=` otherwise.
        op: Option<BinaryOp>,
        /// Where the operator stands.
        op_span: Span,
        /// What is written to.
        target: Box<Expr>,
        /// The value.
        value: Box<Expr>,
    },
    /// `a ? b : c`, `a ?: c`
    Conditional {
        /// The condition.
        condition: Box<Expr>,
        /// `None` in GNU's short form.
        then: Option<Box<Expr>>,
        /// The other value.
        otherwise: Box<Expr>,
    },
    /// `(T)e`
    Cast {
        /// The type.
        ty: Box<TypeName>,
        /// What is cast.
        operand: Box<Expr>,
    },
    /// `(T){ 1, 2 }`
    CompoundLiteral {
        /// The type.
        ty: Box<TypeName>,
        /// The values.
        init: InitList,
    },
    /// `f(a, b)`, `map.lookup(&k)`, a function-like macro, a builtin.
    Call {
        /// What is called.
        callee: Box<Expr>,
        /// The arguments.
        args: Vec<Arg>,
        /// The parentheses and what they hold.
        args_span: Span,
    },
    /// `a.b`, `a->b`
    Member {
        /// Left of the operator.
        base: Box<Expr>,
        /// `->` rather than `.`.
        arrow: bool,
        /// The operator.
        op_span: Span,
        /// The member.
        member: Ident,
    },
    /// `a[i]`
    Index {
        /// What is indexed.
        base: Box<Expr>,
        /// The index.
        index: Box<Expr>,
    },
    /// `sizeof e`, `_Alignof e`
    SizeofExpr {
        /// `sizeof` rather than `_Alignof`.
        size: bool,
        /// The operand, not evaluated.
        operand: Box<Expr>,
    },
    /// `sizeof(T)`, `_Alignof(T)`
    SizeofType {
        /// `sizeof` rather than `_Alignof`.
        size: bool,
        /// The type.
        ty: Box<TypeName>,
    },
    /// `offsetof(T, a.b[2])`, `__builtin_offsetof(...)`
    Offsetof {
        /// The type.
        ty: Box<TypeName>,
        /// The path of members; the first is a [`Designator::Member`].
        path: Vec<Designator>,
    },
    /// `({ int x = 1; x; })`
    Statements(Block),
    /// `_Generic(e, int: 1, default: 2)`
    Generic {
        /// What decides, not evaluated.
        control: Box<Expr>,
        /// The choices; no type for `default`.
        choices: Vec<(Option<TypeName>, Expr)>,
    },
    /// `a, b`
    Comma(Box<Expr>, Box<Expr>),
    /// `&&label`
    LabelAddress(Ident),
    /// Text that fits no rule but may mean something to a macro.
    Opaque,
}

/// One argument of a call.
#[derive(Clone, Debug)]
pub enum Arg {
    /// `x + 1`
    Expr(Expr),
    /// `struct sock *`, for macros and builtins that take types.
    Type(TypeName),
    /// Tokens that are neither, for macros: `+=`, `{ return 0; }`, nothing at all.
    Opaque(Opaque),
}

/// A unary operator before its operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `!`
    Not,
    /// `~`
    BitNot,
    /// `*`
    Deref,
    /// `&`
    AddressOf,
    /// `++`
    Increment,
    /// `--`
    Decrement,
    /// `__extension__`, `__real__`, `__imag__`
    Extension,
}

/// A unary operator behind its operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostfixOp {
    /// `++`
    Increment,
    /// `--`
    Decrement,
}

/// A binary operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOp {
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`
    Rem,
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `<<`
    Shl,
    /// `>>`
    Shr,
    /// `<`
    Lt,
    /// `>`
    Gt,
    /// `<=`
    Le,
    /// `>=`
    Ge,
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `&`
    BitAnd,
    /// `^`
    BitXor,
    /// `|`
    BitOr,
    /// `&&`
    And,
    /// `||`
    Or,
}

impl Arg {
    /// The whole argument.
    #[must_use]
    pub const fn span(&self) -> Span {
        match self {
            Self::Expr(expr) => expr.span,
            Self::Type(ty) => ty.span,
            Self::Opaque(opaque) => opaque.span,
        }
    }
}

impl Expr {
    /// What `&` takes the address of; `None` if this is no such expression.
    #[must_use]
    pub fn addressed(&self) -> Option<&Self> {
        match &self.kind {
            ExprKind::Unary {
                op: UnaryOp::AddressOf,
                operand,
                ..
            } => Some(operand),
            _ => None,
        }
    }

    /// The expression inside parentheses.
    #[must_use]
    pub fn without_parens(&self) -> &Self {
        match &self.kind {
            ExprKind::Paren(inner) => inner.without_parens(),
            _ => self,
        }
    }
}
