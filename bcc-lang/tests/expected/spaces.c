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

/* `*p` in memory of the current process. */
#define BCC_DEREF_USER(p) ({ __auto_type __bcc_p = (p); bcc_read(bpf_probe_read_user, *__bcc_p); })

/* `a[i]`: in memory of the current process if `a` is a pointer, in the program's own if it is an array. */
#define BCC_ELEMENT_USER(a, i) __builtin_choose_expr(bcc_is_array(a), (a)[i], BCC_DEREF_USER((a) + (i)))

/* `p->m` in memory that the address itself tells kernel or user. */
#define BCC_READ_ANY(p, m) ({ __auto_type __bcc_p = (p); bcc_read(bpf_probe_read, __bcc_p->m); })

/* `*p` in memory that the address itself tells kernel or user. */
#define BCC_DEREF_ANY(p) ({ __auto_type __bcc_p = (p); bcc_read(bpf_probe_read, *__bcc_p); })

#line 1 "spaces.c"
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
} seen SEC(".maps");
#line 1

SEC("tracepoint/raw_syscalls/sys_enter")
#line 2
int tracepoint__raw_syscalls__sys_enter(struct tracepoint__raw_syscalls__sys_enter *args) {
    char *path = (char *)BCC_ELEMENT_USER(args->args, 1);
    return BCC_DEREF_USER(path) + BCC_DEREF_USER(&((char *)BCC_ELEMENT_USER(args->args, 0))[2]);
}
SEC("tracepoint/raw_syscalls/sys_exit")
#line 6
int tracepoint__raw_syscalls__sys_exit(struct tracepoint__raw_syscalls__sys_exit *args) { char *at = (char *)args->ret; return BCC_DEREF_USER(at); }
SEC("raw_tp/sys_enter")
#line 7
int raw_tracepoint__sys_enter(struct bpf_raw_tracepoint_args *ctx) {
    struct pt_regs *regs = (struct pt_regs *)ctx->args[0];
    char *path = (char *)PT_REGS_PARM2_CORE(regs);
    return BCC_DEREF_ANY(path) + BCC_READ(regs, ip);
}
SEC("raw_tp/sched_switch")
#line 12
int raw_tracepoint__sched_switch(struct bpf_raw_tracepoint_args *ctx) {
    struct task_struct *prev = (struct task_struct *)ctx->args[1];
    return BCC_READ(prev, pid) + BCC_DEREF_ANY((char *)BCC_READ(BCC_READ(prev, mm), arg_start));
}
SEC("kprobe/do_sys_openat2")
#line 16
int BPF_KPROBE(kprobe__do_sys_openat2, int dfd, const char *name, struct open_how *how) {
    return BCC_DEREF_ANY(&name[1]) + BCC_READ_ANY(how, flags);
}
SEC("kprobe/vfs_write")
#line 19
int BPF_KPROBE(kprobe__vfs_write, struct file *file, const char __user *buf, unsigned long at) {
    char *p = (char *)at;
    if (at)
        p = (char *)buf;
    return BCC_READ(file, f_flags) + BCC_DEREF_USER(&buf[0]) + BCC_DEREF_ANY(p);
}
SEC("kretprobe/vfs_write")
#line 25
int kretprobe__vfs_write(struct pt_regs *ctx) { char *p = (char *)PT_REGS_RC(ctx); return BCC_DEREF_ANY(p); }

#line 1 "<license>"
char LICENSE[] SEC("license") = "GPL";

/* needs: KernelNeeds {
    names: [
        "BPF_HASH",
        "BPF_KPROBE",
        "BPF_MAP_TYPE_HASH",
        "RAW_TRACEPOINT_PROBE",
        "TRACEPOINT_PROBE",
        "__user",
        "args",
        "bpf_raw_tracepoint_args",
        "file",
        "open_how",
        "pt_regs",
        "raw_syscalls",
        "sched_switch",
        "sys_enter",
        "sys_exit",
        "task_struct",
        "u32",
        "u64",
    ],
    defined: [
        "kprobe__do_sys_openat2",
        "kprobe__vfs_write",
        "kretprobe__vfs_write",
        "raw_tracepoint__sched_switch",
        "raw_tracepoint__sys_enter",
        "seen",
        "tracepoint__raw_syscalls__sys_enter",
        "tracepoint__raw_syscalls__sys_exit",
    ],
    locals: [
        "RAW_TRACEPOINT_PROBE(sched_switch)",
        "RAW_TRACEPOINT_PROBE(sys_enter)",
        "TRACEPOINT_PROBE(raw_syscalls, sys_enter)",
        "TRACEPOINT_PROBE(raw_syscalls, sys_exit)",
        "at",
        "buf",
        "ctx",
        "dfd",
        "file",
        "how",
        "name",
        "p",
        "path",
        "prev",
        "regs",
    ],
    members: [
        "arg_start",
        "args",
        "f_flags",
        "flags",
        "ip",
        "mm",
        "pid",
        "ret",
    ],
    tracepoints: [
        (
            "raw_syscalls",
            "sys_enter",
        ),
        (
            "raw_syscalls",
            "sys_exit",
        ),
    ],
    includes: [],
} */
