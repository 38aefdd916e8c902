=== X1 error: may be NULL
BPF_HASH(m, u32, u64);
int f(struct pt_regs *ctx) { u32 k = 1; u64 x, *v = m.lookup(&k); x = «*v»; return x; }
=== X1 error: may be NULL
struct s { u64 n; };
BPF_HASH(m, u32, struct s);
int f(struct pt_regs *ctx) { u32 k = 1; struct s *v = m.lookup(&k); if (k) { «v->n»++; } return 0; }
=== X1 pass
BPF_HASH(m, u32, u64);
int f(struct pt_regs *ctx) { u32 k = 1; u64 x, *v = m.lookup(&k); if (!v) return 0; x = *v; return x; }
=== X1 pass
BPF_HASH(m, u32, u64);
int f(struct pt_regs *ctx) { u32 k = 1; u64 *v = m.lookup(&k); return v != NULL && *v > 3 ? 1 : 0; }
=== X1 pass
BPF_HASH(m, u32, u64);
int f(struct pt_regs *ctx) { u32 k = 1; u64 *v; if ((v = m.lookup(&k)) == 0) goto out; (*v)++; out: return 0; }
=== X2 error: may be NULL
BPF_HASH(m, u32, u64);
int f(struct pt_regs *ctx) { u32 k = 1; u64 d, *tsp = m.lookup(&k); d = bpf_ktime_get_ns() - «*tsp»; if (!tsp) return 0; return d; }
=== X2 pass
BPF_HASH(m, u32, u64);
int f(struct pt_regs *ctx) { u32 k = 1; u64 d, *tsp = m.lookup(&k); if (!tsp) return 0; d = bpf_ktime_get_ns() - *tsp; return d; }
=== X3 error: can fail too
struct s { u64 n; };
BPF_HASH(m, u32, struct s);
int f(struct pt_regs *ctx) {
    u32 k = 1; struct s z = {}, *p = m.lookup(&k);
    if (!p) { m.update(&k, &z); p = m.lookup(&k); }
    «p->n»++;
    return 0;
}
=== X3 pass
struct s { u64 n; };
BPF_HASH(m, u32, struct s);
int f(struct pt_regs *ctx) {
    u32 k = 1; struct s z = {}, *p = m.lookup(&k);
    if (!p) { m.update(&k, &z); p = m.lookup(&k); if (!p) return 0; }
    p->n++;
    return 0;
}
=== X4 error: may be NULL
BPF_HASH(m, u32, u64);
int f(struct pt_regs *ctx) { u32 k = 1; u64 z = 0, *v = m.lookup_or_try_init(&k, &z); («*v»)++; return 0; }
=== X4 pass
BPF_HASH(m, u32, u64);
int f(struct pt_regs *ctx) { u32 k = 1; u64 z = 0, *v = m.lookup_or_init(&k, &z); (*v)++; return 0; }
=== X4 pass
BPF_HASH(m, u32, u64);
int f(struct pt_regs *ctx) { u32 k = 1; u64 z = 0, *v = m.lookup_or_try_init(&k, &z); if (v) (*v)++; return 0; }
=== X5 error: lookup_or_init
BPF_HASH(m, u32, u64);
static void g(void) { u32 k = 1; u64 z = 0, *v = m.«lookup_or_init»(&k, &z); (*v)++; }
int f(struct pt_regs *ctx) { g(); return 0; }
=== X5 pass
BPF_HASH(m, u32, u64);
static int g(void) { u32 k = 1; u64 z = 0, *v = m.lookup_or_init(&k, &z); (*v)++; return 0; }
int f(struct pt_regs *ctx) { g(); return 0; }
=== X6 error: without a test for NULL
BPF_HASH(m, u32, u64);
int f(struct pt_regs *ctx) { u32 k = 1; if («*m.lookup(&k)» == 0) return 1; return 0; }
=== X6 pass
BPF_HASH(m, u32, u64);
int f(struct pt_regs *ctx) { u32 k = 1; if (m.lookup(&k) == 0) return 1; return 0; }
=== X7 warning: deleted
struct s { u64 ts; };
BPF_HASH(m, u32, struct s);
int f(struct pt_regs *ctx) { u32 k = 1; u64 t; struct s *v = m.lookup(&k); if (!v) return 0; m.delete(&k); t = «v->ts»; return t; }
=== X7 pass
struct s { u64 ts; };
BPF_HASH(m, u32, struct s);
int f(struct pt_regs *ctx) { u32 k = 1; u64 t; struct s *v = m.lookup(&k); if (!v) return 0; t = v->ts; m.delete(&k); return t; }
=== X8 pass
BPF_HASH(kept, u32, struct sock *);
int f(struct pt_regs *ctx, struct sock *sk) { u32 k = 1; kept.update(&k, &sk); return 0; }
