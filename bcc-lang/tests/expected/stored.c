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

/* `p->m` of a struct that may be the program's own, in kernel memory. */
#define BCC_PROBE_READ(p, m) ({ __auto_type __bcc_p = (p); bcc_read(bpf_probe_read_kernel, __bcc_p->m); })

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

#line 1 "stored.c"
struct ev { u64 ts; union { u32 a; u8 b[4]; }; struct { u16 x, y; } pos[2]; char s[]; };
struct e2 { struct task_struct *t; struct file *fs[2]; };
struct {
#line 3
    __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
#line 3
    __type(key, int);
#line 3
    __type(value, u32);
#line 3
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
    if (BCC_PROBE_READ(p.dentry, d_name.len) > 3 && pid) { BCC_COUNT_NONZERO(0, BCC_PERF_SUBMIT(events, ctx, words, sizeof(words))); }
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
        "BPF_RB_AVAIL_DATA",
        "BPF_RB_FORCE_WAKEUP",
        "BPF_RB_NO_WAKEUP",
        "BPF_RB_PROD_POS",
        "BPF_RB_RING_SIZE",
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
