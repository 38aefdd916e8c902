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

#line 1 "design.c"
struct data_t { u32 pid; u64 ts; char comm[TASK_COMM_LEN]; char fname[128]; };
struct {
#line 2
    __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
#line 2
    __type(key, int);
#line 2
    __type(value, u32);
#line 2
} events SEC(".maps");
#line 2

struct {
#line 3
    __uint(type, BPF_MAP_TYPE_HASH);
#line 3
    __type(key, u32);
#line 3
    __type(value, u64);
#line 3
    __uint(max_entries, 10240);
#line 3
} counts SEC(".maps");
#line 3


SEC("tracepoint/syscalls/sys_enter_openat")
#line 5
int tracepoint__syscalls__sys_enter_openat(struct tracepoint__syscalls__sys_enter_openat *args) {
    struct data_t data = {};
    data.pid = bpf_get_current_pid_tgid() >> 32;
    data.ts = bpf_ktime_get_ns();
    bpf_get_current_comm(&data.comm, sizeof(data.comm));
    bpf_probe_read_user_str(&data.fname, sizeof(data.fname), args->filename);
    BCC_COUNT_NONZERO(0, bcc_increment(&counts, data.pid, 1));
    BCC_COUNT_NONZERO(1, BCC_PERF_SUBMIT(events, args, &data, sizeof(data)));
    return 0;
}

#line 1 "<layout>"
_Static_assert(sizeof(struct data_t) == 160, "size of struct data_t");
_Static_assert(__builtin_offsetof(struct data_t, pid) == 0, "offset of pid in struct data_t");
_Static_assert(__builtin_offsetof(struct data_t, ts) == 8, "offset of ts in struct data_t");
_Static_assert(__builtin_offsetof(struct data_t, comm) == 16, "offset of comm in struct data_t");
_Static_assert(__builtin_offsetof(struct data_t, fname) == 32, "offset of fname in struct data_t");

#line 1 "<license>"
char LICENSE[] SEC("license") = "GPL";

/* needs: KernelNeeds {
    names: [
        "BPF_F_CURRENT_CPU",
        "BPF_HASH",
        "BPF_MAP_TYPE_HASH",
        "BPF_MAP_TYPE_PERF_EVENT_ARRAY",
        "BPF_NOEXIST",
        "BPF_PERF_OUTPUT",
        "BPF_RB_AVAIL_DATA",
        "BPF_RB_FORCE_WAKEUP",
        "BPF_RB_NO_WAKEUP",
        "BPF_RB_PROD_POS",
        "BPF_RB_RING_SIZE",
        "TASK_COMM_LEN",
        "TRACEPOINT_PROBE",
        "args",
        "bpf_get_current_comm",
        "bpf_get_current_pid_tgid",
        "bpf_ktime_get_ns",
        "comm",
        "fname",
        "int",
        "pid",
        "sys_enter_openat",
        "syscalls",
        "ts",
        "u32",
        "u64",
    ],
    defined: [
        "counts",
        "data_t",
        "events",
        "tracepoint__syscalls__sys_enter_openat",
    ],
    locals: [
        "TRACEPOINT_PROBE(syscalls, sys_enter_openat)",
        "comm",
        "data",
        "fname",
        "pid",
        "ts",
    ],
    members: [
        "comm",
        "filename",
        "fname",
        "increment",
        "perf_submit",
        "pid",
        "ts",
    ],
    tracepoints: [
        (
            "syscalls",
            "sys_enter_openat",
        ),
    ],
    includes: [],
} */
