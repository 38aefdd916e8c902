#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include "bcc_prelude.h"

/* With BCC_COUNT_READS, which is the number of lines and 1: how often reads have failed, by the line that they stand in. */
#ifdef BCC_COUNT_READS
unsigned long long __bcc_faults[BCC_COUNT_READS] __attribute__((section(".bss.bcc_faults"), aligned(8)));
static __always_inline long bcc_count_read(unsigned int level, unsigned int line, long status)
{
	if (__builtin_expect((int)status < 0, 0))
		__sync_fetch_and_add(&__bcc_faults[level || line >= BCC_COUNT_READS ? 0 : line], 1);
	return status;
}
#define bpf_probe_read(...) bcc_count_read(__INCLUDE_LEVEL__, __LINE__, bpf_probe_read(__VA_ARGS__))
#define bpf_probe_read_str(...) bcc_count_read(__INCLUDE_LEVEL__, __LINE__, bpf_probe_read_str(__VA_ARGS__))
#define bpf_probe_read_kernel(...) bcc_count_read(__INCLUDE_LEVEL__, __LINE__, bpf_probe_read_kernel(__VA_ARGS__))
#define bpf_probe_read_kernel_str(...) bcc_count_read(__INCLUDE_LEVEL__, __LINE__, bpf_probe_read_kernel_str(__VA_ARGS__))
#define bpf_probe_read_user(...) bcc_count_read(__INCLUDE_LEVEL__, __LINE__, bpf_probe_read_user(__VA_ARGS__))
#define bpf_probe_read_user_str(...) bcc_count_read(__INCLUDE_LEVEL__, __LINE__, bpf_probe_read_user_str(__VA_ARGS__))
#endif

/* Whether `x` names an array: only then does its type change where a value is needed. */
#define bcc_is_array(x) (!__builtin_types_compatible_p(typeof(x), typeof((0, (x)))))
/* Copies what `place` names with the helper `read`; a failed read gives zeros. An array stays an address. */
#define bcc_read(read, place) __builtin_choose_expr(bcc_is_array(place), place, ({ \
	typeof((0, (place))) __bcc_value; \
	read(&__bcc_value, sizeof(__bcc_value), &(place)); \
	__bcc_value; \
}))

/* `p->m` of a struct of the kernel, in kernel memory. */
#define BCC_READ(p, m) ({ __auto_type __bcc_p = (p); bcc_read(bpf_probe_read_kernel, __bcc_p->m); })

/* `*p` in memory that the address itself tells kernel or user. */
#define BCC_DEREF_ANY(p) ({ __auto_type __bcc_p = (p); bcc_read(bpf_probe_read, *__bcc_p); })

#line 1 "probes.c"
#define BPF_LICENSE Dual MIT/GPL
const volatile int limit = 3;
static u64 calls;

SEC("tracepoint/sched/sched_process_exec")
#line 5
int tracepoint__sched__sched_process_exec(struct tracepoint__sched__sched_process_exec *args) { calls++; return args->pid > limit; }
SEC("raw_tp/sched_switch")
#line 6
int raw_tracepoint__sched_switch(struct bpf_raw_tracepoint_args *ctx) {
    struct task_struct *next = (struct task_struct *)ctx->args[2];
    return BCC_READ(next, pid);
}
SEC("tracepoint/block/block_rq_issue")
#line 10
int tracepoint__block__block_rq_issue(struct tracepoint__block__block_rq_issue *args) { return args->sector; }
SEC("tracepoint")
#line 11
int by_hand(struct tracepoint__sched__sched_wakeup *args) { return args->pid; }
SEC("perf_event")
#line 12
int sample(struct bpf_perf_event_data *ctx) { return ctx->addr; }
SEC("kprobe")
#line 13
int anything(void *ctx) { return 0; }
SEC("kprobe")
#line 14
int anything_with_args(void *ctx) {
    char *text = (void *)PT_REGS_PARM2((struct pt_regs *)ctx);
#line 14
 return BCC_DEREF_ANY(text); }
SEC("xdp") int own_section(struct xdp_md *ctx) { return XDP_PASS; }
SEC("kprobe")
#line 16
int nothing(struct pt_regs *ctx) {
    if (PT_REGS_RC(ctx))
        return 0;
    bpf_printk("%d\n", PT_REGS_PARM2(ctx));
    return 0;
#line 20
}

#line 1 "<license>"
char LICENSE[] SEC("license") = "Dual MIT/GPL";

/* needs: KernelNeeds {
    names: [
        "Dual",
        "GPL",
        "MIT",
        "RAW_TRACEPOINT_PROBE",
        "SEC",
        "TRACEPOINT_PROBE",
        "XDP_PASS",
        "bpf_perf_event_data",
        "bpf_raw_tracepoint_args",
        "bpf_trace_printk",
        "pt_regs",
        "sched",
        "sched_process_exec",
        "sched_switch",
        "task_struct",
        "u64",
        "xdp_md",
    ],
    defined: [
        "BPF_LICENSE",
        "anything",
        "anything_with_args",
        "by_hand",
        "calls",
        "limit",
        "nothing",
        "own_section",
        "raw_tracepoint__sched_switch",
        "sample",
        "tracepoint__block__block_rq_issue",
        "tracepoint__sched__sched_process_exec",
    ],
    locals: [
        "RAW_TRACEPOINT_PROBE(sched_switch)",
        "TRACEPOINT_PROBE(sched, sched_process_exec)",
        "args",
        "ctx",
        "next",
        "text",
        "unused",
    ],
    members: [
        "addr",
        "args",
        "pid",
        "sector",
    ],
    tracepoints: [
        (
            "block",
            "block_rq_issue",
        ),
        (
            "sched",
            "sched_process_exec",
        ),
        (
            "sched",
            "sched_wakeup",
        ),
    ],
    includes: [],
} */
