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

/* `p->m` in memory that the address itself tells kernel or user. */
#define BCC_READ_ANY(p, m) ({ __auto_type __bcc_p = (p); bcc_read(bpf_probe_read, __bcc_p->m); })

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

#line 1 "macro_reads.c"
#define _(P) ({typeof(P) val; bpf_probe_read(&val, sizeof(val), &P); val;})
#define READ(p) bpf_probe_read_kernel(&x, sizeof(x), &(p))
#define FAMILY(sk) ((sk)->__sk_common.skc_family)
#define PORT(sk) sk->__sk_common.skc_num
#define OF(sk) FAMILY(sk)
#define ADD(a) { u16 t = PORT(a); \
    x += t; }
#define CURRENT ((struct task_struct *)bpf_get_current_task())
#define TGID CURRENT->tgid
#define FIELD(p, f) (p)->f
#define SKC(p, f) (p)->__sk_common.skc_ ## f
#define LOG(fmt, args...) bpf_trace_printk(fmt, ##args)
#define TABLE(name, key) BPF_HASH(name, key)
#define COUNT(k) counts.increment(k)
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define LOW_PORT (port & 0xff)
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 14, 0)
#define STATE(t) (BCC_PROBE_READ(t, __state))
#else
#define STATE(t) (BCC_PROBE_READ(t, state))
#endif
struct {
#line 22
    __uint(type, BPF_MAP_TYPE_HASH);
#line 22
    __type(key, u32);
#line 22
    __type(value, u64);
#line 22
    __uint(max_entries, 10240);
#line 22
} counts SEC(".maps");
#line 22

static __always_inline int family(struct sock *sk) { return (BCC_READ_ANY(sk, __sk_common.skc_family)); }
SEC("kprobe")
#line 24
int BPF_KPROBE(on_connect, struct sock *sk, struct sk_buff *skb, int port) {
    u32 x = 0;
    x += ({typeof(sk->__sk_common.skc_num) val; bpf_probe_read(&val, sizeof(val), &sk->__sk_common.skc_num); val;}) + ({typeof(skb->sk->__sk_common.skc_num) val; bpf_probe_read(&val, sizeof(val), &BCC_READ_ANY(skb, sk)->__sk_common.skc_num); val;});
    bpf_probe_read_kernel(&x, sizeof(x), &(sk->sk_mark));
    x += (BCC_READ_ANY(sk, __sk_common.skc_family)) + BCC_READ_ANY(BCC_READ_ANY(skb, sk), __sk_common.skc_num) + (BCC_READ_ANY(sk, __sk_common.skc_family)) + BCC_READ_ANY(sk, __sk_common.skc_dport);
    { u16 t = BCC_READ_ANY(sk, __sk_common.skc_num); x += t; };
    { u16 t = BCC_READ_ANY(sk, __sk_common.skc_num); x += t; }
    if (BCC_READ((struct task_struct *)bpf_get_current_task(), tgid) == BCC_READ((struct task_struct *)bpf_get_current_task(), tgid))
        BCC_COUNT_NONZERO(0, bcc_increment(&counts, MAX(BCC_READ_ANY(skb, len), LOW_PORT), 1));
    bpf_printk("%d", BCC_READ_ANY(skb, len));
    bpf_printk("state");
    return x + BCC_READ((struct task_struct *)bpf_get_current_task(), pid) + family(sk) + STATE(((struct task_struct *)bpf_get_current_task()));
}

#line 1 "<license>"
char LICENSE[] SEC("license") = "GPL";

/* needs: KernelNeeds {
    names: [
        "BPF_HASH",
        "BPF_KPROBE",
        "BPF_MAP_TYPE_HASH",
        "BPF_NOEXIST",
        "KERNEL_VERSION",
        "LINUX_VERSION_CODE",
        "P",
        "a",
        "args",
        "b",
        "bpf_get_current_task",
        "bpf_trace_printk",
        "f",
        "fmt",
        "k",
        "key",
        "name",
        "p",
        "pt_regs",
        "sk_buff",
        "sock",
        "task_struct",
        "u16",
        "u32",
        "u64",
    ],
    defined: [
        "ADD",
        "COUNT",
        "CURRENT",
        "FAMILY",
        "FIELD",
        "LOG",
        "LOW_PORT",
        "MAX",
        "OF",
        "PORT",
        "READ",
        "SKC",
        "STATE",
        "TABLE",
        "TGID",
        "_",
        "counts",
        "family",
        "on_connect",
    ],
    locals: [
        "ctx",
        "port",
        "sk",
        "skb",
        "t",
        "val",
        "x",
    ],
    members: [
        "LOW_PORT",
        "__sk_common",
        "__state",
        "a",
        "bpf_get_current_task",
        "f",
        "increment",
        "len",
        "pid",
        "sk",
        "sk_mark",
        "skb",
        "skc_",
        "skc_dport",
        "skc_family",
        "skc_num",
        "state",
        "task_struct",
        "tgid",
    ],
    tracepoints: [],
    includes: [],
} */
