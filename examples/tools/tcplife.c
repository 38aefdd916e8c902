// Each TCP session that ends: who, how long, how much.
#include <linux/tcp.h>
#include <net/sock.h>

struct who_t {
	u32 pid;
	char comm[TASK_COMM_LEN];
};

struct session_t {
	struct who_t who;
	u16 family;
	u16 lport;
	u16 dport;
	u64 sent;
	u64 received;
	u64 duration_us;
	u8 from[16];
	u8 to[16];
};

BPF_HASH(births, struct sock *, u64);
BPF_HASH(owners, struct sock *, struct who_t);
BPF_RINGBUF_OUTPUT(sessions, 8);

TRACEPOINT_PROBE(sock, inet_sock_set_state)
{
	if (args->protocol != IPPROTO_TCP)
		return 0;

	struct sock *sk = (struct sock *)args->skaddr;

	// The first state that a session has on each side.
	if (args->newstate < TCP_FIN_WAIT1) {
		u64 now = bpf_ktime_get_ns();
		births.update(&sk, &now);
	}

	if (args->newstate == TCP_SYN_SENT || args->newstate == TCP_LAST_ACK) {
		struct who_t who = { .pid = bpf_get_current_pid_tgid() >> 32 };
		bpf_get_current_comm(&who.comm, sizeof(who.comm));
		owners.update(&sk, &who);
	}

	if (args->newstate != TCP_CLOSE)
		return 0;

	u64 *birth = births.lookup(&sk);
	if (!birth)
		return 0;
	u64 duration = (bpf_ktime_get_ns() - *birth) / 1000;
	births.delete(&sk);

	struct session_t *session = sessions.ringbuf_reserve(sizeof(*session));
	if (!session) {
		owners.delete(&sk);
		return 0;
	}

	struct tcp_sock *tp = (struct tcp_sock *)sk;
	struct who_t *owner = owners.lookup(&sk);
	if (owner) {
		session->who = *owner;
	} else {
		session->who.pid = bpf_get_current_pid_tgid() >> 32;
		bpf_get_current_comm(&session->who.comm, sizeof(session->who.comm));
	}
	session->family = args->family;
	session->lport = args->sport;
	session->dport = args->dport;
	session->sent = tp->bytes_acked;
	session->received = tp->bytes_received;
	session->duration_us = duration;
	__builtin_memcpy(session->from, args->saddr_v6, sizeof(session->from));
	__builtin_memcpy(session->to, args->daddr_v6, sizeof(session->to));
	sessions.ringbuf_submit(session, 0);
	owners.delete(&sk);
	return 0;
}
