//! Macros and functions at file scope.

use super::check_items;

/// Text, and what comes of it.
const CASES: &[(&str, &str)] = &[
    (
        "BPF_HASH(a, u32);",
        "macro BPF_HASH;(args(arg `a`(ident a, type-name(specifiers(named a), declarator)), arg `u32`(ident u32, type-name(specifiers(named u32), declarator))))",
    ),
    (
        "BPF_HASH(a)",
        "macro BPF_HASH(args(arg `a`(ident a, type-name(specifiers(named a), declarator))))",
    ),
    (
        "BPF_ARRAY(a, struct { int x; }, 3 + 4)\nint x;",
        "macro BPF_ARRAY(args(arg `a`(ident a, type-name(specifiers(named a), declarator)), arg `struct { int x; }`(type-name(specifiers(struct(field(specifiers(Int), declarator x(name x)))), declarator)), arg `3 + 4`(binary Add(number 3, number 4)))), declaration(specifiers(Int), init-declarator(declarator x(name x)))",
    ),
    (
        r#"BPF_TABLE("hash", u32, u64 [2], a, 1024);"#,
        r#"macro BPF_TABLE;(args(arg `"hash"`(string(piece "hash")), arg `u32`(ident u32, type-name(specifiers(named u32), declarator)), arg `u64 [2]`(index(ident u64, number 2), type-name(specifiers(named u64), declarator(array(number 2)))), arg `a`(ident a, type-name(specifiers(named a), declarator)), arg `1024`(number 1024)))"#,
    ),
    ("BPF_EMPTY();", "macro BPF_EMPTY;(args)"),
    (
        "BPF_GAPS(, a,);",
        "macro BPF_GAPS;(args(arg ``, arg `a`(ident a, type-name(specifiers(named a), declarator)), arg ``))",
    ),
    (
        "TRACEPOINT_PROBE(sched, sched_switch) { return 0; }",
        "macro-function TRACEPOINT_PROBE(args(arg `sched`(ident sched, type-name(specifiers(named sched), declarator)), arg `sched_switch`(ident sched_switch, type-name(specifiers(named sched_switch), declarator))), block(return(number 0)))",
    ),
    (
        "KFUNC_PROBE(f, struct file *file, size_t n) { return n; }",
        "macro-function KFUNC_PROBE(args(arg `f`(ident f, type-name(specifiers(named f), declarator)), arg `struct file *file`(param(specifiers(struct file), declarator file(pointer, name file))), arg `size_t n`(param(specifiers(named size_t), declarator n(name n)))), block(return(ident n)))",
    ),
    (
        "int BPF_KPROBE(f, int a) { return a; }",
        "macro-function BPF_KPROBE(specifiers(Int), args(arg `f`(ident f, type-name(specifiers(named f), declarator)), arg `int a`(param(specifiers(Int), declarator a(name a)))), block(return(ident a)))",
    ),
    (
        r#"static DEFINE_X(a, "b");"#,
        r#"opaque `static`, macro DEFINE_X;(args(arg `a`(ident a, type-name(specifiers(named a), declarator)), arg `"b"`(string(piece "b"))))"#,
    ),
    (
        "DEFINE_PER_CPU(int, x) = 1;",
        "macro DEFINE_PER_CPU(args(arg `int`(type-name(specifiers(Int), declarator)), arg `x`(ident x, type-name(specifiers(named x), declarator)))), opaque `= 1;`",
    ),
    (
        "int f(void) { return 0; }",
        "function(specifiers(Int), declarator f(params, name f), block(return(number 0)))",
    ),
    (
        "ALONE\nint x;",
        "macro ALONE, declaration(specifiers(Int), init-declarator(declarator x(name x)))",
    ),
    ("ALONE;", "macro ALONE;"),
    (
        "#define T struct s *\nint f(T a) { T b = a; return 0; }",
        "#define T `struct s *`, function(specifiers(Int), declarator f(params(param(specifiers(named T), declarator a(name a))), name f), block(stmt(declaration(specifiers(named T), init-declarator(declarator b(name b), ident a))), return(number 0)))",
    ),
    (
        "#define INL static inline\nINL int f(void) { }",
        "#define INL `static inline`, function(specifiers(word INL, Int), declarator f(params, name f), block)",
    ),
    (
        r#"#define ATTR(x) __attribute__((section(x)))
ATTR("a") int x;"#,
        r#"#define ATTR(x) `__attribute__((section(x)))`, declaration(specifiers(attribute ATTR(args(arg `"a"`(string(piece "a")))), Int), init-declarator(declarator x(name x)))"#,
    ),
    (
        "#define A 1\n#define F(x, y...) x + y\n#define G(...)\n#undef A",
        "#define A `1`, #define F(x, y, ...) `x + y`, #define G(...) ``, #undef A",
    ),
    (
        r#"#include <a/b.h>
#include "c.h" // d
#pragma once
#error don't"#,
        "#include a/b.h angled, #include c.h quoted, #other `#pragma once`, #other `#error don't`",
    ),
    (
        r"#define M(x) \
  do { x; } \
  while (0)
int x;",
        r"#define M(x) `do { x; } \ while (0)`, declaration(specifiers(Int), init-declarator(declarator x(name x)))",
    ),
];

#[test]
fn cases() {
    for (text, expected) in CASES {
        check_items(text, expected);
    }
}
