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

/* `p->m` in memory that the address itself tells kernel or user. */
#define BCC_READ_ANY(p, m) ({ __auto_type __bcc_p = (p); bcc_read(bpf_probe_read, __bcc_p->m); })

/* `*p` in memory that the address itself tells kernel or user. */
#define BCC_DEREF_ANY(p) ({ __auto_type __bcc_p = (p); bcc_read(bpf_probe_read, *__bcc_p); })

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

#line 1 "pointers.c"
typedef struct sock sock_t;
struct kept { struct task_struct *task; u64 n; };
struct ev { u32 first; u32 second; };
struct task_struct *last;
static struct kept state;
struct {
#line 6
    __uint(type, BPF_MAP_TYPE_HASH);
#line 6
    __type(key, u64);
#line 6
    __type(value, u64);
#line 6
    __uint(max_entries, 10240);
#line 6
} bytes SEC(".maps");
#line 6

struct {
#line 7
    __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
#line 7
    __type(key, int);
#line 7
    __type(value, u32);
#line 7
} events SEC(".maps");
#line 7

static __always_inline void keep(struct task_struct **where, struct task_struct *task) { *where = task; }
static u32 mark(struct sock *sk);
__always_inline u32 mark(struct sock *sk) { return BCC_READ_ANY(sk, sk_mark); }
static __attribute__((__noinline__, unused)) int same(int n) { return n; }
SEC("kprobe/")
#line 12
int BPF_KPROBE(kprobe, /* a comment
    on two lines */ struct task_struct /* and
    another */ *t,
    // and one more
    const struct sock *sk, struct sock *list[]) {
    struct kept kept = {}, copy; struct ev e = {}; char key[8] = {}; u64 one = 1;
    struct task_struct *u, *w, **where = &u, ***far = &where;
    kept.task = t;
    __builtin_memcpy(&copy, &kept, sizeof(copy));
    *where = t; keep(&w, t); **far = t;
    last = t; state.task = t;
    u32 x = BCC_READ_ANY(copy.task, pid) + BCC_READ_ANY(u, pid) + BCC_READ_ANY(w, pid) + BCC_READ_ANY(last, pid) + BCC_READ_ANY(state.task, pid) + BCC_READ_ANY(*where, pid) + BCC_READ_ANY(BCC_DEREF_ANY(*far), tgid);
    x += mark((struct sock *)sk) + same(BCC_READ_ANY(BCC_DEREF_ANY(&list[0]), sk_mark)) + BCC_READ_ANY((x, sk), sk_mark) + BCC_READ_ANY(BCC_DEREF_ANY(&0[list]), sk_mark);
    BCC_COUNT_NONZERO(0, bpf_map_update_elem(&bytes, &key[0], &one, BPF_ANY));
    ((typeof(*bytes.value) *)bpf_map_lookup_elem(&bytes, &e.first));
    BCC_COUNT_NONZERO(1, BCC_PERF_SUBMIT(events, ctx, &e.first, sizeof(e)));
    return x;
}
SEC("kprobe/")
#line 30
int xdp(struct pt_regs *ctx) { return 0; }

#line 1 "<layout>"
_Static_assert(sizeof(struct ev) == 8, "size of struct ev");
_Static_assert(__builtin_offsetof(struct ev, first) == 0, "offset of first in struct ev");
_Static_assert(__builtin_offsetof(struct ev, second) == 4, "offset of second in struct ev");

#line 1 "<license>"
char LICENSE[] SEC("license") = "GPL";

/* needs: KernelNeeds {
    names: [
        "BPF_ANY",
        "BPF_F_CURRENT_CPU",
        "BPF_HASH",
        "BPF_KPROBE",
        "BPF_MAP_TYPE_HASH",
        "BPF_MAP_TYPE_PERF_EVENT_ARRAY",
        "BPF_PERF_OUTPUT",
        "BPF_RB_AVAIL_DATA",
        "BPF_RB_FORCE_WAKEUP",
        "BPF_RB_NO_WAKEUP",
        "BPF_RB_PROD_POS",
        "BPF_RB_RING_SIZE",
        "__builtin_memcpy",
        "first",
        "int",
        "noinline",
        "pt_regs",
        "second",
        "sock",
        "task_struct",
        "u32",
        "u64",
        "unused",
    ],
    defined: [
        "bytes",
        "ev",
        "events",
        "keep",
        "kept",
        "kprobe",
        "last",
        "mark",
        "same",
        "sock_t",
        "state",
        "xdp",
    ],
    locals: [
        "copy",
        "ctx",
        "e",
        "far",
        "first",
        "kept",
        "key",
        "list",
        "n",
        "one",
        "second",
        "sk",
        "t",
        "task",
        "u",
        "w",
        "where",
        "x",
    ],
    members: [
        "first",
        "lookup",
        "perf_submit",
        "pid",
        "sk_mark",
        "task",
        "tgid",
        "update",
    ],
    tracepoints: [],
    includes: [],
} */
