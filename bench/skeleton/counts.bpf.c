/* The program `counts` of tests/examples/start_up.rs, as libbpf wants it. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, __u32);
	__type(value, __u64);
} opens SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_openat")
int count(void *ctx)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	__u64 zero = 0, *value = bpf_map_lookup_elem(&opens, &pid);

	if (!value) {
		bpf_map_update_elem(&opens, &pid, &zero, BPF_NOEXIST);
		value = bpf_map_lookup_elem(&opens, &pid);
	}
	if (value)
		__sync_fetch_and_add(value, 1);
	return 0;
}
