#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include "bcc_prelude.h"

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

/* The number that a call gives; with BCC_COUNT_FAILURES, it is counted as a failure if it is negative. */
#ifdef BCC_COUNT_FAILURES
#define BCC_COUNT_NEGATIVE(site, ...) ({ \
	long __bcc_status = (__VA_ARGS__); \
	if (__builtin_expect((int)__bcc_status < 0, 0)) \
		bcc_failed(site, __bcc_status); \
	__bcc_status; \
})
#else
#define BCC_COUNT_NEGATIVE(site, ...) (__VA_ARGS__)
#endif

/* The pointer that a call gives; with BCC_COUNT_FAILURES, NULL is counted as a failure. */
#ifdef BCC_COUNT_FAILURES
#define BCC_COUNT_NULL(site, ...) ({ \
	__auto_type __bcc_pointer = (__VA_ARGS__); \
	if (__builtin_expect(!__bcc_pointer, 0)) \
		bcc_failed(site, 0); \
	__bcc_pointer; \
})
#else
#define BCC_COUNT_NULL(site, ...) (__VA_ARGS__)
#endif

/* A call that does not come back unless it fails; with BCC_COUNT_FAILURES, that is counted. */
#ifdef BCC_COUNT_FAILURES
#define BCC_COUNT_RETURN(site, ...) ({ \
	(__VA_ARGS__); \
	bcc_failed(site, 0); \
})
#else
#define BCC_COUNT_RETURN(site, ...) (__VA_ARGS__)
#endif

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

#line 1 "special_maps.c"
struct event_t { u32 pid; s32 stack; };
struct route_t { u32 prefix; u8 address[4]; };

struct {
#line 4
    __uint(type, BPF_MAP_TYPE_STACK_TRACE);
#line 4
    __type(key, int);
#line 4
    __type(value, u64[127]);
#line 4
    __uint(max_entries, roundup_pow_of_two(1024));
#line 4
} stacks SEC(".maps");
#line 4

struct {
#line 5
    __uint(type, BPF_MAP_TYPE_STACK_TRACE);
#line 5
    __type(key, int);
#line 5
    __type(value, struct bpf_stack_build_id[127]);
#line 5
    __uint(max_entries, roundup_pow_of_two(64));
#line 5
    __uint(map_flags, BPF_F_STACK_BUILD_ID);
#line 5
} build_ids SEC(".maps");
#line 5

struct {
#line 6
    __uint(type, BPF_MAP_TYPE_RINGBUF);
#line 6
    __uint(max_entries, (8) * PAGE_SIZE);
#line 6
} ring SEC(".maps");
#line 6

struct {
#line 7
    __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
#line 7
    __type(key, int);
#line 7
    __type(value, u32);
#line 7
} packets SEC(".maps");
#line 7

struct {
#line 8
    __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
#line 8
    __type(key, int);
#line 8
    __type(value, u32);
#line 8
    __uint(max_entries, 64);
#line 8
} cycles SEC(".maps");
#line 8

struct {
#line 9
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
#line 9
    __type(key, u32);
#line 9
    __type(value, u32);
#line 9
    __uint(max_entries, 8);
#line 9
} programs SEC(".maps");
#line 9

struct {
#line 10
    __uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
#line 10
    __type(key, int);
#line 10
    __type(value, u32);
#line 10
    __uint(max_entries, 4);
#line 10
} groups SEC(".maps");
#line 10

struct {
#line 11
    __uint(type, BPF_MAP_TYPE_LPM_TRIE);
#line 11
    __type(key, struct route_t);
#line 11
    __type(value, u64);
#line 11
    __uint(max_entries, 128);
#line 11
    __uint(map_flags, BPF_F_NO_PREALLOC);
#line 11
} routes SEC(".maps");
#line 11

struct {
#line 12
    __uint(type, BPF_MAP_TYPE_QUEUE);
#line 12
    __type(value, struct event_t);
#line 12
    __uint(max_entries, 16);
#line 12
} queue SEC(".maps");
#line 12

struct {
#line 13
    __uint(type, BPF_MAP_TYPE_STACK);
#line 13
    __type(value, u64);
#line 13
    __uint(max_entries, 16);
#line 13
    __uint(map_flags, 0);
#line 13
} stack SEC(".maps");
#line 13

struct {
#line 14
    __uint(type, BPF_MAP_TYPE_DEVMAP);
#line 14
    __type(key, int);
#line 14
    __type(value, int);
#line 14
    __uint(max_entries, 4);
#line 14
} devices SEC(".maps");
#line 14

struct {
#line 15
    __uint(type, BPF_MAP_TYPE_CPUMAP);
#line 15
    __type(key, int);
#line 15
    __type(value, u32);
#line 15
    __uint(max_entries, 4);
#line 15
} cpus SEC(".maps");
#line 15

struct {
#line 16
    __uint(type, BPF_MAP_TYPE_XSKMAP);
#line 16
    __type(key, int);
#line 16
    __type(value, int);
#line 16
    __uint(max_entries, 4);
#line 16
} sockets SEC(".maps");
#line 16

struct {
#line 17
    __uint(type, BPF_MAP_TYPE_HASH);
#line 17
    __type(key, u32);
#line 17
    __type(value, u64);
#line 17
    __uint(max_entries, 8);
#line 17
} inner SEC(".maps");
#line 17

struct {
#line 18
    __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
#line 18
    __type(key, int);
#line 18
    __type(value, int);
#line 18
    __uint(max_entries, 4);
#line 18
    __array(values, struct {
        __uint(type, BPF_MAP_TYPE_HASH);
        __type(key, u32);
        __type(value, u64);
        __uint(max_entries, 8);
    });
#line 18
} outer SEC(".maps");
#line 18

struct {
#line 19
    __uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
#line 19
    __type(key, u32);
#line 19
    __type(value, int);
#line 19
    __uint(max_entries, 4);
#line 19
    __array(values, struct {
        __uint(type, BPF_MAP_TYPE_HASH);
        __type(key, u32);
        __type(value, u64);
        __uint(max_entries, 8);
    });
#line 19
} outers SEC(".maps");
#line 19

struct {
#line 20
    __uint(type, BPF_MAP_TYPE_TASK_STORAGE);
#line 20
    __type(key, int);
#line 20
    __type(value, u64);
#line 20
    __uint(map_flags, BPF_F_NO_PREALLOC);
#line 20
} per_task SEC(".maps");
#line 20


SEC("kprobe")
#line 22
int on_call(struct pt_regs *ctx) {
    struct event_t event = {}, *slot, copy;
    u64 counter;
    int zero = 0;

    event.pid = bpf_get_current_pid_tgid() >> 32;
    event.stack = (int)BCC_COUNT_NEGATIVE(0, bpf_get_stackid(ctx, &stacks, BPF_F_REUSE_STACKID | BPF_F_USER_STACK));
    BCC_COUNT_NEGATIVE(1, bpf_get_stackid(ctx, &build_ids, BPF_F_USER_STACK));
    BCC_COUNT_NONZERO(2, bpf_ringbuf_output(&ring, &event, sizeof(event), BCC_WAKEUP(&ring)));
    slot = BCC_COUNT_NULL(3, bpf_ringbuf_reserve(&ring, sizeof(struct event_t), 0));
    if (slot) {
        *slot = event;
        if (bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) > 4096)
            bpf_ringbuf_submit(slot, BPF_RB_FORCE_WAKEUP);
        else
            bpf_ringbuf_discard(slot, BCC_WAKEUP(&ring));
    }
    counter = bpf_perf_event_read(&cycles, BPF_F_CURRENT_CPU);
    BCC_COUNT_NONZERO(4, bpf_map_push_elem(&queue, &event, BPF_EXIST));
    if (!(int)bpf_map_pop_elem(&queue, &copy) || !(int)bpf_map_peek_elem(&queue, &copy))
        BCC_COUNT_NONZERO(5, bpf_map_push_elem(&stack, &counter, 0));
    if ((int)bpf_current_task_under_cgroup(&groups, 0) == 1)
        BCC_COUNT_RETURN(6, bpf_tail_call(ctx, &programs, 2));
    void *chosen = bpf_map_lookup_elem(&outer, &zero);
    if (chosen && bpf_map_lookup_elem(chosen, &event.pid))
        return 1;
    u64 *mine = bpf_task_storage_get(&per_task, bpf_get_current_task_btf(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
    return mine ? *mine : 0;
}

SEC("xdp")
#line 52
int on_packet(struct xdp_md *ctx) {
    struct route_t key = { .prefix = 32 };
    u64 *hits = bpf_map_lookup_elem(&routes, &key);
    if (hits)
        (*hits)++;
    return (int)bpf_redirect_map(&devices, 0, 0) + (int)bpf_redirect_map(&cpus, ctx->rx_queue_index, 0) + (int)bpf_redirect_map(&sockets, 1, XDP_PASS);
}

SEC("tc")
#line 60
int on_skb(struct __sk_buff *skb) {
    struct event_t meta = { 1 };
    BCC_COUNT_NONZERO(7, bpf_perf_event_output(skb, &packets, ((unsigned long long)(skb->len) << 32) | BPF_F_CURRENT_CPU, &meta, sizeof(meta)));
    return 0;
}

#line 1 "<layout>"
_Static_assert(sizeof(struct bpf_stack_build_id) == 32, "size of struct bpf_stack_build_id");
_Static_assert(__builtin_offsetof(struct bpf_stack_build_id, status) == 0, "offset of status in struct bpf_stack_build_id");
_Static_assert(__builtin_offsetof(struct bpf_stack_build_id, build_id) == 4, "offset of build_id in struct bpf_stack_build_id");
_Static_assert(sizeof(struct event_t) == 8, "size of struct event_t");
_Static_assert(__builtin_offsetof(struct event_t, pid) == 0, "offset of pid in struct event_t");
_Static_assert(__builtin_offsetof(struct event_t, stack) == 4, "offset of stack in struct event_t");
_Static_assert(sizeof(struct route_t) == 8, "size of struct route_t");
_Static_assert(__builtin_offsetof(struct route_t, prefix) == 0, "offset of prefix in struct route_t");
_Static_assert(__builtin_offsetof(struct route_t, address) == 4, "offset of address in struct route_t");

#line 1 "<license>"
char LICENSE[] SEC("license") = "GPL";

/* needs: KernelNeeds {
    names: [
        "BPF_ARRAY_OF_MAPS",
        "BPF_CGROUP_ARRAY",
        "BPF_CPUMAP",
        "BPF_DEVMAP",
        "BPF_EXIST",
        "BPF_F_CURRENT_CPU",
        "BPF_F_NO_PREALLOC",
        "BPF_F_REUSE_STACKID",
        "BPF_F_STACK_BUILD_ID",
        "BPF_F_USER_STACK",
        "BPF_HASH",
        "BPF_HASH_OF_MAPS",
        "BPF_LOCAL_STORAGE_GET_F_CREATE",
        "BPF_LPM_TRIE",
        "BPF_MAP_TYPE_ARRAY_OF_MAPS",
        "BPF_MAP_TYPE_CGROUP_ARRAY",
        "BPF_MAP_TYPE_CPUMAP",
        "BPF_MAP_TYPE_DEVMAP",
        "BPF_MAP_TYPE_HASH",
        "BPF_MAP_TYPE_HASH_OF_MAPS",
        "BPF_MAP_TYPE_LPM_TRIE",
        "BPF_MAP_TYPE_PERF_EVENT_ARRAY",
        "BPF_MAP_TYPE_PROG_ARRAY",
        "BPF_MAP_TYPE_QUEUE",
        "BPF_MAP_TYPE_RINGBUF",
        "BPF_MAP_TYPE_STACK",
        "BPF_MAP_TYPE_STACK_TRACE",
        "BPF_MAP_TYPE_TASK_STORAGE",
        "BPF_MAP_TYPE_XSKMAP",
        "BPF_PERF_ARRAY",
        "BPF_PERF_OUTPUT",
        "BPF_PROG_ARRAY",
        "BPF_QUEUE",
        "BPF_RB_AVAIL_DATA",
        "BPF_RB_FORCE_WAKEUP",
        "BPF_RB_NO_WAKEUP",
        "BPF_RB_PROD_POS",
        "BPF_RB_RING_SIZE",
        "BPF_RINGBUF_OUTPUT",
        "BPF_STACK",
        "BPF_STACK_TRACE",
        "BPF_STACK_TRACE_BUILDID",
        "BPF_TASK_STORAGE",
        "BPF_XSKMAP",
        "PAGE_SIZE",
        "XDP_PASS",
        "__sk_buff",
        "address",
        "bpf_get_current_pid_tgid",
        "bpf_get_current_task_btf",
        "bpf_map_lookup_elem",
        "bpf_stack_build_id",
        "int",
        "pid",
        "prefix",
        "pt_regs",
        "roundup_pow_of_two",
        "s32",
        "u32",
        "u64",
        "u8",
        "xdp_md",
    ],
    defined: [
        "build_ids",
        "cpus",
        "cycles",
        "devices",
        "event_t",
        "groups",
        "inner",
        "on_call",
        "on_packet",
        "on_skb",
        "outer",
        "outers",
        "packets",
        "per_task",
        "programs",
        "queue",
        "ring",
        "route_t",
        "routes",
        "sockets",
        "stack",
        "stacks",
    ],
    locals: [
        "address",
        "chosen",
        "copy",
        "counter",
        "ctx",
        "event",
        "hits",
        "key",
        "meta",
        "mine",
        "pid",
        "prefix",
        "skb",
        "slot",
        "stack",
        "zero",
    ],
    members: [
        "build_id",
        "call",
        "check_current_task",
        "get_stackid",
        "ip",
        "len",
        "lookup",
        "offset",
        "peek",
        "perf_read",
        "perf_submit_skb",
        "pid",
        "pop",
        "prefix",
        "push",
        "redirect_map",
        "ringbuf_discard",
        "ringbuf_output",
        "ringbuf_query",
        "ringbuf_reserve",
        "ringbuf_submit",
        "rx_queue_index",
        "stack",
        "status",
        "task_storage_get",
    ],
    tracepoints: [],
    includes: [],
} */
