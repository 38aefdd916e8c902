=== X29 error: `ts` of `e`
struct ev { u32 pid; u64 ts; };
BPF_PERF_OUTPUT(out);
int f(struct pt_regs *ctx) { struct ev «e»; e.pid = 1; out.perf_submit(ctx, &e, sizeof(e)); return 0; }
=== X29 pass
struct ev { u32 pid; u64 ts; };
BPF_PERF_OUTPUT(out);
int f(struct pt_regs *ctx) { struct ev e = {}; e.pid = 1; out.perf_submit(ctx, &e, sizeof(e)); return 0; }
=== X30 warning: 4 bytes between the members
struct k { u32 a; u64 b; };
BPF_HASH(m, struct k);
int f(struct pt_regs *ctx) { struct k «key» = {1, bpf_ktime_get_ns()}; m.increment(key); return 0; }
=== X30 pass
struct k { u32 a; u32 pad; u64 b; };
BPF_HASH(m, struct k);
int f(struct pt_regs *ctx) { struct k key = {1, 0, bpf_ktime_get_ns()}; m.increment(key); return 0; }
=== X30 pass
struct k { u32 a; u64 b; };
BPF_HASH(m, struct k);
int f(struct pt_regs *ctx) { struct k key = {}; key.a = 1; key.b = 2; m.increment(key); return 0; }
=== X31 error: size of the pointer
struct ev { u32 pid; u64 ts; char comm[16]; };
BPF_HASH(m, u32, struct ev);
BPF_PERF_OUTPUT(out);
int f(struct pt_regs *ctx) { u32 k = 1; struct ev *p = m.lookup(&k); if (!p) return 0; out.perf_submit(ctx, p, sizeof«(p)»); return 0; }
=== X31 pass
struct ev { u32 pid; u64 ts; char comm[16]; };
BPF_HASH(m, u32, struct ev);
BPF_PERF_OUTPUT(out);
int f(struct pt_regs *ctx) { u32 k = 1; struct ev *p = m.lookup(&k); if (!p) return 0; out.perf_submit(ctx, p, sizeof(*p)); return 0; }
=== X32 error: the size given is 40
struct ev { u64 a, b, c; };
struct other { u64 a, b, c, d, e; };
BPF_PERF_OUTPUT(out);
int f(struct pt_regs *ctx) { struct ev e = {}; struct other o = {}; out.perf_submit(ctx, &e, sizeof«(o)»); return 0; }
=== X32 pass
struct ev { u64 a, b, c; };
BPF_PERF_OUTPUT(out);
int f(struct pt_regs *ctx) { struct ev e = {}; out.perf_submit(ctx, &e, sizeof(struct ev)); return 0; }
=== X33 error: do not fit
int f(struct pt_regs *ctx, void *p) { char n[16]; bpf_probe_read_str(n, «64», p); return 0; }
=== X33 pass
int f(struct pt_regs *ctx, void *p) { char n[64]; bpf_probe_read_str(n, 64, p); return 0; }
=== X34 error: upper bound
int f(struct pt_regs *ctx, void *p, u64 len) { char buf[64]; bpf_probe_read(buf, «len», p); return 0; }
=== X34 pass
int f(struct pt_regs *ctx, void *p, u64 len) { char buf[64]; if (len > sizeof(buf)) len = sizeof(buf); bpf_probe_read(buf, len, p); return 0; }
=== X34 pass
int f(struct pt_regs *ctx, void *p, u64 len) { char buf[64]; bpf_probe_read(buf, len & 63, p); return 0; }
=== X35 error: negative
int f(struct pt_regs *ctx, void *p, int n) { char buf[64]; if (n > 64) return 0; bpf_probe_read(buf, «n», p); return 0; }
=== X35 pass
int f(struct pt_regs *ctx, void *p, int n) { char buf[64]; if (n < 0 || n > 64) return 0; bpf_probe_read(buf, n, p); return 0; }
=== X36 error: there are 512
struct big { char bytes[384]; };
BPF_PERF_OUTPUT(out);
int f(struct pt_regs *ctx) { struct big «b» = {}; char path[256] = {}; out.perf_submit(ctx, &b, sizeof(b)); bpf_probe_read_kernel(path, sizeof(path), ctx); bpf_trace_printk("%s", path); return 0; }
=== X36 pass
struct big { char bytes[384]; };
BPF_PERF_OUTPUT(out);
int f(struct pt_regs *ctx) { struct big b = {}; out.perf_submit(ctx, &b, sizeof(b)); return 0; }
=== X37 warning: only 4
struct ev { u32 pid; char comm[16]; };
BPF_PERF_OUTPUT(out);
int f(struct pt_regs *ctx) { struct ev e = {}; bpf_get_current_comm(e.comm, «sizeof(e.pid)»); out.perf_submit(ctx, &e, sizeof(e)); return 0; }
=== X37 pass
struct ev { u32 pid; char comm[16]; };
BPF_PERF_OUTPUT(out);
int f(struct pt_regs *ctx) { struct ev e = {}; bpf_get_current_comm(&e.comm, sizeof(e.comm)); out.perf_submit(ctx, &e, sizeof(e)); return 0; }
=== X38 warning: address
struct ev { u32 pid; char *«name»; };
BPF_PERF_OUTPUT(out);
int f(struct pt_regs *ctx) { struct ev e = {}; out.perf_submit(ctx, &e, sizeof(e)); return 0; }
=== X38 pass
struct ev { u32 pid; void *where; char name[16]; };
BPF_PERF_OUTPUT(out);
int f(struct pt_regs *ctx) { struct ev e = {}; out.perf_submit(ctx, &e, sizeof(e)); return 0; }
