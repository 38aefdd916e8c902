//! Where functions and loops end.

use super::{check_said, check_silent};
use crate::diag::Level;

#[test]
fn x61_functions_return_a_value() {
    check_said(
        Level::Error,
        &[(
            "int on_entry(struct pt_regs *ctx) { }",
            "}",
            "ends without a `return`",
        )],
    );
    check_said(
        Level::Warning,
        &[
            (
                "int on_entry(struct pt_regs *ctx, int x) { if (x) return 0; }",
                "}",
                "not every path through `on_entry`",
            ),
            (
                "int on_entry(struct pt_regs *ctx) { bpf_trace_printk(\"x\\n\"); }",
                "}",
                "result is undefined",
            ),
            (
                "int on_entry(struct pt_regs *ctx, int x) { switch (x) { case 1: return 0; default: break; } }",
                "}",
                "not every path",
            ),
            (
                "static int half(int x) { if (x) return 1; }\nint on_entry(struct pt_regs *ctx, int x) { return half(x); }",
                "}",
                "not every path through `half`",
            ),
        ],
    );
    check_silent(&[
        "int on_entry(struct pt_regs *ctx, int x) { if (x) return 0; else return 1; }",
        "int on_entry(struct pt_regs *ctx, int x) { if (x) goto out; return 1; out: return 0; }",
        "int on_entry(struct pt_regs *ctx, int x) { switch (x) { case 1: return 0; default: return 1; } }",
        "int on_entry(struct pt_regs *ctx, int x) { switch (x & 1) { case 0: return 0; case 1: return 1; } }",
        "int on_entry(struct pt_regs *ctx, int x) { for (int i = 0; ; i++) { if (i > 10) return 0; } }",
        "int on_entry(struct pt_regs *ctx, int x) { while (1) { if (x++ > 10) return 0; } }",
        "int on_entry(struct pt_regs *ctx, int x) { do { return 0; } while (0); }",
        "int on_entry(struct pt_regs *ctx, int x) { if (x) return 0; __builtin_unreachable(); }",
        "#define OUT return 0\nint on_entry(struct pt_regs *ctx, int x) { OUT; }",
        "#define OUT(x) { return x; }\nint on_entry(struct pt_regs *ctx, int x) { OUT(1) }",
        "int on_entry(struct pt_regs *ctx, int x) {\n#ifdef CONFIG_A\nreturn 0;\n#else\nreturn 1;\n#endif\n}",
        "void on_entry(struct pt_regs *ctx, int x) { if (x) return; bpf_trace_printk(\"x\\n\"); }",
        "static int unused(int x) { if (x) return 1; }\nint on_entry(struct pt_regs *ctx, int x) { unused(x); return 0; }",
        "int on_entry(struct pt_regs *ctx, int x) { ({ return 0; }); }",
    ]);
}

#[test]
fn x64_loops_end() {
    check_said(
        Level::Error,
        &[
            ("while (1) { arg++; }", "while", "nothing ends this loop"),
            ("for (;;) { arg++; }", "for", "nothing ends this loop"),
            ("do { arg++; } while (1);", "do", "nothing ends this loop"),
            (
                "for (int i = 0; ; i++) { one += i; }",
                "for",
                "nothing ends this loop",
            ),
        ],
    );
    check_silent(&[
        "while (1) { if (arg++ > 3) break; }",
        "for (;;) { if (arg++ > 3) return 0; }",
        "for (;;) { if (arg++ > 3) goto out; } out: ;",
        "do { arg++; } while (0);",
        "while (arg--) { one++; }",
        "for (;;) { STOP; }",
        "for (;;) { m.lookup_or_init(&k, &one); }",
    ]);
}

#[test]
fn x64_lists_are_counted() {
    check_said(
        Level::Warning,
        &[
            (
                "struct dentry *d = (void *)from; while (d) { one++; d = d->d_parent; }",
                "d",
                "only `d` ends this loop",
            ),
            (
                "struct dentry *d; for (d = (void *)from; d != NULL; d = d->d_parent) m.increment(k);",
                "d != NULL",
                "only `d` ends this loop",
            ),
        ],
    );
    check_silent(&[
        "struct dentry *d = (void *)from; for (int i = 0; i < 9 && d; i++) { d = d->d_parent; }",
        "struct dentry *d = (void *)from; while (d) { d = d->d_parent; if (one++ > 9) break; }",
        "struct dentry *d = (void *)from; while (d) { d = one++ > 9 ? 0 : d->d_parent; }",
        "struct dentry *d = (void *)from; while (d) { d = d->d_parent; LIMIT; }",
    ]);
}
