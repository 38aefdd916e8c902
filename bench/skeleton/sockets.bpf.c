/* The program `sockets` of tests/examples/start_up.rs, as libbpf wants it. */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct key_t {
	__u32 saddr;
	__u32 daddr;
	__u16 dport;
	__u16 family;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, struct key_t);
	__type(value, __u64);
} states SEC(".maps");

SEC("raw_tracepoint/inet_sock_set_state")
int count(struct bpf_raw_tracepoint_args *ctx)
{
	struct sock *sk = (struct sock *)ctx->args[0];
	struct key_t key = {};
	__u64 zero = 0, *value;

	key.saddr = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
	key.daddr = BPF_CORE_READ(sk, __sk_common.skc_daddr);
	key.dport = BPF_CORE_READ(sk, __sk_common.skc_dport);
	key.family = BPF_CORE_READ(sk, __sk_common.skc_family);
	value = bpf_map_lookup_elem(&states, &key);
	if (!value) {
		bpf_map_update_elem(&states, &key, &zero, BPF_NOEXIST);
		value = bpf_map_lookup_elem(&states, &key);
	}
	if (value)
		__sync_fetch_and_add(value, 1);
	return 0;
}
