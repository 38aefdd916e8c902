//! The syntax tree: what the text says, before anyone asks what it means.
//!
//! In: nothing. Out: node types, each with a [`Span`] in the one program text. Pieces that the
//! parser does not understand are kept as [`Opaque`] spans, so that the tree covers the whole text
//! and nothing is ever lost when the program is written out again.

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

/// A function definition.
#[derive(Clone, Debug)]
pub struct Function {
    /// From the first specifier up to the closing brace.
    pub span: Span,
    /// `static inline int`, attributes included.
    pub specifiers: Specifiers,
    /// Name, parameters and what else derives the function type.
    pub declarator: Declarator,
    /// The body.
    pub body: Block,
}

/// A declaration with its `;`.
#[derive(Clone, Debug)]
pub struct Declaration {
    /// From the first specifier up to the `;`.
    pub span: Span,
    /// `static const unsigned int`
    pub specifiers: Specifiers,
    /// `a = 1, *b, c[3] = {}`; empty for `struct a { int x; };`.
    pub declarators: Vec<InitDeclarator>,
}

/// One declared name with its initialiser.
#[derive(Clone, Debug)]
pub struct InitDeclarator {
    /// From the first `*` up to the end of the initialiser.
    pub span: Span,
    /// The name and how its type derives.
    pub declarator: Declarator,
    /// Behind the `=`.
    pub init: Option<Initializer>,
}

/// Everything that stands before the declarators.
#[derive(Clone, Debug)]
pub struct Specifiers {
    /// From the first to the last word.
    pub span: Span,
    /// `typedef`, `static`, `extern`, `register`, `_Thread_local`, `auto`.
    pub storage: Vec<(Storage, Span)>,
    /// `const`, `volatile`, `restrict`, `_Atomic`.
    pub qualifiers: Vec<(Qualifier, Span)>,
    /// Function specifiers (`inline`), alignment and words we do not know (`noinline`, `__rcu`).
    pub words: Vec<Ident>,
    /// `__attribute__((packed))`, `_Alignas(8)`, `SEC("xdp")`.
    pub attributes: Vec<Attribute>,
    /// The type proper.
    pub ty: TypeSpec,
}

/// A storage class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// `typedef`
    Typedef,
    /// `static`
    Static,
    /// `extern`
    Extern,
    /// `register`
    Register,
    /// `_Thread_local`, `__thread`
    ThreadLocal,
    /// `auto`, `__auto_type` is a [`TypeSpec::Auto`]
    Auto,
}

/// A type qualifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Qualifier {
    /// `const`
    Const,
    /// `volatile`
    Volatile,
    /// `restrict`, `__restrict`
    Restrict,
    /// `_Atomic` without parentheses
    Atomic,
}

/// One attribute.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// `packed` of `__attribute__((packed))` with its arguments; `_Alignas(8)`; `SEC("xdp")`.
    pub span: Span,
    /// `packed`, `aligned`, `_Alignas`, `SEC`; surrounding underscores removed (`__packed__`).
    pub name: Ident,
    /// The arguments, if any.
    pub args: Option<MacroArgs>,
}

/// The type a list of specifiers names.
#[derive(Clone, Debug)]
pub enum TypeSpec {
    /// `unsigned long long`, `char`, `void`
    Builtin(Builtin, Span),
    /// `struct a`, `union { int x; }`
    Record(Box<Record>),
    /// `enum e { A, B = 3 }`
    Enum(Box<EnumSpec>),
    /// `u32`, `pid_t`, a name nobody knows
    Named(Ident),
    /// `typeof(x)`
    TypeofExpr(Box<Expr>, Span),
    /// `typeof(struct a *)`, `_Atomic(int)`
    TypeofType(Box<TypeName>, Span),
    /// `__auto_type`
    Auto(Span),
    /// No type was written: `static x;`, `const f(void)`. C reads `int`.
    Missing(Span),
}

/// A type spelled with keywords.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Builtin {
    /// `void`
    Void,
    /// `_Bool`
    Bool,
    /// `char`
    Char,
    /// `signed char`
    SignedChar,
    /// `unsigned char`
    UnsignedChar,
    /// `short`
    Short,
    /// `unsigned short`
    UnsignedShort,
    /// `int`
    Int,
    /// `unsigned int`
    UnsignedInt,
    /// `long`
    Long,
    /// `unsigned long`
    UnsignedLong,
    /// `long long`
    LongLong,
    /// `unsigned long long`
    UnsignedLongLong,
    /// `__int128`
    Int128,
    /// `unsigned __int128`
    UnsignedInt128,
    /// `float`
    Float,
    /// `double`
    Double,
    /// `long double`
    LongDouble,
    /// `float _Complex` and the like
    Complex,
}

/// A struct or union, defined or only named.
#[derive(Clone, Debug)]
pub struct Record {
    /// From `struct` up to the tag or the closing brace.
    pub span: Span,
    /// Struct or union.
    pub kind: RecordKind,
    /// The tag, if any.
    pub tag: Option<Ident>,
    /// `None` if only named.
    pub members: Option<Vec<MemberItem>>,
    /// Attributes before the tag and behind the brace.
    pub attributes: Vec<Attribute>,
}

/// Struct or union.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RecordKind {
    /// `struct`
    Struct,
    /// `union`
    Union,
}

/// What stands between the braces of a struct or union.
#[derive(Clone, Debug)]
pub enum MemberItem {
    /// `u32 a, *b : 3;`
    Field(Field),
    /// `#ifdef X`
    Directive(Directive),
    /// `FIELDS(a, b);`
    Macro(MacroUse),
    /// `_Static_assert(...)`, a stray `;`
    Opaque(Opaque),
}

/// One line of members of the same specifiers.
#[derive(Clone, Debug)]
pub struct Field {
    /// From the first specifier up to the `;`.
    pub span: Span,
    /// `const u32`
    pub specifiers: Specifiers,
    /// `a, *b : 3`; empty for an anonymous struct or union.
    pub declarators: Vec<FieldDeclarator>,
}

/// One member.
#[derive(Clone, Debug)]
pub struct FieldDeclarator {
    /// The name and how its type derives; without a name for `u32 : 3`.
    pub declarator: Declarator,
    /// The width of a bit-field.
    pub bits: Option<Box<Expr>>,
}

/// An enum, defined or only named.
#[derive(Clone, Debug)]
pub struct EnumSpec {
    /// From `enum` up to the tag or the closing brace.
    pub span: Span,
    /// The tag, if any.
    pub tag: Option<Ident>,
    /// `None` if only named.
    pub variants: Option<Vec<EnumItem>>,
    /// Attributes before the tag and behind the brace.
    pub attributes: Vec<Attribute>,
}

/// What stands between the braces of an enum.
#[derive(Clone, Debug)]
pub enum EnumItem {
    /// `A = 3`
    Variant(Variant),
    /// `#ifdef X`
    Directive(Directive),
    /// Text that fits no rule, such as a macro that makes variants.
    Opaque(Opaque),
}

/// One enum constant.
#[derive(Clone, Debug)]
pub struct Variant {
    /// The constant's name.
    pub name: Ident,
    /// Behind the `=`.
    pub value: Option<Box<Expr>>,
}

/// A name and how its type derives from the specifiers.
#[derive(Clone, Debug)]
pub struct Declarator {
    /// From the first `*` or `(` up to the last `]` or `)`; empty where nothing stands.
    pub span: Span,
    /// The declared name; `None` in an abstract declarator (`int *[3]`).
    pub name: Option<Ident>,
    /// Steps from the name outward: `int *a[3]` is an array of pointers, so `[Array, Pointer]`.
    pub derived: Vec<Derived>,
    /// Attributes and unknown words behind the declarator.
    pub attributes: Vec<Attribute>,
}

/// One step of a declarator.
#[derive(Clone, Debug)]
pub enum Derived {
    /// `* const`
    Pointer {
        /// Qualifiers behind the `*`.
        qualifiers: Vec<(Qualifier, Span)>,
        /// The `*` and its qualifiers.
        span: Span,
    },
    /// `[16]`, `[]`
    Array {
        /// `None` for `[]`.
        size: Option<Box<Expr>>,
        /// The brackets and what they hold.
        span: Span,
    },
    /// `(int a, ...)`
    Function(Params),
}

/// A parameter list.
#[derive(Clone, Debug)]
pub struct Params {
    /// The parentheses and what they hold.
    pub span: Span,
    /// The parameters; empty for `()` and `(void)`.
    pub list: Vec<Param>,
    /// Whether the list ends in `...`.
    pub variadic: bool,
}

/// One parameter.
#[derive(Clone, Debug)]
pub struct Param {
    /// From the first specifier to the end of the declarator.
    pub span: Span,
    /// `const struct sock`
    pub specifiers: Specifiers,
    /// `*sk`
    pub declarator: Declarator,
}

/// A type without a declared name: `struct sock *`.
#[derive(Clone, Debug)]
pub struct TypeName {
    /// The whole type name.
    pub span: Span,
    /// `const struct sock`
    pub specifiers: Specifiers,
    /// `*`; has no name.
    pub declarator: Declarator,
}

/// An initialiser.
#[derive(Clone, Debug)]
pub enum Initializer {
    /// `= 3`
    Expr(Box<Expr>),
    /// `= { .a = 1, [2] = 3, 4 }`
    List(InitList),
}

/// A braced initialiser list.
#[derive(Clone, Debug)]
pub struct InitList {
    /// The braces and what they hold.
    pub span: Span,
    /// The entries in order.
    pub items: Vec<InitItem>,
}

/// One entry of an initialiser list.
#[derive(Clone, Debug)]
pub struct InitItem {
    /// `.a.b`, `[2]`, `[0 ... 3]`; empty if none.
    pub designators: Vec<Designator>,
    /// The value.
    pub value: Initializer,
}

/// One step of a designator or of the second argument of `offsetof`.
#[derive(Clone, Debug)]
pub enum Designator {
    /// `.name`
    Member(Ident),
    /// `[index]`
    Index(Box<Expr>),
    /// `[first ... last]`
    Range(Box<Expr>, Box<Expr>),
}

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
