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

/* Adds `n` to the value of key `*k` if it is there. Gives 0, or -ENOENT if it is not. */
#define bcc_atomic_increment_existing_at(map, k, n) ({ \
	typeof(*(map)->value) *__bcc_leaf = bpf_map_lookup_elem(map, k); \
	long __bcc_error = -2; \
	if (__bcc_leaf) { \
		__sync_fetch_and_add(__bcc_leaf, (n)); \
		__bcc_error = 0; \
	} \
	__bcc_error; \
})
#define bcc_atomic_increment_existing(map, k, n) bcc_with_key(bcc_atomic_increment_existing_at, map, k, n)

/* The slot of `v` in a histogram of powers of two: 1 for 0 and 1, 2 for 2 and 3, 3 for 4 to 7. */
static __always_inline unsigned int bpf_log2l(unsigned long long v)
{
	unsigned long long result, shift;

	result = (v > 0xffffffff) << 5;
	v >>= result;
	shift = (v > 0xffff) << 4;
	v >>= shift;
	result |= shift;
	shift = (v > 0xff) << 3;
	v >>= shift;
	result |= shift;
	shift = (v > 0xf) << 2;
	v >>= shift;
	result |= shift;
	shift = (v > 0x3) << 1;
	v >>= shift;
	result |= shift;
	return (result | v >> 1) + 1;
}

/* The position of the highest bit of `v`, from 0; 0 for 0. */
static __always_inline unsigned int bpf_log2(unsigned int v)
{
	return bpf_log2l(v) - 1;
}

#line 1 "maps.c"
/* #include <uapi/linux/ptrace.h> */
#define SIZE 64
struct key_t { u32 pid; char name[8]; };
struct value_t { u64 count; u64 total; };

struct {
#line 6
    __uint(type, BPF_MAP_TYPE_HASH);
#line 6
    __type(key, u64);
#line 6
    __type(value, u64);
#line 6
    __uint(max_entries, 10240);
#line 6
} defaults SEC(".maps");
#line 6

struct {
#line 7
    __uint(type, BPF_MAP_TYPE_HASH);
#line 7
    __type(key, struct key_t);
#line 7
    __type(value, u64);
#line 7
    __uint(max_entries, 10240);
#line 7
} keyed SEC(".maps");
#line 7

struct {
#line 8
    __uint(type, BPF_MAP_TYPE_HASH);
#line 8
    __type(key, struct key_t);
#line 8
    __type(value, struct value_t);
#line 8
    __uint(max_entries, SIZE * 2);
#line 8
} full SEC(".maps");
#line 8

struct {
#line 9
    __uint(type, BPF_MAP_TYPE_ARRAY);
#line 9
    __type(key, int);
#line 9
    __type(value, struct value_t);
#line 9
    __uint(max_entries, SIZE);
#line 9
} array SEC(".maps");
#line 9

struct {
#line 10
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
#line 10
    __type(key, int);
#line 10
    __type(value, u64);
#line 10
    __uint(max_entries, 10240);
#line 10
} percpu SEC(".maps");
#line 10

struct {
#line 11
    __uint(type, BPF_MAP_TYPE_ARRAY);
#line 11
    __type(key, int);
#line 11
    __type(value, u64);
#line 11
    __uint(max_entries, 64);
#line 11
} slots SEC(".maps");
#line 11

struct {
#line 12
    __uint(type, BPF_MAP_TYPE_HASH);
#line 12
    __type(key, struct key_t);
#line 12
    __type(value, u64);
#line 12
    __uint(max_entries, 128);
#line 12
} hashed SEC(".maps");
#line 13

struct {
#line 14
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
#line 14
    __type(key, u32);
#line 14
    __type(value, u64);
#line 14
    __uint(max_entries, 10);
#line 14
} lru SEC(".maps");
#line 14

struct {
#line 15
    __uint(type, BPF_MAP_TYPE_HASH);
#line 15
    __type(key, u32);
#line 15
    __type(value, u64);
#line 15
    __uint(max_entries, 10);
#line 15
    __uint(map_flags, BPF_F_NO_PREALLOC);
#line 15
} lazy SEC(".maps");
#line 15


SEC("kprobe")
#line 17
int count(struct pt_regs *ctx) {
    struct key_t key = {};
    struct value_t zero = {}, *value;
    u64 id = bpf_get_current_pid_tgid(), one = 1, *leaf;
    int at = 3;

    leaf = bpf_map_lookup_elem(&defaults, &id);
    if (((typeof(*defaults.value) *)bpf_map_lookup_elem(&defaults, &id)) == NULL && !leaf)
        BCC_COUNT_NEW(0, bpf_map_update_elem(&defaults, &id, &one, BPF_NOEXIST));
    (*bcc_or_return(BCC_COUNT_NULL(1, bcc_lookup_or_try_init(&defaults, &id, &one))))++;
    value = BCC_COUNT_NULL(2, bcc_lookup_or_try_init(&full, &key, &zero));
    if (value && ((typeof(*full.value) *)bpf_map_lookup_elem(&full, &key)))
        value->count += value->total;
    BCC_COUNT_NONZERO(3, bpf_map_update_elem(&full, &key, &zero, BPF_ANY)), bpf_map_delete_elem(&full, &key);
    BCC_COUNT_NONZERO(4, bcc_increment_at(&keyed, &key, 1));
    BCC_COUNT_NONZERO(5, bcc_atomic_increment(&keyed, key, 2));
    BCC_COUNT_NONZERO(6, bcc_increment_existing(&slots, bpf_log2l(id), 1));
    BCC_COUNT_NONZERO(7, bcc_atomic_increment_existing(&slots, bpf_log2(one), 1));
    BCC_COUNT_NONZERO(8, bcc_increment_existing(&percpu, at, id));
    BCC_COUNT_NONZERO(9, bcc_increment_at(&hashed, &key, 1));
    BCC_COUNT_NONZERO(10, bcc_increment_existing(&lru, id, 1));
    __auto_type found = ((typeof(*array.value) *)bpf_map_lookup_elem(&array, &at));
    return sizeof((*full.key)) + sizeof(typeof((*full.value))) + (found ? found->count : 0);
}

#line 1 "<layout>"
_Static_assert(sizeof(struct key_t) == 12, "size of struct key_t");
_Static_assert(__builtin_offsetof(struct key_t, pid) == 0, "offset of pid in struct key_t");
_Static_assert(__builtin_offsetof(struct key_t, name) == 4, "offset of name in struct key_t");
_Static_assert(sizeof(struct value_t) == 16, "size of struct value_t");
_Static_assert(__builtin_offsetof(struct value_t, count) == 0, "offset of count in struct value_t");
_Static_assert(__builtin_offsetof(struct value_t, total) == 8, "offset of total in struct value_t");

#line 1 "<license>"
char LICENSE[] SEC("license") = "GPL";

/* needs: KernelNeeds {
    names: [
        "BPF_ANY",
        "BPF_ARRAY",
        "BPF_F_NO_PREALLOC",
        "BPF_F_TABLE",
        "BPF_HASH",
        "BPF_HISTOGRAM",
        "BPF_MAP_TYPE_ARRAY",
        "BPF_MAP_TYPE_HASH",
        "BPF_MAP_TYPE_LRU_HASH",
        "BPF_MAP_TYPE_PERCPU_ARRAY",
        "BPF_NOEXIST",
        "BPF_PERCPU_ARRAY",
        "BPF_TABLE",
        "NULL",
        "bpf_get_current_pid_tgid",
        "int",
        "name",
        "pid",
        "pt_regs",
        "total",
        "u32",
        "u64",
    ],
    defined: [
        "SIZE",
        "array",
        "count",
        "defaults",
        "full",
        "hashed",
        "key_t",
        "keyed",
        "lazy",
        "lru",
        "percpu",
        "slots",
        "value_t",
    ],
    locals: [
        "at",
        "count",
        "ctx",
        "found",
        "id",
        "key",
        "leaf",
        "name",
        "one",
        "pid",
        "total",
        "value",
        "zero",
    ],
    members: [
        "atomic_increment",
        "count",
        "delete",
        "increment",
        "insert",
        "key",
        "leaf",
        "lookup",
        "lookup_or_init",
        "lookup_or_try_init",
        "total",
        "update",
    ],
    tracepoints: [],
    includes: [
        "uapi/linux/ptrace.h",
    ],
} */
