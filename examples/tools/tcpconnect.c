// Each connection that a process of this machine opens over IPv4 or IPv6.
#include <uapi/linux/ptrace.h>
#include <net/sock.h>
#include <bcc/proto.h>

struct connect_t {
	u32 pid;
	u16 family;
	u16 port;
	u32 netns;
	char comm[TASK_COMM_LEN];
	unsigned __int128 to;
};

BPF_HASH(sockets, u32, struct sock *);
BPF_PERF_OUTPUT(connects);

int kprobe__tcp_v4_connect(struct pt_regs *ctx, struct sock *sk)
{
	u32 tid = bpf_get_current_pid_tgid();

	sockets.update(&tid, &sk);
	return 0;
}

int kprobe__tcp_v6_connect(struct pt_regs *ctx, struct sock *sk)
{
	u32 tid = bpf_get_current_pid_tgid();

	sockets.update(&tid, &sk);
	return 0;
}

static int leave(struct pt_regs *ctx, u16 family)
{
	u64 id = bpf_get_current_pid_tgid();
	u32 tid = id;
	struct sock **skp = sockets.lookup(&tid);
	struct connect_t event = {};

	if (!skp)
		return 0;
	sockets.delete(&tid);
	if (PT_REGS_RC(ctx))
		return 0; // nothing was sent

	struct sock *sk = *skp;
	event.pid = id >> 32;
	event.family = family;
	event.port = ntohs(sk->__sk_common.skc_dport);
	event.netns = sk->__sk_common.skc_net.net->ns.inum;
	if (family == AF_INET)
		event.to = sk->__sk_common.skc_daddr;
	else
		bpf_probe_read_kernel(&event.to, sizeof(event.to),
				      sk->__sk_common.skc_v6_daddr.in6_u.u6_addr32);
	bpf_get_current_comm(&event.comm, sizeof(event.comm));
	connects.perf_submit(ctx, &event, sizeof(event));
	return 0;
}

int kretprobe__tcp_v4_connect(struct pt_regs *ctx) { return leave(ctx, AF_INET); }

int kretprobe__tcp_v6_connect(struct pt_regs *ctx) { return leave(ctx, AF_INET6); }
