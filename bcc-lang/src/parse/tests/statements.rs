//! Statements, each in the body of a function.

use super::check_statements;

/// Text, and what comes of it.
const CASES: &[(&str, &str)] = &[
    (";", "empty"),
    ("{ }", "stmt(block)"),
    ("x = 1;", "stmt(assign(ident x, number 1))"),
    (
        "int x = 1;",
        "stmt(declaration(specifiers(Int), init-declarator(declarator x(name x), number 1)))",
    ),
    (
        "u32 x, *y; foo z; foo *w = 0; foo * const v;",
        "stmt(declaration(specifiers(named u32), init-declarator(declarator x(name x)), init-declarator(declarator y(pointer, name y)))), stmt(declaration(specifiers(named foo), init-declarator(declarator z(name z)))), stmt(declaration(specifiers(named foo), init-declarator(declarator w(pointer, name w), number 0))), stmt(declaration(specifiers(named foo), init-declarator(declarator v(pointer Const, name v))))",
    ),
    (
        "a * b;",
        "stmt(declaration(specifiers(named a), init-declarator(declarator b(pointer, name b))))",
    ),
    (
        "int a; a * b;",
        "stmt(declaration(specifiers(Int), init-declarator(declarator a(name a)))), stmt(binary Mul(ident a, ident b))",
    ),
    (
        "if (a) b; else if (c) d; else { e; }",
        "if(ident a, stmt(ident b), if(ident c, stmt(ident d), stmt(block(stmt(ident e)))))",
    ),
    ("while (a) b;", "while(ident a, stmt(ident b))"),
    ("do a; while (b);", "do-while(stmt(ident a), ident b)"),
    ("for (;;) a;", "for(stmt(ident a))"),
    (
        "for (int i = 0; i < 3; i++) { }",
        "for(stmt(declaration(specifiers(Int), init-declarator(declarator i(name i), number 0))), binary Lt(ident i, number 3), postfix Increment(ident i), stmt(block))",
    ),
    (
        "for (i = 0, j = 1; ; ) ;",
        "for(stmt(comma(assign(ident i, number 0), assign(ident j, number 1))), empty)",
    ),
    (
        "switch (a) { case 1: case 2 ... 3: b; break; default: c; }",
        "switch(ident a, stmt(block(case(number 1, case(number 2, number 3, stmt(ident b))), break, default(stmt(ident c)))))",
    ),
    (
        "goto out; out: a; goto *p;",
        "goto out, label out(stmt(ident a)), goto-expr(ident p)",
    ),
    (
        "l: m: a; end:",
        "label l(label m(stmt(ident a))), label end",
    ),
    ("return; return a;", "return, return(ident a)"),
    ("continue; break;", "continue, break"),
    (
        r#"asm volatile("x" : "=r"(a) : "r"(b) : "memory");"#,
        r#"opaque `asm volatile("x" : "=r"(a) : "r"(b) :...`"#,
    ),
    (
        "__attribute__((fallthrough));",
        "opaque `__attribute__((fallthrough));`",
    ),
    ("__label__ a, b;", "opaque `__label__ a, b;`"),
    (
        r#"_Static_assert(1, "");"#,
        r#"opaque `_Static_assert(1, "");`"#,
    ),
    ("FILTER", "stmt(macro FILTER)"),
    (
        "FILTER\nx = 1;",
        "stmt(macro FILTER), stmt(assign(ident x, number 1))",
    ),
    (
        "FILTER\n*x = 1;",
        "stmt(macro FILTER), stmt(assign(unary Deref(ident x), number 1))",
    ),
    (
        "FILTER\nint y;",
        "stmt(macro FILTER), stmt(declaration(specifiers(Int), init-declarator(declarator y(name y))))",
    ),
    (
        "SUBMIT(x)\ny = 1;",
        "stmt(macro SUBMIT(args(arg `x`(ident x, type-name(specifiers(named x), declarator))))), stmt(assign(ident y, number 1))",
    ),
    ("SUBMIT(x);", "stmt(call(ident SUBMIT, args(ident x)))"),
    (
        "LOOP(i) { a; }",
        "stmt(macro LOOP(args(arg `i`(ident i, type-name(specifiers(named i), declarator))))), stmt(block(stmt(ident a)))",
    ),
    (
        "LOOP(i) { a; } else_ = 1;",
        "stmt(macro LOOP(args(arg `i`(ident i, type-name(specifiers(named i), declarator))))), stmt(block(stmt(ident a))), stmt(assign(ident else_, number 1))",
    ),
    (
        "if (a) LOOP(i) { b; } else c;",
        "if(ident a, stmt(block(stmt(macro LOOP(args(arg `i`(ident i, type-name(specifiers(named i), declarator))))), stmt(block(stmt(ident b))))), stmt(ident c))",
    ),
    (
        "bpf_for(i, 0, 10) a;",
        "stmt(macro bpf_for(args(arg `i`(ident i, type-name(specifiers(named i), declarator)), arg `0`(number 0), arg `10`(number 10)))), stmt(ident a)",
    ),
    (
        "my_macro(i) { a; }",
        "stmt(macro my_macro(args(arg `i`(ident i, type-name(specifiers(named i), declarator))))), stmt(block(stmt(ident a)))",
    ),
    (
        "struct s { int x; } y; enum { A } z;",
        "stmt(declaration(specifiers(struct s(field(specifiers(Int), declarator x(name x)))), init-declarator(declarator y(name y)))), stmt(declaration(specifiers(enum(variant A)), init-declarator(declarator z(name z))))",
    ),
    (
        "typeof(x) y = x; static int z;",
        "stmt(declaration(specifiers(typeof(ident x)), init-declarator(declarator y(name y), ident x))), stmt(declaration(specifiers Static(Int), init-declarator(declarator z(name z))))",
    ),
    (
        "int (*fn)(int) = f; handler_t (*g)(void);",
        "stmt(declaration(specifiers(Int), init-declarator(declarator fn(pointer, params(param(specifiers(Int), declarator)), name fn), ident f))), stmt(declaration(specifiers(named handler_t), init-declarator(declarator g(pointer, params, name g))))",
    ),
    (
        "m.insert(&k, &v); new.type(match);",
        "stmt(call(dot insert(ident m), args(unary AddressOf(ident k), unary AddressOf(ident v)))), stmt(call(dot type(ident new), args(ident match)))",
    ),
    (
        "u64 u32 = 1; u32 = 2; (u32)(1);",
        "stmt(declaration(specifiers(named u64), init-declarator(declarator u32(name u32), number 1))), stmt(assign(ident u32, number 2)), stmt(call(paren(ident u32), args(number 1)))",
    ),
    (
        "#pragma unroll\nfor (;;) { }",
        "stmt(#other `#pragma unroll`), for(stmt(block))",
    ),
    (
        "x = a\n#ifdef B\n+ b\n#endif\n;",
        "stmt(assign(ident x, binary Add(ident a, ident b)))",
    ),
];

#[test]
fn cases() {
    for (text, expected) in CASES {
        check_statements(text, expected);
    }
}
