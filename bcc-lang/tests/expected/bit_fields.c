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

/* `p->m` in memory that the address itself tells kernel or user. */
#define BCC_READ_ANY(p, m) ({ __auto_type __bcc_p = (p); bcc_read(bpf_probe_read, __bcc_p->m); })

/* `p->m`, a bit-field in `size` bytes from byte `at` on, read with the helper `read` by way of a copy. */
#define bcc_read_bits(read, p, m, at, size) ({ \
	__auto_type __bcc_p = (p); \
	typeof(*__bcc_p) __bcc_copy; \
	read((void *)&__bcc_copy + (at), size, (const void *)__bcc_p + (at)); \
	__bcc_copy.m; \
})

/* A bit-field `p->m` in memory that the address itself tells kernel or user. */
#define BCC_READ_BITS_ANY(p, m, at, size) bcc_read_bits(bpf_probe_read, p, m, at, size)

#line 1 "bit_fields.c"
struct flags { u32 a; u16 low : 3; u16 high : 13; struct { u8 one : 1, five : 5; } in; };
SEC("kprobe")
#line 2
int BPF_KPROBE(on, struct sk_buff *skb, struct sock *sk, struct flags *flags, const struct tcphdr *th) {
    struct task_struct *t = (struct task_struct *)bpf_get_current_task();
    struct flags own = {};
    struct iphdr *ip = (struct iphdr *)(BCC_READ_ANY(skb, head) + BCC_READ_ANY(skb, network_header)), copy = {};
    u32 x = BCC_READ_ANY(skb, ip_summed) + BCC_READ(t, in_iowait) + BCC_READ_ANY(skb, pkt_type) + BCC_READ_ANY(&skb[0], cloned) + BCC_READ_ANY(sk, sk_kern_sock) + BCC_READ_ANY(sk, sk_reuse);
    bpf_probe_read_kernel(&copy, sizeof(copy), ip);
    if (BCC_READ_ANY(ip, version) == 4 && !BCC_READ_ANY(ip, ihl) && copy.version == 4 && !BCC_READ_ANY(th, syn))
        x += BCC_READ_ANY(BCC_READ_ANY(skb, sk), __sk_common.skc_reuseport);
    return x + BCC_READ_BITS_ANY(flags, low, 4, 1) + BCC_READ_BITS_ANY(flags, high, 4, 2) + BCC_READ_BITS_ANY(&flags[1], in.five, 6, 1) + own.low + own.in.one;
}

#line 1 "<license>"
char LICENSE[] SEC("license") = "GPL";

/* needs: KernelNeeds {
    names: [
        "BPF_KPROBE",
        "a",
        "bpf_get_current_task",
        "five",
        "high",
        "in",
        "iphdr",
        "low",
        "one",
        "pt_regs",
        "sk_buff",
        "sock",
        "task_struct",
        "tcphdr",
        "u16",
        "u32",
        "u8",
    ],
    defined: [
        "flags",
        "on",
    ],
    locals: [
        "a",
        "copy",
        "ctx",
        "five",
        "flags",
        "high",
        "in",
        "ip",
        "low",
        "one",
        "own",
        "sk",
        "skb",
        "t",
        "th",
        "x",
    ],
    members: [
        "__sk_common",
        "cloned",
        "five",
        "head",
        "high",
        "ihl",
        "in",
        "in_iowait",
        "ip_summed",
        "low",
        "network_header",
        "one",
        "pkt_type",
        "sk",
        "sk_kern_sock",
        "sk_reuse",
        "skc_reuseport",
        "syn",
        "version",
    ],
    tracepoints: [],
    includes: [],
} */
