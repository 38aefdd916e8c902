//! Groups of `#if`.

use super::check_items;

/// Text, and what comes of it.
const CASES: &[(&str, &str)] = &[
    (
        "#ifdef A\nint a;\n#else\nint b;\n#endif",
        "#ifdef A, declaration(specifiers(Int), init-declarator(declarator a(name a))), #else, declaration(specifiers(Int), init-declarator(declarator b(name b))), #endif",
    ),
    (
        "#if 0\nint 'a;\n#elif B\nint b;\n#else\nint c;\n#endif",
        "#if `0`, #elif `B`, declaration(specifiers(Int), init-declarator(declarator b(name b))), #else, declaration(specifiers(Int), init-declarator(declarator c(name c))), #endif",
    ),
    (
        "#if 1\nint a;\n#else\nint b;\n#endif",
        "#if `1`, declaration(specifiers(Int), init-declarator(declarator a(name a))), #else, #endif",
    ),
    (
        r#"#ifdef __cplusplus
extern "C" {
#endif
int a;"#,
        "#ifdef __cplusplus, #endif, declaration(specifiers(Int), init-declarator(declarator a(name a)))",
    ),
    (
        "#ifdef A\nint f(int a)\n#else\nint g(int b)\n#endif\n{ return 0; }",
        "#ifdef A, function(specifiers(Int), declarator f(params(param(specifiers(Int), declarator a(name a))), name f), block(return(number 0)))",
    ),
    (
        "#ifdef A\n{\n#endif",
        "#ifdef A, opaque `{`, #endif !! 2:1 expected a declaration, found `{`",
    ),
    (
        "int f(void) {\n#ifdef A\nif (a) {\n#else\nif (b) {\n#endif\nc; }\n}",
        "function(specifiers(Int), declarator f(params, name f), block(stmt(#ifdef A), if(ident a, stmt(block(stmt(#else), stmt(#endif), stmt(ident c))))))",
    ),
    (
        "int f(void) {\n#ifdef A\nif (a) {\n#endif\nc;\n#ifdef A\n}\n#endif\n}",
        "function(specifiers(Int), declarator f(params, name f), block(stmt(#ifdef A), if(ident a, stmt(block(stmt(#endif), stmt(ident c), stmt(#ifdef A)))), stmt(#endif)))",
    ),
    (
        "int f(void) {\n#ifdef A\nif (a) {\n#endif\n#ifndef A\nif (b) {\n#endif\nc; }\n}",
        "function(specifiers(Int), declarator f(params, name f), block(stmt(#ifdef A), if(ident a, stmt(block(stmt(#endif), stmt(#ifndef A), stmt(#endif), stmt(ident c))))))",
    ),
    (
        "int f(void) {\nif (a) b;\n#ifdef A\nelse if (c) d;\n#else\nelse e;\n#endif\n}",
        "function(specifiers(Int), declarator f(params, name f), block(if(ident a, stmt(ident b), if(ident c, stmt(ident d))), stmt(#else), stmt(#endif)))",
    ),
    (
        "int f(void) {\nif (a)\n#ifdef A\nb;\n#else\nc;\n#endif\n}",
        "function(specifiers(Int), declarator f(params, name f), block(if(ident a, stmt(ident b)), stmt(#else), stmt(#endif)))",
    ),
    (
        "int f(void) {\nx(a,\n#ifdef A\nb\n#else\nc\n#endif\n);\n}",
        "function(specifiers(Int), declarator f(params, name f), block(stmt(call(ident x, args(ident a, ident b)))))",
    ),
    (
        "int f(void) {\nswitch (a) {\n#ifdef A\ncase 1: b;\n#else\ncase 2:\n#endif\ndefault: c;\n}\n}",
        "function(specifiers(Int), declarator f(params, name f), block(switch(ident a, stmt(block(stmt(#ifdef A), case(number 1, stmt(ident b)), stmt(#else), case(number 2), stmt(#endif), default(stmt(ident c)))))))",
    ),
    (
        "int f(void) {\n#ifdef A\nFILTER\n#else\nSUBMIT(x)\n#endif\na;\n}",
        "function(specifiers(Int), declarator f(params, name f), block(stmt(#ifdef A), stmt(macro FILTER), stmt(#else), stmt(macro SUBMIT(args(arg `x`(ident x, type-name(specifiers(named x), declarator))))), stmt(#endif), stmt(ident a)))",
    ),
    (
        "enum {\nA,\n#ifdef X\nB,\n#else\nC\n#endif\n};",
        "declaration(specifiers(enum(variant A, #ifdef X, variant B, #else, variant C, #endif)))",
    ),
    (
        "int a[] = {\n#ifdef X\n1,\n#else\n2, 3,\n#endif\n};",
        "declaration(specifiers(Int), init-declarator(declarator a(array, name a), init-list(item(number 1))))",
    ),
    (
        "struct s a = {\n#ifdef X\n{ 1 }\n#else\n{ 2 }\n#endif\n};",
        "declaration(specifiers(struct s), init-declarator(declarator a(name a), init-list(item(init-list(item(number 1))))))",
    ),
    (
        "struct s {\n#ifdef A\nint a;\n#else\nint b;\n#endif\nint c;\n};",
        "declaration(specifiers(struct s(#ifdef A, field(specifiers(Int), declarator a(name a)), #else, field(specifiers(Int), declarator b(name b)), #endif, field(specifiers(Int), declarator c(name c)))))",
    ),
    (
        "#ifdef A\nBPF_HASH(a)\n#else\nBPF_HASH(b)\n#endif\nint x;",
        "#ifdef A, macro BPF_HASH(args(arg `a`(ident a, type-name(specifiers(named a), declarator)))), #else, macro BPF_HASH(args(arg `b`(ident b, type-name(specifiers(named b), declarator)))), #endif, declaration(specifiers(Int), init-declarator(declarator x(name x)))",
    ),
    (
        "#if A\n#if B\nint a;\n#endif\n#else\nint b;\n#endif",
        "#if `A`, #if `B`, declaration(specifiers(Int), init-declarator(declarator a(name a))), #endif, #else, declaration(specifiers(Int), init-declarator(declarator b(name b))), #endif",
    ),
    (
        "#ifdef A\nstatic\n#endif\nint x;",
        "#ifdef A, declaration(specifiers Static(Int), init-declarator(declarator x(name x)))",
    ),
    (
        "int f(void) {\n#ifdef A\nreturn 1;\n}\n#else\nreturn 2;\n}\n#endif",
        "function(specifiers(Int), declarator f(params, name f), block(stmt(#ifdef A), return(number 1))), #else, #endif",
    ),
    ("#else", "#else !! 1:1 `#else` without `#if`"),
    ("#endif", "#endif !! 1:1 `#endif` without `#if`"),
    ("#if A", "#if `A` !! 1:1 `#if` has no `#endif`"),
    (
        "#if A\n#else\n#elif B\n#endif",
        "#if `A`, #else, #elif `B`, #endif !! 3:1 `#elif` behind `#else`",
    ),
];

#[test]
fn cases() {
    for (text, expected) in CASES {
        check_items(text, expected);
    }
}
