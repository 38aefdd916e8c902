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

/* `p->m` of a struct of the kernel, in kernel memory. */
#define BCC_READ(p, m) ({ __auto_type __bcc_p = (p); bcc_read(bpf_probe_read_kernel, __bcc_p->m); })

/* `*p` in memory of the current process. */
#define BCC_DEREF_USER(p) ({ __auto_type __bcc_p = (p); bcc_read(bpf_probe_read_user, *__bcc_p); })

/* `p->m` in memory that the address itself tells kernel or user. */
#define BCC_READ_ANY(p, m) ({ __auto_type __bcc_p = (p); bcc_read(bpf_probe_read, __bcc_p->m); })

/* Flags of a record: with BCC_BATCH_WAKEUPS, the reader of ring buffer `map`, which looks by itself every now
 * and then, is woken when a quarter of it is full, again about every sixteenth, and from three quarters on by each
 * record; else as the kernel does, when it has read all. All records of a 128th wake it, not one: they are a brake
 * for who sends while the reader gets no CPU, and lose nothing where one would. */
#ifdef BCC_BATCH_WAKEUPS
#define BCC_WAKEUP_OF(map, size) ({ \
	unsigned long long __bcc_size = size, __bcc_full = bpf_ringbuf_query(map, BPF_RB_AVAIL_DATA); \
	__bcc_full < __bcc_size / 4 || (__bcc_full < __bcc_size / 4 * 3 && \
	(bpf_ringbuf_query(map, BPF_RB_PROD_POS) & (__bcc_size / 16 - 1)) > __bcc_size / 128) \
		? BPF_RB_NO_WAKEUP : BPF_RB_FORCE_WAKEUP; \
})
#else
#define BCC_WAKEUP_OF(map, size) 0
#endif
#define BCC_WAKEUP(map) BCC_WAKEUP_OF(map, bpf_ringbuf_query(map, BPF_RB_RING_SIZE))

/* Sends an event. With BCC_PERF_RING, a size in bytes, maps whose BCC_PERF_RING_ and name is 1 are ring buffers of
 * that size, which get the number of the CPU and the event. */
#ifdef BCC_PERF_RING
/* Of a full buffer it gives -ENOSPC, as the helper does. What clang would not copy in place a helper copies. */
#define BCC_PERF_SUBMIT(map, ctx, data, size) ({ \
	long __bcc_sent = -28; \
	if (BCC_PERF_RING_##map) { \
		unsigned long long *__bcc_record = bpf_ringbuf_reserve(&map, 8 + (size), 0); \
		if (__bcc_record) { \
			*__bcc_record = bpf_get_smp_processor_id(); \
			if ((size) > 512) \
				bpf_probe_read_kernel(__bcc_record + 1, size, data); \
			else \
				__builtin_memcpy(__bcc_record + 1, data, size); \
			bpf_ringbuf_submit(__bcc_record, BCC_WAKEUP_OF(&map, BCC_PERF_RING)); \
			__bcc_sent = 0; \
		} \
	} else { \
		__bcc_sent = bpf_perf_event_output(ctx, &map, BPF_F_CURRENT_CPU, data, size); \
	} \
	__bcc_sent; \
})
#else
#define BCC_PERF_SUBMIT(map, ctx, data, size) bpf_perf_event_output(ctx, &map, BPF_F_CURRENT_CPU, data, size)
#endif

#ifndef LINUX_HAS_SYSCALL_WRAPPER
extern _Bool LINUX_HAS_SYSCALL_WRAPPER __kconfig;
#endif
/* The registers of a system call, given those of the kernel's function for it. */
#define PT_REGS_SYSCALL_CTX(ctx) \
	(LINUX_HAS_SYSCALL_WRAPPER ? PT_REGS_SYSCALL_REGS(ctx) : (struct pt_regs *)(ctx))

#line 1 "hooks.c"
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
} opened SEC(".maps");
#line 1


SEC("fentry/vfs_open")
#line 3
int BPF_PROG(kfunc__vmlinux__vfs_open, const struct path *path, struct file *file) {
    return path->dentry->d_inode->i_ino + file->f_flags;
}
SEC("fexit/do_sys_openat2")
#line 6
int BPF_PROG(kretfunc__vmlinux__do_sys_openat2, int dfd, const char __user *filename,
               struct open_how *how, long ret)
{
    u32 id = bpf_get_current_pid_tgid();
    u64 value = ret + BCC_DEREF_USER(filename);
    BCC_COUNT_NONZERO(0, bpf_map_update_elem(&opened, &id, &value, BPF_ANY));
    return 0;
}
SEC("fentry/overlay:ovl_open")
#line 14
int BPF_PROG(kfunc__overlay__ovl_open, struct inode *inode) { return inode->i_ino; }
SEC("fexit/overlay:ovl_open")
#line 15
int BPF_PROG(kretfunc__overlay__ovl_open) { return ctx[2]; }
SEC("fmod_ret/security_file_open")
#line 16
int BPF_PROG(kmod_ret__security_file_open, struct file *file, int ret) { return ret ? ret : file->f_flags; }
SEC("lsm/file_open")
#line 17
int BPF_PROG(lsm__file_open, struct file *file) { return file->f_mode ? -EPERM : 0; }
SEC("iter/task")
#line 18
int bpf_iter__task(struct bpf_iter__task *ctx) {
    struct task_struct *task = ctx->task;
    if (task)
        BPF_SEQ_PRINTF(ctx->meta->seq, "%d\n", task->tgid);
    return 0;
}
SEC("fentry/__x64_sys_openat")
#line 24
int kfunc__vmlinux____x64_sys_openat(unsigned long long *ctx) { return ctx[0]; }
SEC("fexit/vfs_read")
#line 25
int kretfunc__vmlinux__vfs_read(void *ctx) {
    struct file *file = (void *)((unsigned long long *)ctx)[0];
    long ret = ((unsigned long long *)ctx)[4];
#line 25
 return ret + file->f_flags; }
SEC("fmod_ret/security_bpf")
#line 26
int kmod_ret__security_bpf(void *ctx) { return 0; }
SEC("lsm/bpf")
#line 27
int lsm__bpf(void *ctx) { return 0; }
SEC("iter/bpf_map")
#line 28
int bpf_iter__bpf_map(struct bpf_iter__bpf_map *ctx) { return ctx->map->id; }

struct args_t { const char *name; };
SEC("kprobe")
#line 31
int syscall__openat(struct pt_regs *ctx)
{
    struct pt_regs *__bcc_regs = PT_REGS_SYSCALL_CTX(ctx);
    int dfd = PT_REGS_PARM1_CORE_SYSCALL(__bcc_regs);
    const char __user *name = (void *)PT_REGS_PARM2_CORE_SYSCALL(__bcc_regs);
    umode_t mode = PT_REGS_PARM4_CORE_SYSCALL(__bcc_regs);
#line 32

    return dfd + BCC_DEREF_USER(name) + mode;
}
SEC("kprobe/__x64_sys_execve")
#line 35
int kprobe____x64_sys_execve(struct pt_regs *ctx) {
    struct pt_regs *__bcc_regs = PT_REGS_SYSCALL_CTX(ctx);
    const char *const *argv = (void *)PT_REGS_PARM2_CORE_SYSCALL(__bcc_regs);
#line 35
 return BCC_DEREF_USER(BCC_DEREF_USER(argv)); }
extern const void sys_imageblit __ksym __weak;
SEC("kprobe/sys_imageblit")
#line 36
int kprobe__sys_imageblit(struct pt_regs *__bcc_ctx) {
    struct pt_regs *__bcc_regs = &sys_imageblit ? __bcc_ctx : PT_REGS_SYSCALL_CTX(__bcc_ctx);
    struct path *info = (void *)(&sys_imageblit ? PT_REGS_PARM1_CORE(__bcc_regs) : PT_REGS_PARM1_CORE_SYSCALL(__bcc_regs));
    short depth = (&sys_imageblit ? PT_REGS_PARM4_CORE(__bcc_regs) : PT_REGS_PARM4_CORE_SYSCALL(__bcc_regs));
#line 36
 return BCC_READ_ANY(BCC_READ_ANY(info, dentry), d_flags) + depth; }
SEC("kprobe/sys_sync")
#line 37
int kprobe__sys_sync(struct pt_regs *ctx) { return PT_REGS_PARM1(ctx); }
SEC("kprobe")
#line 38
int by_registers(struct pt_regs *ctx) {
    struct pt_regs *regs = PT_REGS_SYSCALL_CTX(ctx);
    const char *name = (const char *)PT_REGS_PARM2_CORE_SYSCALL(regs);
    u64 flags = 0;
    bpf_probe_read(&flags, sizeof(flags), &PT_REGS_PARM3_SYSCALL(regs));
    return BCC_DEREF_USER(name) + flags + PT_REGS_PARM1_CORE(regs) + BCC_READ(regs, r10)
        + PT_REGS_IP(ctx) + PT_REGS_SP(ctx) + PT_REGS_FP(ctx) + PT_REGS_RET(ctx) + PT_REGS_RC(ctx);
}
struct {
#line 46
    __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
#line 46
    __type(key, int);
#line 46
    __type(value, u32);
#line 46
} events SEC(".maps");
#line 46

SEC("kprobe/vfs_rmdir")
#line 47
int BPF_KPROBE(kprobe__vfs_rmdir, void *idmap, struct inode *dir) {
    u64 number = BCC_READ(dir, i_ino);
    if (!number)
        return (0);
    BCC_COUNT_NONZERO(1, BCC_PERF_SUBMIT(events, ctx, &number, sizeof(number)));
    return 0;
}
SEC("kprobe/vfs_mkdir")
#line 54
int BPF_KPROBE(kprobe__vfs_mkdir, void *idmap, struct inode *dir) {
    bpf_override_return(ctx, BCC_READ(dir, i_ino));
    return 0;
}

#line 1 "<license>"
char LICENSE[] SEC("license") = "GPL";

/* needs: KernelNeeds {
    names: [
        "BPF_ANY",
        "BPF_F_CURRENT_CPU",
        "BPF_HASH",
        "BPF_ITER",
        "BPF_KPROBE",
        "BPF_MAP_TYPE_HASH",
        "BPF_MAP_TYPE_PERF_EVENT_ARRAY",
        "BPF_PERF_OUTPUT",
        "BPF_PROG",
        "BPF_RB_AVAIL_DATA",
        "BPF_RB_FORCE_WAKEUP",
        "BPF_RB_NO_WAKEUP",
        "BPF_RB_PROD_POS",
        "BPF_RB_RING_SIZE",
        "BPF_SEQ_PRINTF",
        "EPERM",
        "KFUNC_PROBE",
        "KMOD_RET",
        "KRETFUNC_PROBE",
        "LSM_PROBE",
        "MODULE_KFUNC_PROBE",
        "MODULE_KRETFUNC_PROBE",
        "__user",
        "bpf_get_current_pid_tgid",
        "bpf_iter__bpf_map",
        "bpf_iter__task",
        "bpf_override_return",
        "do_sys_openat2",
        "file",
        "file_open",
        "inode",
        "int",
        "loff_t",
        "open_how",
        "overlay",
        "ovl_open",
        "path",
        "pt_regs",
        "security_file_open",
        "size_t",
        "task_struct",
        "u32",
        "u64",
        "umode_t",
        "vfs_open",
    ],
    defined: [
        "args_t",
        "by_registers",
        "events",
        "kfunc__overlay__ovl_open",
        "kfunc__vmlinux____x64_sys_openat",
        "kfunc__vmlinux__vfs_open",
        "kmod_ret__security_bpf",
        "kmod_ret__security_file_open",
        "kprobe____x64_sys_execve",
        "kprobe__sys_imageblit",
        "kprobe__sys_sync",
        "kprobe__vfs_mkdir",
        "kprobe__vfs_rmdir",
        "kretfunc__overlay__ovl_open",
        "kretfunc__vmlinux__do_sys_openat2",
        "kretfunc__vmlinux__vfs_read",
        "lsm__bpf",
        "lsm__file_open",
        "opened",
        "syscall__openat",
    ],
    locals: [
        "BPF_ITER(task)",
        "KFUNC_PROBE(vfs_open, const struct path *path, struct file *file)",
        "KMOD_RET(security_file_open, struct file *file, int ret)",
        "KRETFUNC_PROBE(do_sys_openat2, int dfd, const char __user *filename,\n               struct open_how *how, long ret)",
        "LSM_PROBE(file_open, struct file *file)",
        "MODULE_KFUNC_PROBE(overlay, ovl_open, struct inode *inode)",
        "MODULE_KRETFUNC_PROBE(overlay, ovl_open)",
        "argv",
        "buf",
        "count",
        "ctx",
        "d",
        "depth",
        "dfd",
        "dir",
        "e",
        "file",
        "filename",
        "flags",
        "how",
        "id",
        "idmap",
        "info",
        "inode",
        "mode",
        "name",
        "number",
        "path",
        "pos",
        "regs",
        "ret",
        "task",
        "value",
    ],
    members: [
        "d_flags",
        "d_inode",
        "dentry",
        "f_flags",
        "f_mode",
        "i_ino",
        "id",
        "map",
        "meta",
        "perf_submit",
        "r10",
        "seq",
        "task",
        "tgid",
        "update",
    ],
    tracepoints: [],
    includes: [],
} */
