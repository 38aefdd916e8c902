// Changes of state of sockets, by address family and local port.
#include <net/sock.h>

struct key_t {
	u16 family;
	u16 port;
};

BPF_HASH(states, struct key_t, u64);

TRACEPOINT_PROBE(sock, inet_sock_set_state)
{
	struct sock *sk = (struct sock *)args->skaddr;
	struct key_t key = {};

	key.family = sk->__sk_common.skc_family;
	key.port = sk->__sk_common.skc_num;
	states.increment(key);
	return 0;
}
