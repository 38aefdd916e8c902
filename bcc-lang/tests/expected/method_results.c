#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include "bcc_prelude.h"

#line 1 "method_results.c"
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, u32);
    __type(value, u64);
    __uint(max_entries, 10240);
} counts SEC(".maps");
#line 1

struct {
    __uint(type, BPF_MAP_TYPE_QUEUE);
    __type(value, u64);
    __uint(max_entries, 4);
} queue SEC(".maps");
#line 2


SEC("kprobe")
#line 4
int used(struct pt_regs *ctx) {
    u32 key = 1;
    u64 value = 2;
    s64 result = (int)bpf_map_update_elem(&counts, &key, &value, BPF_NOEXIST);
    if ((int)bpf_map_delete_elem(&counts, &key) < 0 || !(int)bpf_map_pop_elem(&queue, &value))
        result += ({ bpf_map_delete_elem(&counts, &key); (int)bpf_map_update_elem(&counts, &key, &value, BPF_ANY); });
    result = (bpf_map_push_elem(&queue, &value, 0), (int)bpf_map_peek_elem(&queue, &value));
    return result + sizeof ((int)bpf_map_delete_elem(&counts, &key)) + sizeof(typeof(((int)bpf_map_delete_elem(&counts, &key))));
}

SEC("kprobe")
#line 14
int unused(struct pt_regs *ctx) {
    u32 key = 1;
    u64 value = 2;
    bpf_map_update_elem(&counts, &key, &value, BPF_ANY);
    bpf_map_delete_elem(&counts, &key), bpf_map_push_elem(&queue, &value, 0);
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
