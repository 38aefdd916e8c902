#define BPF_LICENSE Dual MIT/GPL
const volatile int limit = 3;
static u64 calls;

TRACEPOINT_PROBE(sched, sched_process_exec) { calls++; return args->pid > limit; }
RAW_TRACEPOINT_PROBE(sched_switch) {
    struct task_struct *next = (struct task_struct *)ctx->args[2];
    return next->pid;
}
int tracepoint__block__block_rq_issue(struct tracepoint__block__block_rq_issue *args) { return args->sector; }
int by_hand(struct tracepoint__sched__sched_wakeup *args) { return args->pid; }
int sample(struct bpf_perf_event_data *ctx) { return ctx->addr; }
int anything(void *ctx) { return 0; }
int anything_with_args(void *ctx, int unused, char *text) { return *text; }
SEC("xdp") int own_section(struct xdp_md *ctx) { return XDP_PASS; }
void nothing(struct pt_regs *ctx) {
    if (PT_REGS_RC(ctx))
        return;
    bpf_trace_printk("%d\n", PT_REGS_PARM2(ctx));
}
