// The program of text/events_ring.c, as libbpf wants it.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

const volatile __u32 thread = 0;

struct event_t {
	__u64 number;
	__u64 rest[7];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 2 << 20);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} refused SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_getppid")
int on_getppid(struct trace_event_raw_sys_enter *ctx)
{
	struct event_t event = {};
	__u32 first = 0;
	__u64 *count;

	if ((__u32)bpf_get_current_pid_tgid() != thread)
		return 0;
	event.number = bpf_ktime_get_ns();
	if (bpf_ringbuf_output(&events, &event, sizeof(event), 0)) {
		count = bpf_map_lookup_elem(&refused, &first);
		if (count)
			__sync_fetch_and_add(count, 1);
	}
	return 0;
}
