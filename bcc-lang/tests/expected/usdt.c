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

/* `p->m` in memory of the current process. */
#define BCC_READ_USER(p, m) ({ __auto_type __bcc_p = (p); bcc_read(bpf_probe_read_user, __bcc_p->m); })

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

#include <bpf/usdt.bpf.h>

/* Argument `n` of the USDT probe, counted from 1, as a value of the type of `*p`: 0, or a negative error number and a value of 0. */
#define bpf_usdt_readarg(n, ctx, p) ({ \
	long __bcc_argument; \
	long __bcc_error = bpf_usdt_arg(ctx, (n) - 1, &__bcc_argument); \
	*(p) = (typeof(*(p)))__bcc_argument; \
	__bcc_error; \
})

/* `length` bytes of user memory at the address in argument `n` of the USDT probe, counted from 1: 0, or a negative error number and zeros. */
#define bpf_usdt_readarg_p(n, ctx, buffer, length) ({ \
	long __bcc_argument; \
	long __bcc_error = bpf_usdt_arg(ctx, (n) - 1, &__bcc_argument); \
	long __bcc_failed = bpf_probe_read_user(buffer, length, (void *)__bcc_argument); \
	__bcc_error ? __bcc_error : __bcc_failed; \
})

#line 1 "usdt.c"
#define NARROW 4
struct request { char path[16]; int method; };
struct event_t { u8 kind; s16 status; u64 bytes; char text[64]; };
struct {
#line 4
    __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
#line 4
    __type(key, int);
#line 4
    __type(value, u32);
#line 4
} events SEC(".maps");
#line 4


SEC("usdt")
#line 6
int on_request(struct pt_regs *ctx) {
    struct event_t event = {};
    struct request *request;
    void *text = 0;
    u64 bytes;
    bpf_usdt_readarg(1, ctx, &event.kind);
    if (bpf_usdt_readarg(2, ctx, &event.status) < 0)
        return 0;
    bpf_usdt_readarg(NARROW, ctx, &bytes);
    bpf_usdt_readarg(5, ctx, &request);
    event.bytes = bytes + BCC_READ_USER(request, method);
    bpf_usdt_readarg_p(6, ctx, &event.text, sizeof(event.text));
    bpf_usdt_readarg(7, ctx, &text);
    bpf_probe_read_user(&event.text, sizeof(event.text), text);
    BCC_COUNT_NONZERO(0, BCC_PERF_SUBMIT(events, ctx, &event, sizeof(event)));
    return 0;
}
static __always_inline int count(struct pt_regs *ctx) {
    return bpf_usdt_arg_cnt(ctx);
}
SEC("usdt")
#line 26
int anything(void *ctx) { return count(ctx); }
SEC("kprobe/vfs_read")
#line 27
int kprobe__vfs_read(struct pt_regs *ctx) { return 0; }

#line 1 "<layout>"
_Static_assert(sizeof(struct event_t) == 80, "size of struct event_t");
_Static_assert(__builtin_offsetof(struct event_t, kind) == 0, "offset of kind in struct event_t");
_Static_assert(__builtin_offsetof(struct event_t, status) == 2, "offset of status in struct event_t");
_Static_assert(__builtin_offsetof(struct event_t, bytes) == 8, "offset of bytes in struct event_t");
_Static_assert(__builtin_offsetof(struct event_t, text) == 16, "offset of text in struct event_t");

#line 1 "<license>"
char LICENSE[] SEC("license") = "GPL";

/* needs: KernelNeeds {
    names: [
        "BPF_F_CURRENT_CPU",
        "BPF_MAP_TYPE_PERF_EVENT_ARRAY",
        "BPF_PERF_OUTPUT",
        "BPF_RB_AVAIL_DATA",
        "BPF_RB_FORCE_WAKEUP",
        "BPF_RB_NO_WAKEUP",
        "BPF_RB_PROD_POS",
        "BPF_RB_RING_SIZE",
        "int",
        "kind",
        "method",
        "path",
        "pt_regs",
        "s16",
        "status",
        "u32",
        "u64",
        "u8",
    ],
    defined: [
        "NARROW",
        "anything",
        "count",
        "event_t",
        "events",
        "kprobe__vfs_read",
        "on_request",
        "request",
    ],
    locals: [
        "bytes",
        "ctx",
        "event",
        "kind",
        "method",
        "path",
        "request",
        "status",
        "text",
    ],
    members: [
        "bytes",
        "kind",
        "method",
        "perf_submit",
        "status",
        "text",
    ],
    tracepoints: [],
    includes: [],
} */
