#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include "bcc_prelude.h"

#line 1 "own_headers.c"
/* #include <linux/sched.h> */
#include "shared.h"
# include "other/types.h"
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
} pairs SEC(".maps");
#line 4


#line 1 "<license>"
char LICENSE[] SEC("license") = "GPL";

/* needs: KernelNeeds {
    names: [
        "BPF_HASH",
        "BPF_MAP_TYPE_HASH",
        "u32",
        "u64",
    ],
    defined: [
        "pairs",
    ],
    locals: [],
    members: [],
    tracepoints: [],
    includes: [
        "linux/sched.h",
        "shared.h",
        "other/types.h",
    ],
} */
