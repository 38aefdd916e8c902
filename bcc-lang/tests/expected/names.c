#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include "bcc_prelude.h"

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

#line 1 "names.c"
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, u32);
    __type(value, u64);
    __uint(max_entries, 10240);
} counts SEC(".maps");
#line 1

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, u32);
    __type(value, u64);
    __uint(max_entries, 10240);
} lookup SEC(".maps");
#line 2

static __always_inline int get(u32 **out, u32 *in) { *out = in; return 0; }
SEC("kprobe")
#line 4
int f(struct pt_regs *ctx) {
    u32 key = 1, *p;
    { struct { int (*lookup)(int); int increment; } counts = {}; counts.increment = 2; key += counts.increment; }
    u64 *delete = bpf_map_lookup_elem(&lookup,  & key ) ;
    bcc_increment(&counts, 

            key /* the key */,
            // how many
            2
        );
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
