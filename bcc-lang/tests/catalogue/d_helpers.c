=== X39 error: at most 3
int f(struct pt_regs *ctx) { int a = 1; bpf_trace_printk("%d %d %d %d", a, a, a, «a»); return 0; }
=== X39 pass
// min_kernel: 5.16
int f(struct pt_regs *ctx) { bpf_trace_printk("%d %d %d %d\n", 1, 2, 3, 4); return 0; }
=== X39 pass
int f(struct pt_regs *ctx) { int a = 1; bpf_trace_printk("%d %d %d", a, a, a); return 0; }
=== X40 error: not a conversion
int f(struct pt_regs *ctx) { int a = 1; bpf_trace_printk("«%f»", a); return 0; }
=== X40 pass
int f(struct pt_regs *ctx) { u64 a = 1; bpf_trace_printk("%llx 100%%", a); return 0; }
=== X41 error: asks for 2
int f(struct pt_regs *ctx) { int a = 1; «bpf_trace_printk»("%d %d\n", a); return 0; }
=== X41 error: number
int f(struct pt_regs *ctx) { int a = 1; bpf_trace_printk("%s\n", «a»); return 0; }
=== X41 pass
int f(struct pt_regs *ctx) { int a = 1; char c[4] = "abc"; bpf_trace_printk("%d %s\n", a, c); return 0; }
=== X42 error: takes no size
int f(struct pt_regs *ctx) { char fmt[] = "hi %d"; int x = 1; bpf_trace_printk("hi %d", «sizeof("hi %d")», x); return 0; }
=== X42 pass
int f(struct pt_regs *ctx) { int x = 1; bpf_trace_printk("hi %d", x); return 0; }
=== X43 error: literal
int f(struct pt_regs *ctx) { char s[] = "x"; bpf_trace_printk(«s»); return 0; }
=== X43 pass
#define FORMAT "x"
int f(struct pt_regs *ctx) { bpf_trace_printk(FORMAT); return 0; }
=== X44 error: GPL
#define BPF_LICENSE Proprietary
int kprobe__f(struct pt_regs *ctx, struct sock *sk) { u16 family = «sk->__sk_common.skc_family»; return family; }
=== X44 error: GPL
#define BPF_LICENSE Proprietary
int f(struct pt_regs *ctx, void *p) { u32 x = 0; «bpf_probe_read_kernel»(&x, sizeof(x), p); return x; }
=== X44 pass
#define BPF_LICENSE Dual BSD/GPL
int f(struct pt_regs *ctx, void *p) { u32 x = 0; bpf_probe_read_kernel(&x, sizeof(x), p); return x; }
=== X45 error: quotes
#define BPF_LICENSE «"GPL"»
int f(struct pt_regs *ctx) { return 0; }
=== X45 pass
#define BPF_LICENSE GPL v2
int f(struct pt_regs *ctx) { return 0; }
=== X46 error: entry of a kernel function
TRACEPOINT_PROBE(sched, sched_switch) { «bpf_override_return»((struct pt_regs *)args, 1); return 0; }
=== X46 pass
int f(struct xdp_md *ctx) { return bpf_ktime_get_ns() ? XDP_PASS : XDP_DROP; }
=== X47 error: Linux 5.8
// min_kernel: 5.4
«BPF_RINGBUF_OUTPUT»(rb, 8);
int f(struct pt_regs *ctx) { u64 *e = rb.ringbuf_reserve(8); if (!e) return 0; *e = 1; rb.ringbuf_submit(e, 0); return 0; }
=== X47 error: needs Linux 5.17, and the program says that it runs from 5.8 on
// min_kernel: 5.8
int f(struct pt_regs *ctx) { return «bpf_loop»(1, 0, 0, 0); }
=== X47 error: the helper `bpf_perf_event_read_value`, which needs Linux 4.15
// min_kernel: 4.14
BPF_PERF_ARRAY(cycles, 64);
int f(struct pt_regs *ctx) { struct bpf_perf_event_value v = {}; return cycles.«perf_counter_value»(0, &v, sizeof(v)); }
=== X47 pass
// min_kernel: 5.8
int f(struct pt_regs *ctx) { return bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_loop) ? bpf_loop(1, 0, 0, 0) : 0; }
=== X47 pass
// min_kernel: 5.8
BPF_RINGBUF_OUTPUT(rb, 8);
int f(struct pt_regs *ctx) { u64 *e = rb.ringbuf_reserve(8); if (!e) return 0; *e = 1; rb.ringbuf_submit(e, 0); return 0; }
=== X48 error: only BPF helpers
int f(struct pt_regs *ctx) { char a[4] = "a", b[4] = "b"; if («strcmp»(a, b)) return 1; return 0; }
=== X48 pass
int f(struct pt_regs *ctx) { char a[4] = "a", b[4]; __builtin_memcpy(b, a, 4); return b[0]; }
=== X49 error: program of its own
int helper(struct pt_regs *ctx) { return 1; }
int f(struct pt_regs *ctx) { return «helper»(ctx); }
=== X49 warning: calls itself
static int helper(int n) { return n ? «helper»(n - 1) : 0; }
int f(struct pt_regs *ctx) { return helper(3); }
=== X49 pass
static int helper(int n) { return n; }
int f(struct pt_regs *ctx) { return helper(3); }
=== X50 warning: negative
BPF_STACK_TRACE(st, 1024);
BPF_HASH(m, u32);
int f(struct pt_regs *ctx) { u32 id = st.get_stackid(ctx, 0); m.increment(«id»); return 0; }
=== X50 pass
BPF_STACK_TRACE(st, 1024);
BPF_HASH(m, u32);
int f(struct pt_regs *ctx) { int id = st.get_stackid(ctx, 0); if (id < 0) return 0; m.increment(id); return 0; }
=== X50 pass
BPF_STACK_TRACE(st, 1024);
BPF_HASH(m, int);
int f(struct pt_regs *ctx) { int id = st.get_stackid(ctx, 0); m.increment(id); return 0; }
