#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include "bcc_prelude.h"

/* With BCC_COUNT_FAILURES, which is the number of places that are watched: how often each has failed, by CPU, so
 * that CPUs seldom meet, and by error number. 0 stands for failures without a number, 31 for all from 31 on. */
#ifdef BCC_COUNT_FAILURES
unsigned long long __bcc_failures[BCC_COUNT_FAILURES][8][32] __attribute__((section(".bss.bcc_fails"), aligned(64)));
static __always_inline void bcc_failed(unsigned int site, long error)
{
	unsigned long long number = (unsigned int)-(int)error;

	if (number > 31)
		number = 31;
	/* The verifier of Linux 6.1 loses the bound on the way to the index. */
	asm volatile("%0 &= 31" : "+r"(number));
	__sync_fetch_and_add(&__bcc_failures[site][bpf_get_smp_processor_id() & 7][number], 1);
}
#endif

/* The status that a call gives; with BCC_COUNT_FAILURES, it is counted as a failure unless it is 0. */
#ifdef BCC_COUNT_FAILURES
#define BCC_COUNT_NONZERO(site, ...) ({ \
	long __bcc_status = (__VA_ARGS__); \
	if (__builtin_expect(__bcc_status, 0)) \
		bcc_failed(site, __bcc_status); \
	__bcc_status; \
})
#else
#define BCC_COUNT_NONZERO(site, ...) (__VA_ARGS__)
#endif

/* The status that an insertion gives; with BCC_COUNT_FAILURES, it is counted as a failure unless it is 0 or says that the key is there. */
#ifdef BCC_COUNT_FAILURES
#define BCC_COUNT_NEW(site, ...) ({ \
	long __bcc_status = (__VA_ARGS__); \
	if (__builtin_expect(__bcc_status && (int)__bcc_status != -17, 0)) \
		bcc_failed(site, __bcc_status); \
	__bcc_status; \
})
#else
#define BCC_COUNT_NEW(site, ...) (__VA_ARGS__)
#endif

#line 1 "method_results.c"
struct {
#line 1
    __uint(type, BPF_MAP_TYPE_HASH);
#line 1
    __type(key, u32);
#line 1
    __type(value, u64);
#line 1
    __uint(max_entries, 10240);
#line 1
} counts SEC(".maps");
#line 1

struct {
#line 2
    __uint(type, BPF_MAP_TYPE_QUEUE);
#line 2
    __type(value, u64);
#line 2
    __uint(max_entries, 4);
#line 2
} queue SEC(".maps");
#line 2


SEC("kprobe")
#line 4
int used(struct pt_regs *ctx) {
    u32 key = 1;
    u64 value = 2;
    s64 result = (int)BCC_COUNT_NEW(0, bpf_map_update_elem(&counts, &key, &value, BPF_NOEXIST));
    if ((int)bpf_map_delete_elem(&counts, &key) < 0 || !(int)bpf_map_pop_elem(&queue, &value))
        result += ({ bpf_map_delete_elem(&counts, &key); (int)BCC_COUNT_NONZERO(1, bpf_map_update_elem(&counts, &key, &value, BPF_ANY)); });
    result = (BCC_COUNT_NONZERO(2, bpf_map_push_elem(&queue, &value, 0)), (int)bpf_map_peek_elem(&queue, &value));
    return result + sizeof ((int)bpf_map_delete_elem(&counts, &key)) + sizeof(typeof(((int)bpf_map_delete_elem(&counts, &key))));
}

SEC("kprobe")
#line 14
int unused(struct pt_regs *ctx) {
    u32 key = 1;
    u64 value = 2;
    BCC_COUNT_NONZERO(3, bpf_map_update_elem(&counts, &key, &value, BPF_ANY));
    bpf_map_delete_elem(&counts, &key), BCC_COUNT_NONZERO(4, bpf_map_push_elem(&queue, &value, 0));
    if (key)
        bpf_map_pop_elem(&queue, &value);
    return 0;
}

#line 1 "<license>"
char LICENSE[] SEC("license") = "GPL";

/* needs: KernelNeeds {
    names: [
        "BPF_ANY",
        "BPF_HASH",
        "BPF_MAP_TYPE_HASH",
        "BPF_MAP_TYPE_QUEUE",
        "BPF_NOEXIST",
        "BPF_QUEUE",
        "pt_regs",
        "s64",
        "u32",
        "u64",
    ],
    defined: [
        "counts",
        "queue",
        "unused",
        "used",
    ],
    locals: [
        "ctx",
        "key",
        "result",
        "value",
    ],
    members: [
        "delete",
        "insert",
        "peek",
        "pop",
        "push",
        "update",
    ],
    tracepoints: [],
    includes: [],
} */
