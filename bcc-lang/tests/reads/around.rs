//! What stands around reads: names, the licence, lines, texts that break off.

use super::{check_in_kprobe, emitted};
use bcc_lang::source::SourceText;
use std::fmt::Write as _;

#[test]
fn s58_names_of_the_program_are_not_captured() {
    check_in_kprobe(&[(
        "u32 _val = 1, leaf = 2, _key = 3; struct sock *__addr = sk; return _val + leaf + __addr->sk_mark;",
        "return _val + leaf + BCC_READ(__addr, sk_mark);",
    )]);
    let source = SourceText::new(
        "t.c",
        "int f(struct pt_regs *ctx, struct sock *__bcc_p) { return __bcc_p->m; }",
    );
    let outcome = bcc_lang::compile(&source);
    assert!(outcome.program.is_none());
    let message = &outcome.diagnostics.first().unwrap().message;
    assert_eq!(
        message,
        "`__bcc_p` begins with the reserved prefix `__bcc_`"
    );
}

#[test]
fn s33_reads_count_for_the_licence() {
    let errors = |body: &str| {
        let text = format!(
            "#define BPF_LICENSE MIT\nint kprobe__f(struct pt_regs *ctx, struct sock *sk, int *p) {{ {body} }}"
        );
        let outcome = bcc_lang::compile(&SourceText::new("t.c", text));
        let messages = outcome
            .diagnostics
            .into_iter()
            .map(|diagnostic| diagnostic.message);
        messages.collect::<Vec<_>>()
    };
    assert_eq!(errors("return &sk->m != 0 && sizeof(sk->m);"), [""; 0]);
    assert_eq!(
        errors("return *p;"),
        [
            "`*p` needs `bpf_probe_read`, which is only for GPL-compatible programs, and this one is `MIT`"
        ]
    );
    assert_eq!(errors("return p[1];").len(), 1);
    assert_eq!(
        errors("return sk->m;"),
        [
            "`sk->m` needs `bpf_probe_read_kernel`, which is only for GPL-compatible programs, and this one is `MIT`"
        ]
    );
    // A licence in a branch that is not taken is none.
    let text =
        "#if 0\n#define BPF_LICENSE MIT\n#endif\nint f(struct pt_regs *ctx, int *p) { return *p; }";
    assert_eq!(emitted(text).matches("BCC_DEREF_ANY(p)").count(), 1);
}

#[test]
fn s2_arguments_keep_their_lines() {
    let text = "int f(struct pt_regs *ctx, /* one\n two */ struct task_struct /* of\n three */ *t,\n // the rest\n int // narrow\n n)\n{\n return t->pid + n; }";
    let expected = "SEC(\"kprobe\")\n#line 1\nint BPF_KPROBE(f, /* one\n two */ struct task_struct /* of\n three */ *t,\n // the rest\n int // narrow\n n)\n{\n return BCC_READ_ANY(t, pid) + n; }\n";
    assert_eq!(emitted(text), expected);
    let text = text.replace("*ctx", "*regs");
    let expected = "SEC(\"kprobe\")\n#line 1\nint f(struct pt_regs *regs)\n{\n struct task_struct *t = (void *)PT_REGS_PARM1(regs);\n int n = PT_REGS_PARM2(regs);\n\n\n\n return BCC_READ_ANY(t, pid) + n; }\n";
    assert_eq!(emitted(&text), expected);
}

/// Half a text, or a text that lacks a piece, is answered like any other.
#[test]
fn texts_that_break_off_do_no_harm() {
    let text = include_str!("../cases/macro_reads.c");
    let compile = |text: &str| drop(bcc_lang::compile(&SourceText::new("t.c", text)));
    for at in (0..text.len()).step_by(97) {
        compile(&text[..at]);
        compile(&text[at..]);
        compile(&format!(
            "{}{}",
            &text[..at],
            text.get(at + 5..).unwrap_or("")
        ));
    }
    compile(
        "#define A(x) B(x, x)\n#define B(x, y) A(x) A(y) x->y\nint f(struct pt_regs *c) { return A(A(A(1))); }",
    );
    let mut doubling = String::new();
    for n in 1..60 {
        let before = n - 1;
        writeln!(doubling, "#define M{n}(x) M{before}(x) + M{before}(x)").unwrap();
    }
    compile(&format!(
        "#define M0(x) x->a\n{doubling}int f(struct pt_regs *c) {{ return M59(c); }}"
    ));
}
