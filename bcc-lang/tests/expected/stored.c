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

/* `p->m` of a struct of the kernel, in kernel memory. */
#define BCC_READ(p, m) ({ __auto_type __bcc_p = (p); bcc_read(bpf_probe_read_kernel, __bcc_p->m); })

/* `p->m` of a struct that may be the program's own, in kernel memory. */
#define BCC_PROBE_READ(p, m) ({ __auto_type __bcc_p = (p); bcc_read(bpf_probe_read_kernel, __bcc_p->m); })

#line 1 "stored.c"
struct ev { u64 ts; union { u32 a; u8 b[4]; }; struct { u16 x, y; } pos[2]; char s[]; };
struct e2 { struct task_struct *t; struct file *fs[2]; };
struct {
    __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
    __type(key, int);
    __type(value, u32);
} events SEC(".maps");
#line 3

static __always_inline void fill(struct e2 *e, struct task_struct *t) { e->t = t; }
static __always_inline int chain(struct e2 e) { return BCC_READ(e.t, pid); }
SEC("kprobe")
#line 6
int f(struct pt_regs *ctx) {
    struct e2 e = {}, copy;
    fill(&e, (struct task_struct *)bpf_get_current_task());
    copy = e;
    __builtin_memcpy(&copy, &e, sizeof(e));
    struct task_struct *arr[2] = { e.t, copy.t };
    static const char fmt[] = "x";
    u32 pid = BCC_READ(arr[1], pid) + BCC_READ(e.t, tgid) + BCC_READ(BCC_READ(copy.t, real_parent), pid) + chain(e);
    u64 words[2] = { [1] = BCC_READ(arr[0], start_time), };
    struct path p = BCC_READ(BCC_READ(arr[0], fs), pwd);
    asm volatile("" ::: "memory");
    if (BCC_PROBE_READ(p.dentry, d_name.len) > 3 && pid) { bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, words, sizeof(words)); }
    return (typeof(pid))words[1] + fmt[0] + offsetof(struct task_struct, comm) + BPF_CORE_READ(arr[0], mm, pgd);
}

#line 1 "<license>"
char LICENSE[] SEC("license") = "GPL";

/* needs: KernelNeeds {
    names: [
        "BPF_CORE_READ",
        "BPF_F_CURRENT_CPU",
        "BPF_MAP_TYPE_PERF_EVENT_ARRAY",
        "BPF_PERF_OUTPUT",
        "__builtin_memcpy",
        "a",
        "b",
        "bpf_get_current_task",
        "comm",
        "file",
        "fs",
        "int",
        "mm",
        "offsetof",
        "path",
        "pgd",
        "pos",
        "pt_regs",
        "s",
        "task_struct",
        "ts",
        "u16",
        "u32",
        "u64",
        "u8",
        "x",
        "y",
    ],
    defined: [
        "chain",
        "e2",
        "ev",
        "events",
        "f",
        "fill",
    ],
    locals: [
        "a",
        "arr",
        "b",
        "copy",
        "ctx",
        "e",
        "fmt",
        "fs",
        "p",
        "pid",
        "pos",
        "s",
        "t",
        "ts",
        "words",
        "x",
        "y",
    ],
    members: [
        "arr",
        "comm",
        "d_name",
        "dentry",
        "fs",
        "len",
        "mm",
        "perf_submit",
        "pgd",
        "pid",
        "pwd",
        "real_parent",
        "start_time",
        "t",
        "task_struct",
        "tgid",
    ],
    tracepoints: [],
    includes: [],
} */
