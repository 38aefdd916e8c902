//! What is read through a pointer: members, elements, bit-fields, inside macros too, and what is not.

use super::{check, check_in_kprobe, emitted};
use bcc_lang::source::SourceText;

#[test]
fn s6_members() {
    check_in_kprobe(&[
        (
            "const char *n = file->f_path.dentry->d_name.name;",
            "= BCC_READ(BCC_READ(file, f_path.dentry), d_name.name);",
        ),
        (
            "return *(sk->sk_daddr_p);",
            "return BCC_DEREF(BCC_READ(sk, sk_daddr_p));",
        ),
        ("return *(&sk->sk_mark);", "return BCC_DEREF(&sk->sk_mark);"),
        (
            "return **sk->pp;",
            "return BCC_DEREF(BCC_DEREF(BCC_READ(sk, pp)));",
        ),
        (
            "return (*sk).sk_mark + (sk)->sk_mark + ((sk))->sk_mark;",
            "return BCC_READ(sk, sk_mark) + BCC_READ(sk, sk_mark) + BCC_READ(sk, sk_mark);",
        ),
        (
            "u16 p = ((struct inet_sock *)sk)->inet_sport;",
            "u16 p = BCC_READ((struct inet_sock *)sk, inet_sport);",
        ),
        (
            "if (!(skb->sk->sk_flags & 1)) return 1;",
            "if (!(BCC_READ(BCC_READ(skb, sk), sk_flags) & 1)) return 1;",
        ),
        (
            "if (((skb->sk->sk_flags))) return 1;",
            "if (((BCC_READ(BCC_READ(skb, sk), sk_flags)))) return 1;",
        ),
        (
            "return !file->f_op->read_iter;",
            "return !BCC_READ(BCC_READ(file, f_op), read_iter);",
        ),
        (
            "return ((struct sock *)(**ppp))->sk_mark;",
            "BCC_READ((struct sock *)(BCC_DEREF(BCC_DEREF(ppp))), sk_mark)",
        ),
        (
            "u8 x = *(&((struct inet_sock *)sk)->rcv_tos - 1) & 1;",
            "u8 x = BCC_DEREF(&((struct inet_sock *)sk)->rcv_tos - 1) & 1;",
        ),
        (
            "u8 x = *((u8 *)&sk->__sk_common.skc_if - 1);",
            "u8 x = BCC_DEREF((u8 *)&sk->__sk_common.skc_if - 1);",
        ),
        (
            "return (t, sk)->sk_mark;",
            "return BCC_READ((t, sk), sk_mark);",
        ),
        (
            "return (t ? t : (struct task_struct *)0)->pid;",
            "return BCC_READ(t ? t : (struct task_struct *)0, pid);",
        ),
        (
            "t = t->group_leader; return t->pid;",
            "t = BCC_READ(t, group_leader); return BCC_READ(t, pid);",
        ),
        (
            "struct task_struct *l; return (l = t->group_leader)->pid;",
            "return BCC_READ(l = BCC_READ(t, group_leader), pid);",
        ),
        (
            "struct task_struct *c = container_of(t->children.next, struct task_struct, sibling); return c->pid;",
            "container_of(BCC_READ(t, children.next), struct task_struct, sibling); return BCC_READ(c, pid);",
        ),
        (
            "struct pair p = { .n = t->mm->pgd_n, .table = { t->pid } };",
            ".n = BCC_READ(BCC_READ(t, mm), pgd_n), .table = { BCC_READ(t, pid) } };",
        ),
        (
            "int a = 0, b = 0; a = t->exit_code >> 8,\nb = t->pid;",
            "a = BCC_READ(t, exit_code) >> 8,\nb = BCC_READ(t, pid);",
        ),
        (
            "for (int i = 0; i < t->n && skb; skb = skb->next) i += skb->len;",
            "for (int i = 0; i < BCC_READ(t, n) && skb; skb = BCC_READ(skb, next)) i += BCC_READ(skb, len);",
        ),
        (
            "switch (t->state) { case 1: return t->a; default: return t->b; }",
            "switch (BCC_READ(t, state)) { case 1: return BCC_READ(t, a); default: return BCC_READ(t, b); }",
        ),
        (
            "char s[9]; bpf_probe_read_kernel_str(s, sizeof(s), t->dev->driver->name);",
            "sizeof(s), BCC_READ(BCC_READ(BCC_READ(t, dev), driver), name));",
        ),
        (
            "return t ->  pid + t-> mm\n->n;",
            "return BCC_READ(t, pid) + BCC_READ(BCC_READ(t, mm), n)",
        ),
    ]);
}

#[test]
fn s6_elements() {
    check_in_kprobe(&[
        (
            "char c = t->comm[1];",
            "char c = BCC_DEREF(&BCC_READ(t, comm)[1]);",
        ),
        (
            "char c = t->comm  [ 1];",
            "char c = BCC_DEREF(&BCC_READ(t, comm)[1]);",
        ),
        (
            "char c = (t->comm)[1];",
            "char c = BCC_DEREF(&(BCC_READ(t, comm))[1]);",
        ),
        (
            "u32 a = sk->__sk_common.v6.u.addr32  [ 0 ];",
            "u32 a = BCC_DEREF(&BCC_READ(sk, __sk_common.v6.u.addr32)[0]);",
        ),
        (
            "u32 a = t->stat[MM_ANONPAGES].count;",
            "u32 a = BCC_READ(&BCC_READ(t, stat)[MM_ANONPAGES], count);",
        ),
        (
            "u8 a = ((u_int8_t *)skb)[13];",
            "u8 a = BCC_DEREF(&((u_int8_t *)skb)[13]);",
        ),
        (
            "int a = t->comm[0] == 0, b = !t->comm[t->pid & 3];",
            "int a = BCC_DEREF(&BCC_READ(t, comm)[0]) == 0, b = !BCC_DEREF(&BCC_READ(t, comm)[BCC_READ(t, pid) & 3]);",
        ),
        (
            "struct pair *p = (void *)skb; return *(&p->table[1]) + p->table[2];",
            "return BCC_DEREF(&p->table[1]) + BCC_DEREF(&p->table[2]);",
        ),
        (
            "char *c = t->comm; return *t->comm + 1[c];",
            "return BCC_DEREF(BCC_READ(t, comm)) + BCC_DEREF(&1[c]);",
        ),
    ]);
    check(&[
        (
            "int f(struct pt_regs *ctx, char *name) { return name[1]; }",
            "return BCC_DEREF_ANY(&name[1]);",
        ),
        (
            "int f(struct pt_regs *ctx, char **name) { return (*name)[1]; }",
            "return BCC_DEREF_ANY(&(BCC_DEREF_ANY(name))[1]);",
        ),
        (
            "int f(struct pt_regs *ctx, char *name[]) { return name[0][1]; }",
            "return BCC_DEREF_ANY(&BCC_DEREF_ANY(&name[0])[1]);",
        ),
        // Arrays of the program itself are left alone.
        (
            "int f(struct pt_regs *ctx) { char own[4] = {}; return own[1] + *own; }",
            "return own[1] + *own;",
        ),
    ]);
}

#[test]
fn s6_bit_fields_of_the_texts_own_structs() {
    check(&[(
        "struct flags { u32 a; u16 b : 3; u16 c : 13; struct { u8 d : 1, e : 5; } in; };\nint f(struct pt_regs *ctx, struct flags *p) { struct flags own = {}; return p->a + p->b + p->c + p->in.e + own.b; }",
        "return BCC_READ_ANY(p, a) + BCC_READ_BITS_ANY(p, b, 4, 1) + BCC_READ_BITS_ANY(p, c, 4, 2) + BCC_READ_BITS_ANY(p, in.e, 6, 1) + own.b;",
    )]);
}

#[test]
fn s7_what_is_not_read() {
    check_in_kprobe(&[
        // The pointers on the way are read, the place itself is not.
        ("void *p = &sk->sk_mark;", "void *p = &sk->sk_mark;"),
        (
            "void *p = &skb->sk->sk_mark;",
            "void *p = &BCC_READ(skb, sk)->sk_mark;",
        ),
        (
            "u32 m; bpf_probe_read(&m, sizeof(m), &skb->sk->sk_mark);",
            "&BCC_READ(skb, sk)->sk_mark);",
        ),
        (
            "u32 m; bpf_probe_read_kernel(&m, sizeof(m), &sk->sk_mark);",
            "sizeof(m), &sk->sk_mark);",
        ),
        (
            "u64 n = sizeof(t->comm) + sizeof(*sk);",
            "u64 n = sizeof(t->comm) + sizeof(*sk);",
        ),
        ("typeof(t->pid) p = 0;", "typeof(t->pid) p = 0;"),
        (
            "u32 p = BPF_CORE_READ(t, real_parent, tgid);",
            "u32 p = BPF_CORE_READ(t, real_parent, tgid);",
        ),
        (
            "u32 o = bpf_core_field_exists(t->pid);",
            "u32 o = bpf_core_field_exists(t->pid);",
        ),
        // An array of known type stands for its address.
        (
            "struct pair *p = (void *)skb; void *q = p->table;",
            "void *q = p->table;",
        ),
    ]);
}

#[test]
fn s7_macros_of_the_text() {
    check_in_kprobe(&[
        (
            "\n#define F(p) ((p)->sk_mark)\nreturn F(sk) + F(skb->sk);",
            "return (BCC_READ(sk, sk_mark)) + (BCC_READ(BCC_READ(skb, sk), sk_mark));",
        ),
        (
            "\n#define _(P) ({ typeof(P) v; bpf_probe_read(&v, sizeof(v), &P); v; })\nreturn _(sk->sk_mark);",
            "return ({ typeof(sk->sk_mark) v; bpf_probe_read(&v, sizeof(v), &sk->sk_mark); v; });",
        ),
        (
            "\n#define A(p) B(p)->pid\n#define B(p) p->group_leader\nreturn A(t);",
            "return BCC_READ(BCC_READ(t, group_leader), pid);",
        ),
        (
            "\n#define SET(v, p) do { v = p->pid; \\\n } while (0)\nint n; SET(n, t); return n;",
            "int n; do { n = BCC_READ(t, pid); } while (0); return n;",
        ),
        (
            "\n#define M(p, m) p->m\n#define N(p, m) p->s_##m\nreturn M(t, pid) + N(t, id);",
            "return BCC_READ(t, pid) + BCC_READ(t, s_id);",
        ),
        (
            "\n#define CUR ((struct task_struct *)bpf_get_current_task())\nreturn CUR->pid;",
            "return BCC_READ((struct task_struct *)bpf_get_current_task(), pid);",
        ),
        // A macro that hides nothing stays, and its arguments are read where they stand.
        (
            "\n#define MAX(a, b) ((a) > (b) ? (a) : (b))\nreturn MAX(t->pid, 1);",
            "return MAX(BCC_READ(t, pid), 1);",
        ),
        // The program's own memory is followed as written, by the same macro.
        (
            "\n#define N(p) p->n\nstruct pair own = {}; return N((&own)) + N(t);",
            "return (&own)->n + BCC_READ(t, n);",
        ),
    ]);
    check(&[
        // A parameter that only a macro names is still there.
        (
            "#define LOW (pid & 1)\nint f(struct pt_regs *ctx, int pid, int b) { return LOW; }",
            "int BPF_KPROBE(f, int pid",
        ),
        (
            "#define SKIP(x) if (pid == x) return 0;\nint f(void *ctx, int pid) { SKIP(1) return 1; }",
            "int pid = PT_REGS_PARM1((struct pt_regs *)ctx);",
        ),
        (
            "#define TABLE(name) BPF_HASH(name, u32)\nTABLE(counts);\n#define COUNT(k) counts.increment(k)\nint f(struct pt_regs *ctx) { COUNT(1); return 0; }",
            "BCC_COUNT_NONZERO(0, bcc_increment(&counts, 1, 1));",
        ),
    ]);
}

/// Only the running system knows which definition counts: all of them are rewritten.
#[test]
fn s7_macros_with_several_definitions() {
    const VERSIONS: &str = "#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 14, 0)\n#define STATE(t) ((t)->__state)\n#else\n#define STATE(t) (t)->state\n#endif\n";
    let text = format!(
        "{VERSIONS}int kprobe__f(struct pt_regs *ctx, struct task_struct *t) {{ return STATE(t->parent); }}"
    );
    let found = emitted(&text);
    for expected in [
        "#define STATE(t) (BCC_PROBE_READ(t, __state))\n",
        "#define STATE(t) BCC_PROBE_READ(t, state)\n",
        "return STATE(BCC_READ(t, parent));",
    ] {
        assert!(found.contains(expected), "{found}");
    }
    // Methods of maps come out of such macros too.
    let text = "BPF_HASH(counts, u32);\n#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 14, 0)\n#define COUNT(k) counts.increment(k)\n#else\n#define COUNT(k) counts.atomic_increment(k)\n#endif\nint f(struct pt_regs *ctx) { COUNT(1); return 0; }";
    let found = emitted(text);
    assert!(
        found.contains("#define COUNT(k) BCC_COUNT_NONZERO(0, bcc_increment(&counts, k, 1))\n"),
        "{found}"
    );
    assert!(
        found.contains(
            "#define COUNT(k) BCC_COUNT_NONZERO(1, bcc_atomic_increment(&counts, k, 1))\n"
        ),
        "{found}"
    );
    // Of the program's own memory nothing is read.
    let text = format!(
        "{VERSIONS}struct s {{ u32 state, __state; }};\nint f(struct pt_regs *ctx) {{ struct s own = {{}}; return STATE(&own); }}"
    );
    assert!(!emitted(&text).contains("_READ("));
    // A body that is no expression stays, and that is said.
    let text = "#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 14, 0)\n#define GET(n, t) do { n = t->a; } while (0)\n#else\n#define GET(n, t) do { n = t->b; } while (0)\n#endif\nint f(struct pt_regs *ctx, struct task_struct *t) { int n; GET(n, t); return n; }";
    let outcome = bcc_lang::compile(&SourceText::new("t.c", text));
    let messages: Vec<&str> = outcome
        .diagnostics
        .iter()
        .map(|found| found.message.as_str())
        .collect();
    assert_eq!(
        messages,
        [
            "`GET` has several definitions and is not rewritten: if it follows `t`, the kernel rejects that"
        ]
    );
}

/// A copy of outside memory can not be made, and that is said; a copy of one's own is silent.
#[test]
fn s7_copies_that_cannot_be_made() {
    let text = "TRACEPOINT_PROBE(a, b) { struct task_struct *t = (struct task_struct *)bpf_get_current_task(); char c[16], d[16]; __builtin_memcpy(c, t->comm, 16); memcpy(d, c, 16); memcpy(d, args->comm, 16); return 0; }";
    let outcome = bcc_lang::compile(&SourceText::new("t.c", text));
    let found: Vec<_> = outcome
        .diagnostics
        .iter()
        .map(|found| (found.message.as_str(), found.help.as_deref()))
        .collect();
    let message =
        "`t->comm` leads out of the program's memory, where `__builtin_memcpy` does not reach";
    assert_eq!(found, [(message, Some("use `bpf_probe_read_kernel`"))]);
}
