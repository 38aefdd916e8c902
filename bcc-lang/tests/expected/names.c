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

/* A call for the key `k`, by way of a copy, since it may be any expression. */
#define bcc_with_key(call, map, k, n) ({ \
	typeof(*(map)->key) __bcc_key = (k); \
	call(map, &__bcc_key, n); \
})

/* Adds `n` to the value of key `*k`, which starts at 0 if it is missing. Gives 0 or what kept it from being counted. */
#define bcc_increment_at(map, k, n) ({ \
	typeof(*(map)->value) __bcc_n = (n), *__bcc_leaf = bpf_map_lookup_elem(map, k); \
	long __bcc_error = 0; \
	if (__bcc_leaf) \
		*__bcc_leaf += __bcc_n; \
	else \
		__bcc_error = bpf_map_update_elem(map, k, &__bcc_n, BPF_NOEXIST); \
	__bcc_error; \
})
#define bcc_increment(map, k, n) bcc_with_key(bcc_increment_at, map, k, n)

#line 1 "names.c"
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
    __uint(type, BPF_MAP_TYPE_HASH);
#line 2
    __type(key, u32);
#line 2
    __type(value, u64);
#line 2
    __uint(max_entries, 10240);
#line 2
} lookup SEC(".maps");
#line 2

static __always_inline int get(u32 **out, u32 *in) { *out = in; return 0; }
SEC("kprobe")
#line 4
int f(struct pt_regs *ctx) {
    u32 key = 1, *p;
    { struct { int (*lookup)(int); int increment; } counts = {}; counts.increment = 2; key += counts.increment; }
    u64 *delete = bpf_map_lookup_elem(&lookup,  & key ) ;
    BCC_COUNT_NONZERO(0, bcc_increment(&counts, 

            key /* the key */,
            // how many
            2
        ));
    get(&p, &key);
    for (u64 *v = bpf_map_lookup_elem(&counts, &key), *w = NULL; v && !w; w = v) { *v += *p; }
    return delete ? *delete : ({ u64 *x = bpf_map_lookup_elem(&counts, &key); x ? (int)*x : 0; });
}

#line 1 "<license>"
char LICENSE[] SEC("license") = "GPL";

/* needs: KernelNeeds {
    names: [
        "BPF_HASH",
        "BPF_MAP_TYPE_HASH",
        "BPF_NOEXIST",
        "NULL",
        "increment",
        "pt_regs",
        "u32",
        "u64",
    ],
    defined: [
        "counts",
        "f",
        "get",
        "lookup",
    ],
    locals: [
        "counts",
        "ctx",
        "delete",
        "in",
        "increment",
        "key",
        "lookup",
        "out",
        "p",
        "v",
        "w",
        "x",
    ],
    members: [
        "increment",
        "lookup",
    ],
    tracepoints: [],
    includes: [],
} */
