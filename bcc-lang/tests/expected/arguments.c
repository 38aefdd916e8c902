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

/* Whether `x` names an array: only then does its type change where a value is needed. */
#define bcc_is_array(x) (!__builtin_types_compatible_p(typeof(x), typeof((0, (x)))))
/* Copies what `place` names with the helper `read`; a failed read gives zeros. An array stays an address. */
#define bcc_read(read, place) __builtin_choose_expr(bcc_is_array(place), place, ({ \
	typeof((0, (place))) __bcc_value; \
	read(&__bcc_value, sizeof(__bcc_value), &(place)); \
	__bcc_value; \
}))

/* `*p` in memory of the current process. */
#define BCC_DEREF_USER(p) ({ __auto_type __bcc_p = (p); bcc_read(bpf_probe_read_user, *__bcc_p); })

/* `p->m` in memory that the address itself tells kernel or user. */
#define BCC_READ_ANY(p, m) ({ __auto_type __bcc_p = (p); bcc_read(bpf_probe_read, __bcc_p->m); })

/* `*p` in memory that the address itself tells kernel or user. */
#define BCC_DEREF_ANY(p) ({ __auto_type __bcc_p = (p); bcc_read(bpf_probe_read, *__bcc_p); })

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

/* Adds `n` to the value of key `*k` if it is there. Gives 0, or -ENOENT if it is not. */
#define bcc_increment_existing_at(map, k, n) ({ \
	typeof(*(map)->value) *__bcc_leaf = bpf_map_lookup_elem(map, k); \
	long __bcc_error = -2; \
	if (__bcc_leaf) { \
		*__bcc_leaf += (n); \
		__bcc_error = 0; \
	} \
	__bcc_error; \
})
#define bcc_increment_existing(map, k, n) bcc_with_key(bcc_increment_existing_at, map, k, n)

#line 1 "arguments.c"
enum kind { A, B };
typedef u64 (*cb_t)(int);
typedef struct { u32 a; } pair_t;

struct key_s { u64 a; enum kind k; };
#define N 16
enum { M = 4 };
struct {
#line 8
    __uint(type, BPF_MAP_TYPE_HASH);
#line 8
    __type(key, enum kind);
#line 8
    __type(value, pair_t);
#line 8
    __uint(max_entries, M);
#line 8
} by_enum SEC(".maps");
#line 8

struct {
#line 9
    __uint(type, BPF_MAP_TYPE_HASH);
#line 9
    __type(key, struct key_s);
#line 9
    __type(value, unsigned __int128);
#line 9
    __uint(max_entries, N * sizeof(u64));
#line 9
} by_key SEC(".maps");
#line 9

struct {
#line 10
    __uint(type, BPF_MAP_TYPE_HASH);
#line 10
    __type(key, struct request *);
#line 10
    __type(value, u64);
#line 10
    __uint(max_entries, 10240);
#line 10
} by_ptr SEC(".maps");
#line 10

struct {
#line 11
    __uint(type, BPF_MAP_TYPE_HASH);
#line 11
    __type(key, char[16]);
#line 11
    __type(value, u64);
#line 11
    __uint(max_entries, 10240);
#line 11
} by_arr SEC(".maps");
#line 11

struct {
#line 12
    __uint(type, BPF_MAP_TYPE_ARRAY);
#line 12
    __type(key, int);
#line 12
    __type(value, unsigned long);
#line 12
    __uint(max_entries, N);
#line 12
} flags SEC(".maps");
#line 12

SEC("kprobe")
#line 13
int probe(struct pt_regs *ctx) {
    enum kind kind = PT_REGS_PARM1(ctx);
    cb_t cb = PT_REGS_PARM2(ctx);
    const char __user *path = (void *)PT_REGS_PARM3(ctx);
    unsigned long addr = PT_REGS_PARM4(ctx);
    char (*name) = (void *)PT_REGS_PARM5(ctx);
    size_t n = PT_REGS_PARM6(ctx);
#line 13

    pair_t p = { 1 }; struct key_s key = { .a = addr, .k = kind };
    unsigned __int128 big = n;
    struct request *rq = (struct request *)addr;
    char text[16];
    BCC_COUNT_NONZERO(0, bpf_map_update_elem(&by_enum, &kind, &p, BPF_ANY));
    BCC_COUNT_NONZERO(1, bpf_map_update_elem(&by_key, &key, &big, BPF_ANY));
    BCC_COUNT_NONZERO(2, bcc_increment(&by_ptr, rq, 1));
    bpf_get_current_comm(&text, sizeof(text));
    u64 one = 1; BCC_COUNT_NONZERO(3, bpf_map_update_elem(&by_arr, &text, &one, BPF_ANY));
    BCC_COUNT_NONZERO(4, bpf_map_update_elem(&by_arr, (void *)text, &one, BPF_ANY));
    bpf_printk("%s %d\n", name, BCC_READ_ANY(rq, __data_len));
    BCC_COUNT_NONZERO(5, bcc_increment_existing(&flags, 3, 1));
    switch (kind) { case A: goto out; case B ... 3: return BCC_DEREF_USER(&path[1]); default: break; }
    if (cb) return BCC_DEREF_ANY(&name[2]);
out:
    return 0;
}

#line 1 "<layout>"
_Static_assert(sizeof(pair_t) == 4, "size of pair_t");
_Static_assert(__builtin_offsetof(pair_t, a) == 0, "offset of a in pair_t");
_Static_assert(sizeof(struct key_s) == 16, "size of struct key_s");
_Static_assert(__builtin_offsetof(struct key_s, a) == 0, "offset of a in struct key_s");
_Static_assert(__builtin_offsetof(struct key_s, k) == 8, "offset of k in struct key_s");

#line 1 "<license>"
char LICENSE[] SEC("license") = "GPL";

/* needs: KernelNeeds {
    names: [
        "BPF_ANY",
        "BPF_ARRAY",
        "BPF_HASH",
        "BPF_MAP_TYPE_ARRAY",
        "BPF_MAP_TYPE_HASH",
        "BPF_NOEXIST",
        "__user",
        "a",
        "bpf_get_current_comm",
        "bpf_trace_printk",
        "int",
        "k",
        "out",
        "pt_regs",
        "request",
        "size_t",
        "u32",
        "u64",
    ],
    defined: [
        "A",
        "B",
        "M",
        "N",
        "by_arr",
        "by_enum",
        "by_key",
        "by_ptr",
        "cb_t",
        "flags",
        "key_s",
        "kind",
        "pair_t",
        "probe",
    ],
    locals: [
        "a",
        "addr",
        "big",
        "cb",
        "ctx",
        "k",
        "key",
        "kind",
        "n",
        "name",
        "one",
        "p",
        "path",
        "rq",
        "text",
    ],
    members: [
        "__data_len",
        "a",
        "increment",
        "k",
        "update",
    ],
    tracepoints: [],
    includes: [],
} */
