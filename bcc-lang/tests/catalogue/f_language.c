=== X64 warning: only `p` ends this loop
struct node { struct node *next; };
int kprobe__f(struct pt_regs *ctx, struct node *p) { while («p») { p = p->next; } return 0; }
=== X64 pass
struct node { struct node *next; };
int kprobe__f(struct pt_regs *ctx, struct node *p) { for (int i = 0; i < 64 && p; i++) { p = p->next; } return 0; }
=== X65 warning: floating point
int f(struct pt_regs *ctx) { u64 a = bpf_ktime_get_ns(); a = a * «1.5»; return a; }
=== X65 warning: floating point
int f(struct pt_regs *ctx) { double a = 0; bpf_usdt_readarg(1, ctx, &a); return «a» > 2; }
=== X65 pass
struct ev { double unused; u64 a; };
BPF_PERF_OUTPUT(out);
int f(struct pt_regs *ctx) { struct ev e = {}; e.a = 15 / 10; out.perf_submit(ctx, &e, sizeof(e)); return 0; }
=== X66 warning: by zero
int f(struct pt_regs *ctx, u64 x) { return x / «0»; }
=== X66 pass
int f(struct pt_regs *ctx, u64 x) { return x / 10; }
=== X67 pass
static u64 count = 7;
int f(struct pt_regs *ctx) { return count++; }
=== X68 pass
int f(struct pt_regs *ctx) { char s[] = "abc"; bpf_trace_printk("%s", s); return 0; }
=== X69 pass
#define ADDR(sk) ((sk)->__sk_common.skc_daddr)
int kprobe__f(struct pt_regs *ctx, struct sock *sk) { u32 x = ADDR(sk); return x; }
=== X70 warning: has no bound
int f(struct pt_regs *ctx, u64 i) { char buf[16] = {}; buf[«i»] = 1; return buf[0]; }
=== X70 pass
int f(struct pt_regs *ctx, u64 i) { char buf[16] = {}; i &= 15; buf[i] = 1; return buf[0]; }
=== X71 error: may be NULL
struct ev { u64 x; };
BPF_RINGBUF_OUTPUT(rb, 8);
int f(struct pt_regs *ctx) { struct ev *e = rb.ringbuf_reserve(sizeof(*e)); «e->x» = 1; rb.ringbuf_submit(e, 0); return 0; }
=== X71 pass
struct ev { u64 x; };
BPF_RINGBUF_OUTPUT(rb, 8);
int f(struct pt_regs *ctx) { struct ev *e = rb.ringbuf_reserve(sizeof(*e)); if (!e) return 1; e->x = 1; rb.ringbuf_submit(e, 0); return 0; }
=== X72 error: neither submitted nor discarded
struct ev { u64 x; };
BPF_RINGBUF_OUTPUT(rb, 8);
int f(struct pt_regs *ctx, int x) { struct ev *e = rb.ringbuf_reserve(sizeof(*e)); if (!e) return 1; e->x = 1; if (x) «return 0;» rb.ringbuf_submit(e, 0); return 0; }
=== X72 pass
struct ev { u64 x; };
BPF_RINGBUF_OUTPUT(rb, 8);
int f(struct pt_regs *ctx, int x) { struct ev *e = rb.ringbuf_reserve(sizeof(*e)); if (!e) return 1; e->x = 1; if (x) { rb.ringbuf_discard(e, 0); return 0; } rb.ringbuf_submit(e, 0); return 0; }
=== X73 error: given back before
struct ev { u64 x; };
BPF_RINGBUF_OUTPUT(rb, 8);
int f(struct pt_regs *ctx, int x) { struct ev *e = rb.ringbuf_reserve(sizeof(*e)); if (!e) return 1; rb.ringbuf_submit(e, 0); «e->x» = 1; return 0; }
=== X73 pass
struct ev { u64 x; };
BPF_RINGBUF_OUTPUT(rb, 8);
int f(struct pt_regs *ctx, int x) { struct ev *e = rb.ringbuf_reserve(sizeof(*e)); if (!e) return 1; e->x = 1; rb.ringbuf_submit(e, 0); return 0; }
=== X74 error: carries `struct a` already
struct a { u64 x; };
struct b { u64 x, y; };
BPF_PERF_OUTPUT(ev);
int f(struct pt_regs *ctx) { struct a a = {}; struct b b = {}; ev.perf_submit(ctx, &a, sizeof(a)); ev.perf_submit(ctx, «&b», sizeof(b)); return 0; }
=== X74 pass
struct a { u64 x; };
BPF_PERF_OUTPUT(ev);
int f(struct pt_regs *ctx) { struct a a = {}, b = {}; ev.perf_submit(ctx, &a, sizeof(a)); ev.perf_submit(ctx, &b, sizeof(b)); return 0; }
=== X75 pass
struct ev { u32 self; u32 type; };
BPF_PERF_OUTPUT(out);
int f(struct pt_regs *ctx) { struct ev e = {}; out.perf_submit(ctx, &e, sizeof(e)); return 0; }
=== X76 pass
BPF_HASH(m, u32, u64);
int f(struct pt_regs *ctx) { u32 k = 1; u64 leaf = 0; m.lookup_or_init(&k, &leaf); return 0; }
=== X77 warning: `FILTER_PID`
int f(struct pt_regs *ctx) { u32 pid = bpf_get_current_pid_tgid() >> 32; «FILTER_PID» return pid; }
=== X77 pass
#define FILTER_PID if (pid != 7) return 0;
int f(struct pt_regs *ctx) { u32 pid = bpf_get_current_pid_tgid() >> 32; FILTER_PID return pid; }
=== X78 pass
#include <linux/sched.h>
int f(struct pt_regs *ctx) { return 0; }
