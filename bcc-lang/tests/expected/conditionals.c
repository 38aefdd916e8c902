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

/* The pointer that a call gives; with BCC_COUNT_FAILURES, NULL is counted as a failure. */
#ifdef BCC_COUNT_FAILURES
#define BCC_COUNT_NULL(site, ...) ({ \
	__auto_type __bcc_pointer = (__VA_ARGS__); \
	if (__builtin_expect(!__bcc_pointer, 0)) \
		bcc_failed(site, 0); \
	__bcc_pointer; \
})
#else
#define BCC_COUNT_NULL(site, ...) (__VA_ARGS__)
#endif

/* Whether `x` names an array: only then does its type change where a value is needed. */
#define bcc_is_array(x) (!__builtin_types_compatible_p(typeof(x), typeof((0, (x)))))
/* Copies what `place` names with the helper `read`; a failed read gives zeros. An array stays an address. */
#define bcc_read(read, place) __builtin_choose_expr(bcc_is_array(place), place, ({ \
	typeof((0, (place))) __bcc_value; \
	read(&__bcc_value, sizeof(__bcc_value), &(place)); \
	__bcc_value; \
}))

/* `p->m` in memory that the address itself tells kernel or user. */
#define BCC_READ_ANY(p, m) ({ __auto_type __bcc_p = (p); bcc_read(bpf_probe_read, __bcc_p->m); })

/* The value of `key`, made from `*init` if the key is missing; may still be NULL if the map is full. */
#define bcc_lookup_or_try_init(map, key, init) ({ \
	const void *__bcc_key = (key); \
	typeof((map)->value) __bcc_leaf = bpf_map_lookup_elem(map, __bcc_key); \
	if (!__bcc_leaf) { \
		bpf_map_update_elem(map, __bcc_key, init, BPF_NOEXIST); \
		__bcc_leaf = bpf_map_lookup_elem(map, __bcc_key); \
	} \
	__bcc_leaf; \
})

/* A value of a map, unless there is none: that leaves the calling function with 0. */
#define bcc_or_return(...) ({ \
	__auto_type __bcc_found = (__VA_ARGS__); \
	if (!__bcc_found) \
		return 0; \
	__bcc_found; \
})

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

#line 1 "conditionals.c"
#ifdef BY_NAME
struct {
#line 2
    __uint(type, BPF_MAP_TYPE_HASH);
#line 2
    __type(key, struct name_t);
#line 2
    __type(value, u64);
#line 2
    __uint(max_entries, 10240);
#line 2
} counts SEC(".maps");
#line 2

#else
struct {
#line 4
    __uint(type, BPF_MAP_TYPE_HASH);
#line 4
    __type(key, u32);
#line 4
    __type(value, u64);
#line 4
    __uint(max_entries, 10240);
#line 4
} counts SEC(".maps");
#line 4

#endif

#ifdef RETURN
SEC("kprobe")
#line 8
int probe(struct pt_regs *ctx) {
    struct file *file = (struct file *)PT_REGS_RC(ctx);
#else
SEC("kprobe")
#line 11
int BPF_KPROBE(probe, struct file *file) {
#endif
    u32 key = BCC_READ_ANY(file, f_flags);
#if defined(A) && !defined(B)
    u64 zero = 0;
    bcc_or_return(BCC_COUNT_NULL(0, bcc_lookup_or_try_init(&counts, &key, &zero)));
#elif 0
    this is no C at all
#else
    BCC_COUNT_NONZERO(1, bcc_increment(&counts, 
#ifdef TWICE
        key * 2
#else
        BCC_READ_ANY(file, f_mode)
#endif
    , 1));
#endif
    return 0;
}

#line 1 "<license>"
char LICENSE[] SEC("license") = "GPL";

/* needs: KernelNeeds {
    names: [
        "A",
        "B",
        "BPF_HASH",
        "BPF_KPROBE",
        "BPF_MAP_TYPE_HASH",
        "BPF_NOEXIST",
        "C",
        "all",
        "at",
        "defined",
        "file",
        "is",
        "name_t",
        "no",
        "pt_regs",
        "this",
        "u32",
        "u64",
    ],
    defined: [
        "counts",
        "probe",
    ],
    locals: [
        "ctx",
        "file",
        "key",
        "zero",
    ],
    members: [
        "f_flags",
        "f_mode",
        "increment",
        "lookup_or_init",
    ],
    tracepoints: [],
    includes: [],
} */
