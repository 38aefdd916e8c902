//! Declarations: functions, types, declarators, initialisers.

use super::{Block, Directive, Expr, Ident, MacroArgs, MacroUse, Opaque};
use crate::span::Span;

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

impl Designator {
    /// The expressions in it, in the order of the text.
    pub fn indices(&self) -> impl Iterator<Item = &Expr> {
        let (first, last) = match self {
            Self::Member(_) => (None, None),
            Self::Index(index) => (Some(&**index), None),
            Self::Range(first, last) => (Some(&**first), Some(&**last)),
        };
        first.into_iter().chain(last)
    }
}
