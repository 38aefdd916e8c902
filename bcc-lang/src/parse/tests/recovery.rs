//! Mistakes: one message for each, and none for what follows.

use super::check_messages;

/// Text, and what comes of it.
const CASES: &[(&str, &str)] = &[
    (
        "int f(void) { int x = 1 return x; }",
        "1:23 expected `;` after this declaration",
    ),
    (
        r"int f(void) {
    int x = 1
    return x;
}",
        "2:13 expected `;` after this declaration",
    ),
    (
        r"int f(void) {
    foo(1)
    x = 2;
    bar(2
    y = 3;
    return 0;
}",
        r"2:10 expected `;` after this statement
5:5 expected `,` or `)`, found `y`",
    ),
    (
        r"struct a {
    int x
    int y;
}
int g(void) { return 0 }",
        r"2:9 expected `;` after this member
4:1 expected `;` after this struct or union
5:22 expected `;` after this statement",
    ),
    (
        r"struct a { int x; }
u32 g(void) { return 0; }",
        "1:19 expected `;` after this struct or union",
    ),
    (
        r"int f(void) {
    if (x) {
        y = 1;
    return 0;
}

int g(void) {
    return 1;
}",
        "2:12 this `{` is not closed",
    ),
    (
        r"int f(void) {
    if (x) {
        y = 1;
    }
    return 0;

int g(void) {
    return 1;
}

TRACEPOINT_PROBE(a, b) { return 0 }",
        r"1:13 this `{` is not closed
11:33 expected `;` after this statement",
    ),
    (
        r"int f(void) {
    if (x)
        y = 1;
    }
    return 0;
}
int g(void) { return x y; }",
        r"5:5 `return` outside of a function
7:24 expected `;` after this statement, found `y`",
    ),
    (
        "int f(void) { else x = 1; if (; ) y = 1; while x) z; for (i = 0; i < 3) q(); do { } until (x); return 1; }",
        r"1:15 `else` without a matching `if`
1:31 expected an expression, found `;`
1:48 expected `(`, found `x`
1:71 expected `;`, found `)`
1:85 expected `while` behind the body of `do`, found `until`",
    ),
    (
        r"int f(int a b, int c) { return 0; }
int g(int) { int 3x; return 0; }",
        r"1:13 expected `,` or `)`, found `b`
2:18 expected a name, found `3x`",
    ),
    (
        r"BPF_HASH(a, u32;
BPF_HASH(b, u64);
int f(void) { return @; }",
        r"1:9 this `(` is not closed
3:22 unexpected character `@`",
    ),
    (
        r#"int f(void) { char *s = "abc; int y; }
int g(void) { char c = 'a; return 1 }"#,
        r"1:25 string literal is not closed on its line
2:24 character constant is not closed on its line",
    ),
    (
        r"/* never closed
int f(void) { }",
        "1:1 comment is never closed",
    ),
    (
        "int f(void) { a = b + ; c = * ; d = (1 + 2; e = f[1; g = h(1, ; i = j(, 2); return }",
        r"1:23 expected an expression, found `;`
1:31 expected an expression, found `;`
1:43 expected `)`, found `;`
1:52 expected `]`, found `;`
1:63 expected an expression, found `;`
1:71 expected an expression, found `,`
1:77 expected `;` after this statement",
    ),
    (
        r"enum e { A B, C };
enum { A = , B };
struct { int a: ; int b };",
        r"1:12 expected `,` or `}`, found `B`
2:12 expected an expression, found `,`
3:17 expected an expression, found `;`
3:23 expected `;` after this member",
    ),
    (
        r"#if A
int x;",
        "1:1 `#if` has no `#endif`",
    ),
    (
        r"#else
#endif
int x;
#elif 1",
        r"1:1 `#else` without `#if`
2:1 `#endif` without `#if`
4:1 `#elif` without `#if`",
    ),
    (
        r"#ifdef A
int x;
#else
int y;
#else
int z;
#endif",
        "5:1 `#else` behind `#else`",
    ),
    (
        r"return 0;
x = 3;
}
int f(void) { counts.increment(pid) return 0; }",
        r"1:1 `return` outside of a function
2:1 expected a declaration, found `x`
3:1 unexpected `}`
4:35 expected `;` after this statement",
    ),
    (
        r#"int f(struct pt_regs *ctx)
{
    u64 *v = counts.lookup(&k)
    if (!v)
        return 0;
    bpf_trace_printk("x")
    counts.delete(&k)
    return 0;
}"#,
        r"3:30 expected `;` after this declaration
6:25 expected `;` after this statement
7:21 expected `;` after this statement",
    ),
    (
        r"int f(void)
{
    u32 x
    u64 y;
    struct foo z
    BPF_SUBMIT(z)
    return 0;",
        r"2:1 this `{` is not closed
3:9 expected `;` after this declaration
5:16 expected `;` after this declaration",
    ),
    (
        r"int x = { 1, 2;
int y[3 = { 1 };
int (*z(int;
typedef u32 a
int ok;",
        r"1:15 expected `,` or `}`, found `;`
2:11 expected an expression, found `{`
3:12 expected `,` or `)`, found `;`
4:13 expected `;` after this declaration",
    ),
    (
        "int f(void) { x = 1;; y = 2)); z = 3]; { w = 4; } }",
        r"1:28 unexpected `)`
1:37 unexpected `]`",
    ),
    (
        "int f(void) { switch (x) { case 1 x = 2; case: y = 1; default x = 1; } goto ; break 3; continue }",
        r"1:35 expected `:`, found `x`
1:46 expected an expression, found `:`
1:63 expected `:`, found `x`
1:77 expected the name of a label, found `;`
1:85 expected `;` after this statement, found `3`
1:88 expected `;` after this statement",
    ),
    (
        r"static int f(void) {
    struct s { int a; int b }
    x;
    return sizeof(struct); 
}",
        r"2:27 expected `;` after this member
4:25 expected a name or `{`, found `)`",
    ),
    (
        r"int f(void) { return (u32)(a; }
int g(void) { return ; }",
        "1:29 expected `)`, found `;`",
    ),
    (
        "foo bar baz quux(",
        "1:17 expected a parameter, found the end of the text",
    ),
    (
        "int f(void) { x = “a”; y = a ? b; z = ({ 1; ; }",
        r"1:19 unexpected character `“`
1:21 unexpected character `”`
1:33 expected `:`, found `;`
1:47 expected `)`, found the end of the text",
    ),
    (
        r"int f(ctx) { return 0; }
int g(struct pt_regs *ctx { return 0; }
int h(void) return 0;",
        r"2:27 expected `,` or `)`, found `{`
3:13 expected `{`, found `return`",
    ),
    (
        r"BPF_HASH(a)
BPF_HASH(b) int x
int f(void) { return 0; }",
        "2:17 expected `;` after this declaration",
    ),
    (
        "int f(void) { int class = 1, = 2; struct; union u; enum; typedef; }",
        r"1:30 expected a name, found `=`
1:41 expected a name or `{`, found `;`
1:56 expected a name or `{`, found `;`",
    ),
    (
        r"int kprobe__f(struct pt_regs *ctx) {
    u32 pid = bpf_get_current_pid_tgid() >> 32
    if (pid = 3) {
        counts.increment(pid;
    }
    events.perf_submit(ctx, &data, sizeof(data));
    retrun 0;
}",
        r"2:45 expected `;` after this declaration
7:12 expected `;` after this statement, found `0`",
    ),
    (
        "int f(void) { if (a) return 1 else return 2; }",
        "1:29 expected `;` after this statement",
    ),
    (
        "int f(void) { for (int i = 0, i < 3, i++) { } while (x { y; } }",
        r"1:33 expected `;` after this declaration, found `<`
1:56 expected `)`, found `{`",
    ),
    (
        r"int f(void) { return 1; } }
int x y;",
        r"1:27 unexpected `}`
2:7 expected `;` after this declaration, found `y`",
    ),
    (
        r"int x = 1 2;
int y;",
        "1:11 expected `;` after this declaration, found `2`",
    ),
    (
        r"struct s { int a; int f(void) { return 0; }
int x;",
        "1:10 this `{` is not closed",
    ),
    (
        "int f(void) { x = ''; }",
        "1:19 character constant is empty",
    ),
    (
        "int f(void) { a.1; b->; c. ; }",
        r"1:16 expected `;` after this statement, found `.1`
1:23 expected the name of a member, found `;`
1:28 expected the name of a member, found `;`",
    ),
    (
        "int f(void) { if (x) }",
        "1:22 expected a statement, found `}`",
    ),
    (
        "int f(void) { x = (u32); }",
        "1:24 expected an expression, found `;`",
    ),
    ("static x = 1;", ""),
    (
        "int f(void) { int a b; int c __unused; }",
        "1:21 expected `;` after this declaration, found `b`",
    ),
    (
        r"TRACEPOINT_PROBE(a, b { return 0; }
int x;",
        "1:17 this `(` is not closed",
    ),
    (
        r"int f(void) { LOOP(x, { a; }
int y; }",
        "1:23 expected an expression, found `{`",
    ),
    (
        r"#define
#include
#if
int x;
#endif",
        "",
    ),
    (
        "int f(void) { f(int x y); G(int x y); }",
        r"1:21 expected `,` or `)`, found `x`
1:33 expected `,` or `)`, found `x`",
    ),
    (
        r"enum e { A, B
int x;",
        "2:1 expected `,` or `}`, found `int`",
    ),
    ("int f(int, , int);", "1:12 expected a parameter, found `,`"),
    (
        r#"int f(void) { return "a" "b; }
int x"#,
        r"1:26 string literal is not closed on its line
2:5 expected `;` after this declaration",
    ),
    (
        r"int a[] = { 1 2 };
int b[] = { .x 1 };",
        r"1:15 expected `,` or `}`, found `2`
2:16 expected `=`, found `1`",
    ),
    (
        r"int f(void) { do x; }
int g(void) { while (1) }",
        r"1:21 expected `while` behind the body of `do`, found `}`
2:25 expected a statement, found `}`",
    ),
    ("int f(void) { case 1: x; }", ""),
    (
        r"template <int> x;
int y;",
        "1:10 expected a name, found `<`",
    ),
];

#[test]
fn cases() {
    for (text, expected) in CASES {
        check_messages(text, expected);
    }
}
