//! What becomes of pointers that lead out of the program's memory, form by form.

use bcc_lang::source::SourceText;
use std::fmt::Write as _;

/// The emitted text without what stands before and behind it.
fn emitted(text: &str) -> String {
    let source = SourceText::new("t.c", text);
    let outcome = bcc_lang::compile(&source);
    let messages: Vec<String> = outcome
        .diagnostics
        .iter()
        .map(|diagnostic| diagnostic.render(&source))
        .collect();
    let code = outcome
        .program
        .unwrap_or_else(|| panic!("{text}\n{}", messages.concat()))
        .code;
    let (_, body) = code.split_once("#line 1 \"t.c\"\n").unwrap();
    body.split("\n#line 1 \"<").next().unwrap().to_owned()
}

/// Each text must contain, once emitted, the expected piece.
#[track_caller]
fn check(rows: &[(&str, &str)]) {
    for (text, expected) in rows {
        let found = emitted(text);
        assert!(
            found.contains(expected),
            "{text}\nexpected: {expected}\nfound:    {found}"
        );
    }
}

/// A statement in a program on `tcp_connect` with some pointers at hand.
#[track_caller]
fn check_in_kprobe(rows: &[(&str, &str)]) {
    for (text, expected) in rows {
        let whole = format!(
            "struct pair {{ struct sock *first; int table[5]; u64 n; }};\n\
             int kprobe__f(struct pt_regs *ctx, struct sock *sk, struct sk_buff *skb, struct task_struct *t) {{\n\
             struct file *file = t->a; struct sock ***ppp = (void *)skb; {text}\nreturn 0; }}"
        );
        let found = emitted(&whole);
        assert!(
            found.contains(expected),
            "{text}\nexpected: {expected}\nfound:    {found}"
        );
    }
}

#[test]
fn s5_parameters_lead_outside() {
    check(&[
        (
            "int f(struct pt_regs *ctx, struct task_struct *prev) { return prev->pid; }",
            "return BCC_READ_ANY(prev, pid);",
        ),
        (
            "int kprobe__f(struct pt_regs *ctx, struct task_struct *prev) { return prev->pid; }",
            "return BCC_READ(prev, pid);",
        ),
        // Numbers stay numbers.
        (
            "int f(struct pt_regs *ctx, unsigned long a, unsigned long b) { return a != b; }",
            "return a != b;",
        ),
        (
            "int f(struct pt_regs *ctx, int req) { bpf_trace_printk(\"%x\", req); return 0; }",
            "bpf_printk(\"%x\", req)",
        ),
        // The first parameter is the context, and so memory the program may touch.
        (
            "int f(struct pt_regs *ctx) { return ctx->ip; }",
            "return ctx->ip;",
        ),
    ]);
}

#[test]
fn s5_context_members_lead_outside() {
    check(&[
        (
            "int f(struct pt_regs *ctx) { struct sock *sk; sk = (struct sock *)PT_REGS_PARM1(ctx); return sk->sk_mark; }",
            "return BCC_READ_ANY(sk, sk_mark);",
        ),
        (
            "int f(struct pt_regs *ctx) { struct sock *sk = (struct sock *)PT_REGS_RC(ctx); return sk->__sk_common.skc_rcv_saddr; }",
            "BCC_READ_ANY(sk, __sk_common.skc_rcv_saddr)",
        ),
        (
            "TRACEPOINT_PROBE(skb, kfree_skb) { struct sk_buff *skb = (struct sk_buff *)args->skbaddr; return skb->protocol; }",
            "return BCC_READ(skb, protocol);",
        ),
        (
            "RAW_TRACEPOINT_PROBE(sched_switch) { struct task_struct *t = (struct task_struct *)ctx->args[1]; return t->pid; }",
            "return BCC_READ(t, pid);",
        ),
        (
            "int f(struct pt_regs *ctx) { struct task_struct *t = (struct task_struct *)bpf_get_current_task(); return t->prio; }",
            "return BCC_READ(t, prio);",
        ),
        // Packets are memory the program may touch.
        (
            "int f(struct __sk_buff *ctx) { void *data = (void *)(long)ctx->data; struct ethhdr *eh = data; return eh->h_proto; }",
            "return eh->h_proto;",
        ),
    ]);
}

#[test]
fn s5_pointers_are_followed_through_variables() {
    check_in_kprobe(&[
        (
            "struct sock *a, **b = &a; *b = sk; return a->sk_mark;",
            "return BCC_READ(a, sk_mark);",
        ),
        (
            "struct sock *a, **b = &a; *b = sk; return ((struct sock *)(*b))->sk_mark;",
            "return BCC_READ((struct sock *)(*b), sk_mark);",
        ),
        (
            "struct sock *a, **b = &a, ***c = &b; **c = sk; return a->sk_mark;",
            "return BCC_READ(a, sk_mark);",
        ),
        (
            "struct sock **b, **c = &sk; b = &sk; return (*b)->sk_mark + (*c)->sk_mark;",
            "return BCC_READ(*b, sk_mark) + BCC_READ(*c, sk_mark);",
        ),
        (
            "struct pair p = {}, *q = &p; q->first = sk; return p.first->sk_mark + q->first->sk_mark;",
            "return BCC_READ(p.first, sk_mark) + BCC_READ(q->first, sk_mark);",
        ),
        (
            "struct pair p = { .first = sk }, q; q = p; return q.first->sk_mark;",
            "return BCC_READ(q.first, sk_mark);",
        ),
        (
            "struct pair p = { .first = sk }, q; __builtin_memcpy(&q, &p, sizeof(p)); return q.first->sk_mark;",
            "return BCC_READ(q.first, sk_mark);",
        ),
        (
            "struct sock *list[] = { sk, 0 }; return list[0]->sk_mark;",
            "return BCC_READ(list[0], sk_mark);",
        ),
        (
            "u64 n = (u64)sk; return ((struct sock *)n)->sk_mark;",
            "return BCC_READ((struct sock *)n, sk_mark);",
        ),
        (
            "u32 *mark = &sk->sk_mark; return *mark;",
            "u32 *mark = &sk->sk_mark; return BCC_DEREF(mark);",
        ),
        (
            "struct pair l = {}, *p = &l; p->n += 1; return p->n;",
            "p->n += 1; return p->n;",
        ),
    ]);
}

#[test]
fn s5_pointers_are_followed_through_variables_of_the_file() {
    check(&[
        (
            "struct task_struct *last;\nint f(struct pt_regs *ctx) { return last->pid; }\nint g(struct pt_regs *ctx, struct task_struct *t) { last = t; return 0; }",
            "return BCC_READ_ANY(last, pid);",
        ),
        (
            "static struct { struct task_struct *t; } s;\nint g(struct pt_regs *ctx, struct task_struct *t) { s.t = t; return s.t->pid; }",
            "return BCC_READ_ANY(s.t, pid);",
        ),
        (
            "int n;\nint g(struct pt_regs *ctx, int m) { n = m; return n; }",
            "n = m; return n;",
        ),
    ]);
}

#[test]
fn s5_pointers_are_followed_through_helpers() {
    check(&[
        (
            "static int h(struct sock *sk) { return sk->sk_mark; }\nint f(struct pt_regs *ctx, struct sock *sk) { return h(sk); }",
            "return BCC_READ_ANY(sk, sk_mark); }",
        ),
        (
            "static void h(struct file *f) { u32 x = f->f_flags; }\nstatic void g(int unused, struct file *f) { h(f); }\nint f(struct pt_regs *ctx, int n, struct file *f) { g(n, f); return 0; }",
            "u32 x = BCC_READ_ANY(f, f_flags);",
        ),
        (
            "static struct sock **h(struct sock **p) { return p; }\nint f(struct pt_regs *ctx, struct sock *sk) { struct sock **a, **b = h(&sk); a = h(&sk); return (*a)->sk_mark + (*b)->sk_mark; }",
            "BCC_READ_ANY(*a, sk_mark) + BCC_READ_ANY(*b, sk_mark)",
        ),
        (
            "static int h(struct sock ***p) { return ((struct sock *)(**p))->sk_mark; }\nint f(struct pt_regs *ctx, struct sock *sk) { struct sock *a, **b = &a; *b = sk; return h(&b); }",
            "sk_mark)",
        ),
        (
            "static struct tcphdr *h(struct sk_buff *skb) { return (struct tcphdr *)(skb->head + skb->transport_header); }\nint f(struct pt_regs *ctx, struct sk_buff *skb) { struct tcphdr *th = h(skb); return th->seq + h(skb)->ack_seq; }",
            "return BCC_READ_ANY(th, seq) + BCC_READ_ANY(h(skb), ack_seq);",
        ),
        (
            "static u64 none() { return 0; }\nstatic u8 *h(struct sk_buff *skb) { if (skb) return skb->head + skb->len; return (u8 *)none(); }\nint f(struct pt_regs *ctx, struct sk_buff *skb) { u32 *seq = (u32 *)h(skb) + 1; return *seq; }",
            "return BCC_DEREF_ANY(seq);",
        ),
        (
            "static int h(__be16 *p) { return *p; }\nint f(struct pt_regs *ctx, struct sock *sk) { return h(&sk->__sk_common.skc_dport); }",
            "return h(&sk->__sk_common.skc_dport);",
        ),
        (
            "static void h(struct task_struct **p, struct task_struct *t) { *p = t; }\nint f(struct pt_regs *ctx, struct task_struct *t) { struct task_struct *u; h(&u, t); return u->pid; }",
            "return BCC_READ_ANY(u, pid);",
        ),
        // A prototype may be all that says `static`.
        (
            "static int h(struct sock *sk);\nint h(struct sock *sk) { return sk->sk_mark; }\nint f(struct pt_regs *ctx, struct sock *sk) { return h(sk); }",
            "\n__always_inline int h(struct sock *sk) { return BCC_READ_ANY(sk, sk_mark); }",
        ),
        // A helper that is only given the program's own memory follows it as written.
        (
            "struct s { u32 n; };\nstatic u32 h(struct s *p) { return p->n; }\nint f(struct pt_regs *ctx) { struct s v = {}; return h(&v); }",
            "return p->n;",
        ),
    ]);
}

#[test]
fn s5_pointers_are_followed_through_maps() {
    const MAP: &str = "BPF_HASH(socks, u32, struct sock *);\n";
    let rows = [
        (
            "int in(struct pt_regs *ctx, struct sock *sk) { u32 k = 1; socks.update(&k, &sk); return 0; }\nint out(struct pt_regs *ctx) { u32 k = 1; struct sock **p; p = socks.lookup(&k); if (p) { struct sock *s = *p; return s->sk_mark; } return 0; }",
            "struct sock *s = *p; return BCC_READ_ANY(s, sk_mark);",
        ),
        (
            "int out(struct pt_regs *ctx) { u32 k = 1; struct sock **p = socks.lookup(&k); if (p) { struct sock *s = *p; return s->sk_mark; } return 0; }\nint in(struct pt_regs *ctx, struct sock *sk) { u32 k = 1; struct sock **p = &sk; socks.update(&k, p); return 0; }",
            "struct sock *s = *p; return BCC_READ_ANY(s, sk_mark);",
        ),
        (
            "int out(struct pt_regs *ctx) { u32 k = 1; struct sock **p = socks.lookup(&k); return p ? (*p)->sk_mark : 0; }",
            "return p ? BCC_READ_ANY(*p, sk_mark) : 0;",
        ),
    ];
    for (text, expected) in rows {
        check(&[(&format!("{MAP}{text}"), expected)]);
    }
    check(&[(
        "struct v { struct file *fp; u64 n; };\nBPF_HASH(vals, u32, struct v);\nint f(struct pt_regs *ctx) { u32 k = 1; struct v *v = vals.lookup(&k); if (!v) return 0; v->n++; struct qstr q = v->fp->f_path.dentry->d_name; return q.len + v->n; }",
        "v->n++; struct qstr q = BCC_READ_ANY(BCC_READ_ANY(v->fp, f_path.dentry), d_name); return q.len + v->n;",
    )]);
}

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
            "bcc_increment(&counts, 1, 1);",
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
        found.contains("#define COUNT(k) bcc_increment(&counts, k, 1)\n"),
        "{found}"
    );
    assert!(
        found.contains("#define COUNT(k) bcc_atomic_increment(&counts, k, 1)\n"),
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

#[test]
fn s8_the_memory_follows_from_the_pointer() {
    check(&[
        (
            "TRACEPOINT_PROBE(syscalls, sys_enter_openat) { return *args->filename; }",
            "BCC_DEREF_USER(args->filename)",
        ),
        (
            "TRACEPOINT_PROBE(raw_syscalls, sys_enter) { char *p = (char *)args->args[1]; return *p; }",
            "return BCC_DEREF_USER(p);",
        ),
        (
            "TRACEPOINT_PROBE(raw_syscalls, sys_exit) { char *p = (char *)args->ret; return *p; }",
            "return BCC_DEREF_USER(p);",
        ),
        (
            "TRACEPOINT_PROBE(sched, x) { char *p = (char *)args->n; struct sock *s = (struct sock *)args->s; return *p + s->m; }",
            "return BCC_DEREF_ANY(p) + BCC_READ(s, m);",
        ),
        // A kernel function may be given text, numbers and structs of either memory.
        (
            "int kprobe__f(struct pt_regs *ctx, char *name, unsigned long at, struct sockaddr *a, struct file *f) { char *p = (char *)at; return *name + *p + a->sa_family + f->f_flags; }",
            "return BCC_DEREF_ANY(name) + BCC_DEREF_ANY(p) + BCC_READ_ANY(a, sa_family) + BCC_READ(f, f_flags);",
        ),
        (
            "int kprobe__f(struct pt_regs *ctx, const char __user *name) { return *name; }",
            "return BCC_DEREF_USER(name);",
        ),
        (
            "int kprobe__f(struct pt_regs *ctx, struct mm_struct *mm) { char *p = (char *)mm->arg_start; return *p; }",
            "return BCC_DEREF_ANY(p);",
        ),
        (
            "int kprobe__f(struct pt_regs *ctx, struct mm_struct *mm) { unsigned long a = mm->arg_start; return *(char *)a; }",
            "return BCC_DEREF_ANY((char *)a);",
        ),
        (
            "int kretprobe__f(struct pt_regs *ctx) { char *p = (char *)PT_REGS_RC(ctx); return *p; }",
            "return BCC_DEREF_ANY(p);",
        ),
        (
            "int syscall__execve(struct pt_regs *ctx, const char *name, const char *const *argv) { return *name + argv[0][1]; }",
            "return BCC_DEREF_USER(name) + BCC_DEREF_USER(&BCC_DEREF_USER(&argv[0])[1]);",
        ),
        // Saved registers are the process's.
        (
            "RAW_TRACEPOINT_PROBE(sys_enter) { struct pt_regs *r = (struct pt_regs *)ctx->args[0]; char *p = (char *)PT_REGS_PARM2(r); return *p; }",
            "char *p = (char *)PT_REGS_PARM2_CORE(r); return BCC_DEREF_ANY(p);",
        ),
        (
            "int f(struct pt_regs *ctx, struct task_struct *t) { char c; struct { char *p; } v; bpf_probe_read_user(&v, sizeof(v), (void *)t); return *v.p; }",
            "return BCC_DEREF_USER(v.p);",
        ),
        // Either of two memories: the address decides.
        (
            "int kprobe__f(struct pt_regs *ctx, char __user *a, struct file *f, int n) { char *p = a; if (n) p = (char *)f; return *p; }",
            "return BCC_DEREF_ANY(p);",
        ),
    ]);
}

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

/// Half a text, or a text that lacks a piece, is answered like any other.
#[test]
fn texts_that_break_off_do_no_harm() {
    let text = include_str!("cases/macro_reads.c");
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
