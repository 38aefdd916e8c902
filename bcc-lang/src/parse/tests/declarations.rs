//! Declarations.

use super::check_items;

/// Text, and what comes of it.
const CASES: &[(&str, &str)] = &[
    (
        "int x;",
        "declaration(specifiers(Int), init-declarator(declarator x(name x)))",
    ),
    (
        "static const unsigned long long x = 1, *y;",
        "declaration(specifiers Static Const(UnsignedLongLong), init-declarator(declarator x(name x), number 1), init-declarator(declarator y(pointer, name y)))",
    ),
    (
        "long unsigned int long x;",
        "declaration(specifiers(UnsignedLongLong), init-declarator(declarator x(name x)))",
    ),
    (
        "_Bool a; signed char b; unsigned c; short int d; long double e; __int128 f; unsigned __int128 g;",
        "declaration(specifiers(Bool), init-declarator(declarator a(name a))), declaration(specifiers(SignedChar), init-declarator(declarator b(name b))), declaration(specifiers(UnsignedInt), init-declarator(declarator c(name c))), declaration(specifiers(Short), init-declarator(declarator d(name d))), declaration(specifiers(LongDouble), init-declarator(declarator e(name e))), declaration(specifiers(Int128), init-declarator(declarator f(name f))), declaration(specifiers(UnsignedInt128), init-declarator(declarator g(name g)))",
    ),
    (
        "u32 x; foo y; size_t *z;",
        "declaration(specifiers(named u32), init-declarator(declarator x(name x))), declaration(specifiers(named foo), init-declarator(declarator y(name y))), declaration(specifiers(named size_t), init-declarator(declarator z(pointer, name z)))",
    ),
    (
        "typedef struct { int x; } t, *p;",
        "declaration(specifiers Typedef(struct(field(specifiers(Int), declarator x(name x)))), init-declarator(declarator t(name t)), init-declarator(declarator p(pointer, name p)))",
    ),
    (
        "int a[3][4], *b[], (*c)[5];",
        "declaration(specifiers(Int), init-declarator(declarator a(array(number 3), array(number 4), name a)), init-declarator(declarator b(array, pointer, name b)), init-declarator(declarator c(pointer, array(number 5), name c)))",
    ),
    (
        "int (*f)(int, char *), *(*g[2])(void);",
        "declaration(specifiers(Int), init-declarator(declarator f(pointer, params(param(specifiers(Int), declarator), param(specifiers(Char), declarator(pointer))), name f)), init-declarator(declarator g(array(number 2), pointer, params, pointer, name g)))",
    ),
    (
        "void (*signal(int sig, void (*func)(int)))(int);",
        "declaration(specifiers(Void), init-declarator(declarator signal(params(param(specifiers(Int), declarator sig(name sig)), param(specifiers(Void), declarator func(pointer, params(param(specifiers(Int), declarator)), name func))), pointer, params(param(specifiers(Int), declarator)), name signal)))",
    ),
    (
        "int f(void); int g(); int h(int a, ...);",
        "declaration(specifiers(Int), init-declarator(declarator f(params, name f))), declaration(specifiers(Int), init-declarator(declarator g(params, name g))), declaration(specifiers(Int), init-declarator(declarator h(params ...(param(specifiers(Int), declarator a(name a))), name h)))",
    ),
    (
        "int f(int a[static 4], char *restrict b, const char *const *c);",
        "declaration(specifiers(Int), init-declarator(declarator f(params(param(specifiers(Int), declarator a(array(number 4), name a)), param(specifiers(Char), declarator b(pointer Restrict, name b)), param(specifiers Const(Char), declarator c(pointer, pointer Const, name c))), name f)))",
    ),
    (
        "struct a { int x, *y; u8 b : 3, : 5; u16 : 0; int flex[]; };",
        "declaration(specifiers(struct a(field(specifiers(Int), declarator x(name x), declarator y(pointer, name y)), field(specifiers(named u8), declarator b(name b), bits(number 3), declarator, bits(number 5)), field(specifiers(named u16), declarator, bits(number 0)), field(specifiers(Int), declarator flex(array, name flex)))))",
    ),
    (
        "struct a { struct { int x; }; union { int y; u8 z; } u; };",
        "declaration(specifiers(struct a(field(specifiers(struct(field(specifiers(Int), declarator x(name x))))), field(specifiers(union(field(specifiers(Int), declarator y(name y)), field(specifiers(named u8), declarator z(name z)))), declarator u(name u)))))",
    ),
    (
        "struct __attribute__((packed)) a { int x; };",
        "declaration(specifiers(struct a(field(specifiers(Int), declarator x(name x)), attribute packed)))",
    ),
    (
        "struct a { int x; } __attribute__((packed, aligned(8))) y;",
        "declaration(specifiers(with-attributes(struct a(field(specifiers(Int), declarator x(name x))), attribute packed, attribute aligned(args(arg `8`(number 8))))), init-declarator(declarator y(name y)))",
    ),
    (
        "struct a { int x; } __packed;",
        "declaration(specifiers(with-attributes(struct a(field(specifiers(Int), declarator x(name x))), attribute packed)))",
    ),
    (
        "struct { int x; } __attribute__((__packed__)) *y = &z;",
        "declaration(specifiers(with-attributes(struct(field(specifiers(Int), declarator x(name x))), attribute packed)), init-declarator(declarator y(pointer, name y), unary AddressOf(ident z)))",
    ),
    (
        "union u { int a; }; struct s;",
        "declaration(specifiers(union u(field(specifiers(Int), declarator a(name a))))), declaration(specifiers(struct s))",
    ),
    (
        "enum e { A, B = 3, C, };",
        "declaration(specifiers(enum e(variant A, variant B(number 3), variant C)))",
    ),
    (
        "enum { A __attribute__((deprecated)) = 1 } x;",
        "declaration(specifiers(enum(variant A(number 1))), init-declarator(declarator x(name x)))",
    ),
    (
        "enum e : u8 { A };",
        "declaration(specifiers(enum e(variant A)))",
    ),
    (
        "struct a { FIELDS(x, y); MORE\nCOMMON(z)\n};",
        "declaration(specifiers(struct a(macro FIELDS;(args(arg `x`(ident x, type-name(specifiers(named x), declarator)), arg `y`(ident y, type-name(specifiers(named y), declarator)))), macro MORE, macro COMMON(args(arg `z`(ident z, type-name(specifiers(named z), declarator)))))))",
    ),
    (
        r#"struct { __uint(type, 1); } m SEC(".maps");"#,
        r#"declaration(specifiers(struct(macro __uint;(args(arg `type`(ident type, type-name(specifiers(named type), declarator)), arg `1`(number 1))))), init-declarator(declarator m(name m), attribute SEC(args(arg `".maps"`(string(piece ".maps"))))))"#,
    ),
    (
        r#"char l[] SEC("license") = "GPL";"#,
        r#"declaration(specifiers(Char), init-declarator(declarator l(array, name l), attribute SEC(args(arg `"license"`(string(piece "license")))), string(piece "GPL")))"#,
    ),
    (
        "static __always_inline int f(struct s __user *p, unknown_t q) { }",
        "function(specifiers Static(word __always_inline, Int), declarator f(params(param(specifiers(word __user, struct s), declarator p(pointer, name p)), param(specifiers(named unknown_t), declarator q(name q))), name f), block)",
    ),
    (
        "noinline static u64 f(void) __weak;",
        "declaration(specifiers Static(word noinline, named u64), init-declarator(declarator f(params, name f), attribute weak))",
    ),
    (
        r#"SEC("xdp") int f(struct xdp_md *ctx) { }"#,
        r#"function(specifiers(attribute SEC(args(arg `"xdp"`(string(piece "xdp")))), Int), declarator f(params(param(specifiers(struct xdp_md), declarator ctx(pointer, name ctx))), name f), block)"#,
    ),
    (
        "int x __attribute__((aligned(4))) = 1;",
        "declaration(specifiers(Int), init-declarator(declarator x(name x), attribute aligned(args(arg `4`(number 4))), number 1))",
    ),
    (
        r#"int y asm("z");"#,
        r#"declaration(specifiers(Int), init-declarator(declarator y(name y), attribute asm(args(arg `"z"`(string(piece "z"))))))"#,
    ),
    (
        "_Alignas(16) int x;",
        "declaration(specifiers(attribute _Alignas(args(arg `16`(number 16))), Int), init-declarator(declarator x(name x)))",
    ),
    (
        "_Thread_local int x;",
        "declaration(specifiers ThreadLocal(Int), init-declarator(declarator x(name x)))",
    ),
    (
        "_Atomic(int) x; _Atomic int y;",
        "declaration(specifiers(typeof(type-name(specifiers(Int), declarator))), init-declarator(declarator x(name x))), declaration(specifiers Atomic(Int), init-declarator(declarator y(name y)))",
    ),
    (
        "typeof(x) a; __typeof__(int *) b; __auto_type c = 1;",
        "declaration(specifiers(typeof(ident x)), init-declarator(declarator a(name a))), declaration(specifiers(typeof(type-name(specifiers(Int), declarator(pointer)))), init-declarator(declarator b(name b))), declaration(specifiers(__auto_type), init-declarator(declarator c(name c), number 1))",
    ),
    (
        r#"_Static_assert(1, "x");"#,
        r#"static-assert `_Static_assert(1, "x");`"#,
    ),
    (r#"asm("nop");"#, r#"opaque `asm("nop");`"#),
    (";", "opaque `;`"),
    (
        "int x = { 1, 2 };",
        "declaration(specifiers(Int), init-declarator(declarator x(name x), init-list(item(number 1), item(number 2))))",
    ),
    (
        "struct s a = { .b = { 1 }, .c[2].d = 3, };",
        "declaration(specifiers(struct s), init-declarator(declarator a(name a), init-list(item(designator b, init-list(item(number 1))), item(designator c, designator-index(number 2), designator d, number 3))))",
    ),
    (
        "ElfW(Phdr) *p;",
        "declaration(specifiers(attribute ElfW(args(arg `Phdr`(ident Phdr, type-name(specifiers(named Phdr), declarator)))), named ElfW), init-declarator(declarator p(pointer, name p)))",
    ),
    (
        "int f(int (*)(int), int (x), u32 y);",
        "declaration(specifiers(Int), init-declarator(declarator f(params(param(specifiers(Int), declarator(pointer, params(param(specifiers(Int), declarator)))), param(specifiers(Int), declarator x(name x)), param(specifiers(named u32), declarator y(name y))), name f)))",
    ),
    (
        "extern const int limit __kconfig;",
        "declaration(specifiers Extern Const(Int), init-declarator(declarator limit(name limit), attribute kconfig))",
    ),
];

#[test]
fn cases() {
    for (text, expected) in CASES {
        check_items(text, expected);
    }
}
