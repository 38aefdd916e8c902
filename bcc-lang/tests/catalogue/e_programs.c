=== X51 error: first parameter
int kprobe__f(«struct sock *sk») { return 0; }
=== X51 pass
int kprobe__f(struct pt_regs *ctx, struct sock *sk) { return 0; }
=== X52 error: arrive in registers
int kprobe__f(struct pt_regs *ctx, int a, int b, int c, int d, int e, int g, «int h») { return 0; }
=== X52 error: needs a name
int kprobe__f(struct pt_regs *ctx, «int») { return 0; }
=== X52 pass
int kprobe__f(struct pt_regs *ctx, int a, int b, int c, int d, int e, int g) { return 0; }
=== X53 error: at return
int kretprobe__f(struct pt_regs *ctx, «int fd») { return 0; }
=== X53 error: not known at the entry
int kprobe__f(struct pt_regs *ctx) { return «PT_REGS_RC»(ctx); }
=== X53 pass
int kretprobe__f(struct pt_regs *ctx) { return PT_REGS_RC(ctx) ? 0 : 1; }
=== X55 error: there is no `ctx`
BPF_PERF_OUTPUT(out);
TRACEPOINT_PROBE(sched, sched_switch) { u64 x = 1; out.perf_submit(«ctx», &x, sizeof(x)); return 0; }
=== X55 pass
BPF_PERF_OUTPUT(out);
TRACEPOINT_PROBE(sched, sched_switch) { u64 x = 1; out.perf_submit(args, &x, sizeof(x)); return 0; }
=== X56 error: category
TRACEPOINT_PROBE«(sched_switch)» { return 0; }
=== X56 pass
TRACEPOINT_PROBE(sched, sched_switch) { return 0; }
=== X57 error: dynamic
TRACEPOINT_PROBE(sched, sched_process_exec) { char b[16]; bpf_probe_read_str(b, 16, «args->data_loc_filename»); return 0; }
=== X57 pass
TRACEPOINT_PROBE(sched, sched_process_exec) { char b[16]; TP_DATA_LOC_READ_STR(b, filename, 16); return 0; }
=== X57 pass
TRACEPOINT_PROBE(sched, sched_process_exec) { u32 where = args->data_loc_filename & 0xffff; return where ? 0 : 1; }
=== X58 error: numbered from 1
int f(struct pt_regs *ctx) { u64 x = 0; bpf_usdt_readarg(«0», ctx, &x); return 0; }
=== X58 pass
int f(struct pt_regs *ctx) { u64 x = 0; bpf_usdt_readarg(1, ctx, &x); return 0; }
=== X59 error: reads memory of the process
// semantics: strict
int syscall__open(struct pt_regs *ctx, const char *fn) { return «*fn»; }
=== X59 pass
int syscall__open(struct pt_regs *ctx, const char __user *fn) { char c[8]; bpf_probe_read_user_str(c, sizeof(c), fn); return 0; }
=== X60 error: read-only
int kprobe__f(struct pt_regs *ctx, struct sock *sk) { «sk->sk_mark» = 1; return 0; }
=== X60 error: read-only
int kprobe__f(struct pt_regs *ctx, struct sock *sk) { «sk->sk_mark»++; return 0; }
=== X60 pass
int kprobe__f(struct pt_regs *ctx, struct sock *sk) { u32 mark = sk->sk_mark; mark = 1; return mark; }
=== X61 warning: not every path
int kprobe__f(struct pt_regs *ctx, int x) { if (x) return 0; «}»
=== X61 pass
int kprobe__f(struct pt_regs *ctx, int x) { if (x) return 0; else return 1; }
=== X61 pass
void kprobe__f(struct pt_regs *ctx, int x) { if (x) return; }
=== X62 warning: thread
#define FILTER 12
int f(struct pt_regs *ctx) { u32 pid = bpf_get_current_pid_tgid(); if («pid» == FILTER) return 1; return 0; }
=== X62 pass
#define FILTER 12
int f(struct pt_regs *ctx) { u32 pid = bpf_get_current_pid_tgid() >> 32; if (pid == FILTER) return 1; return 0; }
=== X62 pass
#define FILTER 12
int f(struct pt_regs *ctx) { u32 tid = bpf_get_current_pid_tgid(); if (tid == FILTER) return 1; return 0; }
=== X63 warning: together
int f(struct pt_regs *ctx) { u64 u = bpf_get_current_uid_gid(); if («u» == 0) return 1; return 0; }
=== X63 pass
int f(struct pt_regs *ctx) { u32 u = bpf_get_current_uid_gid(); if (u == 0) return 1; return 0; }
