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

/* `*p` in kernel memory. */
#define BCC_DEREF(p) ({ __auto_type __bcc_p = (p); bcc_read(bpf_probe_read_kernel, *__bcc_p); })

/* `p->m` in memory that the address itself tells kernel or user. */
#define BCC_READ_ANY(p, m) ({ __auto_type __bcc_p = (p); bcc_read(bpf_probe_read, __bcc_p->m); })

/* `*p` in memory that the address itself tells kernel or user. */
#define BCC_DEREF_ANY(p) ({ __auto_type __bcc_p = (p); bcc_read(bpf_probe_read, *__bcc_p); })

#line 1 "reads.c"
struct val_t { struct file *fp; u64 ts; };
struct {
#line 2
    __uint(type, BPF_MAP_TYPE_HASH);
#line 2
    __type(key, u32);
#line 2
    __type(value, struct val_t);
#line 2
    __uint(max_entries, 10240);
#line 2
} files SEC(".maps");
#line 2

struct {
#line 3
    __uint(type, BPF_MAP_TYPE_HASH);
#line 3
    __type(key, u32);
#line 3
    __type(value, struct sock *);
#line 3
    __uint(max_entries, 10240);
#line 3
} socks SEC(".maps");
#line 3

struct data_t { u32 dev; char driver[16]; u16 port; struct qstr name; };

static __always_inline struct tcphdr *skb_to_tcphdr(const struct sk_buff *skb) {
    return (struct tcphdr *)(BCC_READ_ANY(skb, head) + BCC_READ_ANY(skb, transport_header));
}

static __noinline u16 sport(struct sock *sk) { return BCC_READ_ANY(sk, __sk_common.skc_num); }

SEC("kprobe/vfs_open")
#line 12
int BPF_KPROBE(kprobe__vfs_open, const struct path *path, struct file *file) {
    u32 pid = bpf_get_current_pid_tgid();
    struct val_t val = { .fp = file, .ts = bpf_ktime_get_ns() };
    BCC_COUNT_NONZERO(0, bpf_map_update_elem(&files, &pid, &val, BPF_ANY));
    struct data_t data = {
        .dev = BCC_READ(BCC_READ(BCC_READ(file, f_inode), i_sb), s_dev),
    };
    if (!(BCC_READ(BCC_READ(file, f_op), write_iter)))
        return 0;
    data.dev = BCC_READ(BCC_READ(BCC_READ(BCC_READ(path, dentry), d_inode), i_sb), s_dev) >> 8,
    data.port = 0;
    return BCC_DEREF(&BCC_READ(BCC_READ(BCC_READ(path, dentry), d_sb), s_id)[0]) == 0;
}

SEC("kretprobe/vfs_open")
#line 26
int kretprobe__vfs_open(struct pt_regs *ctx) {
    u32 pid = bpf_get_current_pid_tgid();
    struct val_t *valp = bpf_map_lookup_elem(&files, &pid);
    if (!valp)
        return 0;
    struct qstr qs = BCC_READ(BCC_READ(valp->fp, f_path.dentry), d_name);
    const char *(*name)[2] = (void *)valp->fp;
    return qs.len + BCC_DEREF(BCC_DEREF(&(*name)[1]));
}

SEC("kprobe")
#line 36
int BPF_KPROBE(on_tcp, struct sock *sk, struct sk_buff *skb, struct sock ***ptr3, int len) {
    u32 pid = 0;
    struct tcphdr *tcp = skb_to_tcphdr(skb);
    u8 flags = BCC_DEREF_ANY(&((u8 *)tcp)[13]);
    u8 odd = BCC_DEREF_ANY((u8 *)&sk->__sk_common.skc_bound_dev_if - 1);
    u8 tos = BCC_DEREF_ANY(&((struct inet_sock *)sk)->rcv_tos - 1) & 0x01;
    BCC_COUNT_NONZERO(1, bpf_map_update_elem(&socks, &pid, &sk, BPF_ANY));
    struct sock **skpp = bpf_map_lookup_elem(&socks, &pid);
    if (!skpp)
        return 0;
    struct sock *skp = *skpp;
    u32 *members[] = { &pid, &pid };
    bpf_probe_read_kernel(&pid, sizeof(pid), &BCC_READ_ANY(BCC_READ_ANY(skp, sk_socket), file)->f_flags);
    return flags + odd + tos + sport(skp) + BCC_READ_ANY(skp, sk_protocol) + BCC_READ_ANY((struct sock *)(BCC_DEREF_ANY(BCC_DEREF_ANY(ptr3))), sk_type) + *members[1] + len;
}

SEC("kprobe")
#line 52
int BPF_KPROBE(on_device, struct virtqueue *vq, struct scatterlist *sgs[]) {
    struct data_t v = {};
    struct scatterlist *sgp;
    int n, i = 0;
    bpf_probe_read_kernel_str(v.driver, sizeof(v.driver), BCC_READ_ANY(BCC_READ_ANY(BCC_READ_ANY(vq, vdev), dev.driver), name));
    for (n = 0, sgp = BCC_DEREF_ANY(&sgs[i]); sgp && (n < 4); sgp++)
        n += BCC_READ_ANY(sgp, length) + sizeof(sgp->offset);
    struct mount *mnt = container_of(BCC_READ_ANY(vq, priv), struct mount, mnt);
    return n + BCC_READ_ANY(mnt, mnt_id) + BPF_CORE_READ(vq, vdev, id.device);
}

#line 1 "<layout>"
_Static_assert(sizeof(struct val_t) == 16, "size of struct val_t");
_Static_assert(__builtin_offsetof(struct val_t, fp) == 0, "offset of fp in struct val_t");
_Static_assert(__builtin_offsetof(struct val_t, ts) == 8, "offset of ts in struct val_t");

#line 1 "<license>"
char LICENSE[] SEC("license") = "GPL";

/* needs: KernelNeeds {
    names: [
        "BPF_ANY",
        "BPF_CORE_READ",
        "BPF_HASH",
        "BPF_KPROBE",
        "BPF_MAP_TYPE_HASH",
        "__noinline",
        "bpf_get_current_pid_tgid",
        "bpf_ktime_get_ns",
        "container_of",
        "dev",
        "driver",
        "file",
        "fp",
        "id",
        "inet_sock",
        "mount",
        "path",
        "port",
        "pt_regs",
        "qstr",
        "scatterlist",
        "sk_buff",
        "sock",
        "tcphdr",
        "ts",
        "u16",
        "u32",
        "u64",
        "u8",
        "vdev",
        "virtqueue",
    ],
    defined: [
        "data_t",
        "files",
        "kprobe__vfs_open",
        "kretprobe__vfs_open",
        "on_device",
        "on_tcp",
        "skb_to_tcphdr",
        "socks",
        "sport",
        "val_t",
    ],
    locals: [
        "ctx",
        "data",
        "dev",
        "driver",
        "file",
        "flags",
        "fp",
        "i",
        "len",
        "members",
        "mnt",
        "n",
        "name",
        "odd",
        "path",
        "pid",
        "port",
        "ptr3",
        "qs",
        "sgp",
        "sgs",
        "sk",
        "skb",
        "skp",
        "skpp",
        "tcp",
        "tos",
        "ts",
        "v",
        "val",
        "valp",
        "vq",
    ],
    members: [
        "__sk_common",
        "d_inode",
        "d_name",
        "d_sb",
        "dentry",
        "dev",
        "device",
        "driver",
        "f_flags",
        "f_inode",
        "f_op",
        "f_path",
        "file",
        "fp",
        "head",
        "i_sb",
        "id",
        "len",
        "length",
        "lookup",
        "mnt",
        "mnt_id",
        "mount",
        "name",
        "offset",
        "port",
        "priv",
        "rcv_tos",
        "s_dev",
        "s_id",
        "sk_protocol",
        "sk_socket",
        "sk_type",
        "skc_bound_dev_if",
        "skc_num",
        "transport_header",
        "ts",
        "update",
        "vdev",
        "vq",
        "write_iter",
    ],
    tracepoints: [],
    includes: [],
} */
