//! Where pointers lead: outside the program or into it, and into which memory outside.

use super::{check, check_in_kprobe};

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
