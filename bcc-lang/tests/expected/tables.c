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

/* Adds `n` to the value of key `*k`, which starts at 0 if it is missing, so that no count is lost between CPUs. Gives 0 or what kept it from being counted. */
#define bcc_atomic_increment_at(map, k, n) ({ \
	typeof(*(map)->value) __bcc_n = (n), *__bcc_leaf = bpf_map_lookup_elem(map, k); \
	long __bcc_error = 0; \
	if (!__bcc_leaf) { \
		__bcc_error = bpf_map_update_elem(map, k, &__bcc_n, BPF_NOEXIST); \
		if (__bcc_error) \
			__bcc_leaf = bpf_map_lookup_elem(map, k); \
	} \
	if (__bcc_leaf) { \
		__sync_fetch_and_add(__bcc_leaf, __bcc_n); \
		__bcc_error = 0; \
	} \
	__bcc_error; \
})
#define bcc_atomic_increment(map, k, n) bcc_with_key(bcc_atomic_increment_at, map, k, n)

/* What maps of stacks hold. */
struct bpf_stacktrace { unsigned long long ip[127]; };
struct bpf_stacktrace_buildid {
	struct { int status; unsigned char build_id[20]; union { unsigned long long offset, ip; }; } trace[127];
};

#line 1 "tables.c"
#define PLACE "/sys/fs/bpf/demo"
struct stat_t { u64 count; u32 last; };

struct {
#line 4
    __uint(type, BPF_MAP_TYPE_HASH);
#line 4
    __type(key, u32);
#line 4
    __type(value, struct stat_t);
#line 4
    __uint(max_entries, 16);
#line 4
} by_pid SEC(".maps");
const char __bcc_pin_by_pid[] __attribute__((section("bcc_pins"), used)) = PLACE "/by_pid";
#line 4

struct {
#line 5
    __uint(type, BPF_MAP_TYPE_ARRAY);
#line 5
    __type(key, int);
#line 5
    __type(value, u64);
#line 5
    __uint(max_entries, 4);
#line 5
    __uint(map_flags, BPF_F_MMAPABLE);
#line 5
} totals SEC(".maps");
const char __bcc_pin_totals[] __attribute__((section("bcc_pins"), used)) = "/sys/fs/bpf/totals";
#line 5

struct {
#line 6
    __uint(type, BPF_MAP_TYPE_PERCPU_HASH);
#line 6
    __type(key, u32);
#line 6
    __type(value, u64);
#line 6
    __uint(max_entries, 16);
#line 6
} cpus SEC(".maps");
const char __bcc_pin_cpus[] __attribute__((section("bcc_pins"), used)) = "/sys/fs/bpf/cpus";
#line 6

struct {
#line 7
    __uint(type, BPF_MAP_TYPE_XSKMAP);
#line 7
    __type(key, int);
#line 7
    __type(value, int);
#line 7
    __uint(max_entries, 4);
#line 7
} sockets SEC(".maps");
const char __bcc_pin_sockets[] __attribute__((section("bcc_pins"), used)) = "/sys/fs/bpf/sockets";
#line 7

struct {
#line 8
    __uint(type, BPF_MAP_TYPE_STACK);
#line 8
    __type(value, u32);
#line 8
    __uint(max_entries, 4);
#line 8
    __uint(map_flags, 0);
#line 8
} recent SEC(".maps");
const char __bcc_pin_recent[] __attribute__((section("bcc_pins"), used)) = PLACE "/recent";
#line 8

struct {
#line 9
    __uint(type, BPF_MAP_TYPE_HASH);
#line 9
    __type(key, u32);
#line 9
    __type(value, u64);
#line 9
    __uint(max_entries, 8);
#line 9
} exported SEC(".maps");
#line 9

struct {
#line 10
    __uint(type, BPF_MAP_TYPE_HASH);
#line 10
    __type(key, u32);
#line 10
    __type(value, u64);
#line 10
    __uint(max_entries, 8);
#line 10
} shared SEC(".maps");
#line 10

struct {
#line 11
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
#line 11
    __type(key, u32);
#line 11
    __type(value, u64);
#line 11
    __uint(max_entries, 8);
#line 11
    __uint(map_flags, BPF_F_NO_COMMON_LRU);
#line 11
} shared_lru SEC(".maps");
#line 11

struct {
#line 12
    __uint(type, BPF_MAP_TYPE_QUEUE);
#line 12
    __type(value, struct stat_t);
#line 12
    __uint(max_entries, 8);
#line 12
    __uint(map_flags, 0);
#line 12
} waiting SEC(".maps");
#line 12

struct {
#line 13
    __uint(type, BPF_MAP_TYPE_QUEUE);
#line 13
    __type(value, u64);
#line 13
    __uint(max_entries, 8);
#line 13
    __uint(map_flags, 0);
#line 13
} offered SEC(".maps");
#line 13

struct {
#line 14
    __uint(type, BPF_MAP_TYPE_STACK);
#line 14
    __type(value, u64);
#line 14
    __uint(max_entries, 8);
#line 14
    __uint(map_flags, 0);
#line 14
} given SEC(".maps");
#line 14

struct {
#line 15
    __uint(type, BPF_MAP_TYPE_HASH);
#line 15
    __type(key, u32);
#line 15
    __type(value, u64);
#line 15
} theirs SEC(".maps");
#line 15

struct {
#line 16
    __uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
#line 16
    __type(key, u64);
#line 16
    __type(value, int);
#line 16
    __uint(max_entries, 4);
#line 16
    __array(values, struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __type(key, int);
        __type(value, struct stat_t);
        __uint(max_entries, 2);
    });
#line 16
} later SEC(".maps");
#line 16

struct {
#line 17
    __uint(type, BPF_MAP_TYPE_ARRAY);
#line 17
    __type(key, int);
#line 17
    __type(value, struct stat_t);
#line 17
    __uint(max_entries, 2);
#line 17
} shown_below SEC(".maps");
#line 17

struct {
#line 18
    __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
#line 18
    __type(key, int);
#line 18
    __type(value, int);
#line 18
    __uint(max_entries, 2);
#line 18
    __array(values, struct {
        __uint(type, BPF_MAP_TYPE_HASH);
        __type(key, u32);
        __type(value, u64);
        __uint(max_entries, 8);
    });
#line 18
} by_type SEC(".maps");
#line 18

struct {
#line 19
    __uint(type, BPF_MAP_TYPE_STACK_TRACE);
#line 19
    __type(key, int);
#line 19
    __type(value, struct bpf_stacktrace);
#line 19
    __uint(max_entries, 64);
#line 19
} traces SEC(".maps");
#line 19

struct {
#line 20
    __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
#line 20
    __type(key, int);
#line 20
    __type(value, u32);
#line 20
} events SEC(".maps");
#line 20


SEC("kprobe")
#line 22
int on_call(struct pt_regs *ctx) {
    u32 pid = bpf_get_current_pid_tgid() >> 32;
    u64 one = 1, *count;
    struct stat_t zero = {}, *stat = BCC_COUNT_NULL(0, bcc_lookup_or_try_init(&by_pid, &pid, &zero));
    if (stat)
        stat->count++;
    BCC_COUNT_NONZERO(1, bcc_increment_existing(&totals, 0, 1));
    BCC_COUNT_NONZERO(2, bpf_map_update_elem(&cpus, &pid, &one, BPF_ANY));
    BCC_COUNT_NONZERO(3, bpf_map_push_elem(&recent, &pid, BPF_EXIST));
    BCC_COUNT_NONZERO(4, bcc_increment(&exported, pid, 1));
    bpf_map_delete_elem(&shared_lru, &pid);
    bpf_map_peek_elem(&waiting, &zero);
    BCC_COUNT_NONZERO(5, bcc_increment(&theirs, pid, 1));
    BCC_COUNT_NONZERO(6, bcc_atomic_increment(&theirs, pid, 2));
    count = bpf_map_lookup_elem(&theirs, &pid);
    int *inner = bpf_map_lookup_elem(&later, &one);
    if (inner)
        bpf_map_lookup_elem(inner, &pid);
    return sizeof((*theirs.value)) + sizeof((*by_type.value)) + (count ? *count : 0);
}

#line 1 "<layout>"
_Static_assert(sizeof(struct stat_t) == 16, "size of struct stat_t");
_Static_assert(__builtin_offsetof(struct stat_t, count) == 0, "offset of count in struct stat_t");
_Static_assert(__builtin_offsetof(struct stat_t, last) == 8, "offset of last in struct stat_t");

#line 1 "<license>"
char LICENSE[] SEC("license") = "GPL";

/* needs: KernelNeeds {
    names: [
        "BPF_ANY",
        "BPF_ARRAY",
        "BPF_EXIST",
        "BPF_F_MMAPABLE",
        "BPF_F_NO_COMMON_LRU",
        "BPF_HASH_OF_MAPS",
        "BPF_MAP_TYPE_ARRAY",
        "BPF_MAP_TYPE_ARRAY_OF_MAPS",
        "BPF_MAP_TYPE_HASH",
        "BPF_MAP_TYPE_HASH_OF_MAPS",
        "BPF_MAP_TYPE_LRU_HASH",
        "BPF_MAP_TYPE_PERCPU_HASH",
        "BPF_MAP_TYPE_PERF_EVENT_ARRAY",
        "BPF_MAP_TYPE_QUEUE",
        "BPF_MAP_TYPE_STACK",
        "BPF_MAP_TYPE_STACK_TRACE",
        "BPF_MAP_TYPE_XSKMAP",
        "BPF_NOEXIST",
        "BPF_QUEUESTACK",
        "BPF_QUEUESTACK_PINNED",
        "BPF_QUEUESTACK_PUBLIC",
        "BPF_QUEUESTACK_SHARED",
        "BPF_TABLE",
        "BPF_TABLE_PINNED",
        "BPF_TABLE_PUBLIC",
        "BPF_TABLE_SHARED",
        "BPF_XSKMAP",
        "bpf_get_current_pid_tgid",
        "bpf_map_lookup_elem",
        "int",
        "last",
        "pt_regs",
        "u32",
        "u64",
    ],
    defined: [
        "PLACE",
        "by_pid",
        "by_type",
        "cpus",
        "events",
        "exported",
        "given",
        "later",
        "offered",
        "on_call",
        "recent",
        "shared",
        "shared_lru",
        "shown_below",
        "sockets",
        "stat_t",
        "theirs",
        "totals",
        "traces",
        "waiting",
    ],
    locals: [
        "count",
        "ctx",
        "inner",
        "last",
        "one",
        "pid",
        "stat",
        "zero",
    ],
    members: [
        "atomic_increment",
        "count",
        "delete",
        "increment",
        "leaf",
        "lookup",
        "lookup_or_try_init",
        "peek",
        "push",
        "update",
    ],
    tracepoints: [],
    includes: [],
} */
