#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include "bcc_prelude.h"

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

/* The value of `key`, made from `*init` if the key is missing; leaves the calling function with 0 if the map is full. */
#define bcc_lookup_or_init(map, key, init) ({ \
	typeof((map)->value) __bcc_found = bcc_lookup_or_try_init(map, key, init); \
	if (!__bcc_found) \
		return 0; \
	__bcc_found; \
})

/* Adds `n` to the value of key `k`, which starts at 0 if it is missing. */
#define bcc_increment(map, k, n) ({ \
	typeof(*(map)->key) __bcc_key = (k); \
	typeof(*(map)->value) __bcc_n = (n), *__bcc_leaf = bpf_map_lookup_elem(map, &__bcc_key); \
	if (__bcc_leaf) \
		*__bcc_leaf += __bcc_n; \
	else \
		bpf_map_update_elem(map, &__bcc_key, &__bcc_n, BPF_NOEXIST); \
	(void)0; \
})

#line 1 "conditionals.c"
#ifdef BY_NAME
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, struct name_t);
    __type(value, u64);
    __uint(max_entries, 10240);
} counts SEC(".maps");
#line 2

#else
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, u32);
    __type(value, u64);
    __uint(max_entries, 10240);
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
    bcc_lookup_or_init(&counts, &key, &zero);
#elif 0
    this is no C at all
#else
    bcc_increment(&counts, 
#ifdef TWICE
        key * 2
#else
        BCC_READ_ANY(file, f_mode)
#endif
    , 1);
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
