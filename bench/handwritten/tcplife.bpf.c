#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "common.h"

char LICENSE[] SEC("license") = "GPL";

struct who_t {
	__u32 pid;
	char comm[TASK_COMM_LEN];
};

struct session_t {
	struct who_t who;
	__u16 family;
	__u16 lport;
	__u16 dport;
	__u64 sent;
	__u64 received;
	__u64 duration_us;
	__u8 from[16];
	__u8 to[16];
};

HASH(births, struct sock *, __u64, 10240);
HASH(owners, struct sock *, struct who_t, 10240);
RING_BUFFER(sessions, 8 * 4096);

SEC("tracepoint/sock/inet_sock_set_state")
int on_state(struct trace_event_raw_inet_sock_set_state *ctx)
{
	struct sock *sk = (struct sock *)ctx->skaddr;
	struct tcp_sock *tp = (struct tcp_sock *)sk;
	struct session_t *session;
	__u64 *birth, duration;
	struct who_t *owner;

	if (ctx->protocol != IPPROTO_TCP)
		return 0;
	if (ctx->newstate < BPF_TCP_FIN_WAIT1) {
		__u64 now = bpf_ktime_get_ns();

		bpf_map_update_elem(&births, &sk, &now, BPF_ANY);
	}
	if (ctx->newstate == BPF_TCP_SYN_SENT || ctx->newstate == BPF_TCP_LAST_ACK) {
		struct who_t who = { .pid = bpf_get_current_pid_tgid() >> 32 };

		bpf_get_current_comm(&who.comm, sizeof(who.comm));
		bpf_map_update_elem(&owners, &sk, &who, BPF_ANY);
	}
	if (ctx->newstate != BPF_TCP_CLOSE)
		return 0;
	birth = bpf_map_lookup_elem(&births, &sk);
	if (!birth)
		return 0;
	duration = (bpf_ktime_get_ns() - *birth) / 1000;
	bpf_map_delete_elem(&births, &sk);
	session = bpf_ringbuf_reserve(&sessions, sizeof(*session), 0);
	if (session) {
		owner = bpf_map_lookup_elem(&owners, &sk);
		if (owner) {
			session->who = *owner;
		} else {
			session->who.pid = bpf_get_current_pid_tgid() >> 32;
			bpf_get_current_comm(&session->who.comm, sizeof(session->who.comm));
		}
		session->family = ctx->family;
		session->lport = ctx->sport;
		session->dport = ctx->dport;
		session->sent = BPF_CORE_READ(tp, bytes_acked);
		session->received = BPF_CORE_READ(tp, bytes_received);
		session->duration_us = duration;
		__builtin_memcpy(session->from, ctx->saddr_v6, sizeof(session->from));
		__builtin_memcpy(session->to, ctx->daddr_v6, sizeof(session->to));
		bpf_ringbuf_submit(session, 0);
	}
	bpf_map_delete_elem(&owners, &sk);
	return 0;
}
