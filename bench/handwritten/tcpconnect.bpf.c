#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "common.h"

#define AF_INET 2
#define AF_INET6 10

char LICENSE[] SEC("license") = "GPL";

struct connect_t {
	__u32 pid;
	__u16 family;
	__u16 port;
	__u32 netns;
	char comm[TASK_COMM_LEN];
	unsigned __int128 to;
};

HASH(sockets, __u32, struct sock *, 10240);
PERF_BUFFER(connects);

static __always_inline int enter(struct sock *sk)
{
	__u32 tid = bpf_get_current_pid_tgid();

	bpf_map_update_elem(&sockets, &tid, &sk, BPF_ANY);
	return 0;
}

static __always_inline int leave(struct pt_regs *ctx, int ret, __u16 family)
{
	__u64 id = bpf_get_current_pid_tgid();
	__u32 tid = id;
	struct sock **found = bpf_map_lookup_elem(&sockets, &tid), *sk;
	struct connect_t event = {};

	if (!found)
		return 0;
	sk = *found;
	bpf_map_delete_elem(&sockets, &tid);
	if (ret)
		return 0;
	event.pid = id >> 32;
	event.family = family;
	event.port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	event.netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	if (family == AF_INET)
		event.to = BPF_CORE_READ(sk, __sk_common.skc_daddr);
	else
		BPF_CORE_READ_INTO(&event.to, sk, __sk_common.skc_v6_daddr.in6_u.u6_addr32);
	bpf_get_current_comm(&event.comm, sizeof(event.comm));
	bpf_perf_event_output(ctx, &connects, BPF_F_CURRENT_CPU, &event, sizeof(event));
	return 0;
}

SEC("kprobe/tcp_v4_connect")
int BPF_KPROBE(on_v4, struct sock *sk)
{
	return enter(sk);
}

SEC("kprobe/tcp_v6_connect")
int BPF_KPROBE(on_v6, struct sock *sk)
{
	return enter(sk);
}

SEC("kretprobe/tcp_v4_connect")
int BPF_KRETPROBE(on_v4_return, int ret)
{
	return leave(ctx, ret, AF_INET);
}

SEC("kretprobe/tcp_v6_connect")
int BPF_KRETPROBE(on_v6_return, int ret)
{
	return leave(ctx, ret, AF_INET6);
}
