// The program of ours/src/main.rs, as libbpf wants it.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#define STEP 1

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_getppid")
int on_getppid(struct trace_event_raw_sys_enter *ctx)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	__u64 step = STEP, *count = bpf_map_lookup_elem(&counts, &pid);

	if (count)
		*count += step;
	else
		bpf_map_update_elem(&counts, &pid, &step, BPF_NOEXIST);
	return 0;
}
