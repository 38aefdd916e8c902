#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "common.h"

#define UNIT 1000
#define TASK_RUNNING 0

char LICENSE[] SEC("license") = "GPL";

HASH(waiting, __u32, __u64, 10240);

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} waits SEC(".maps");

static __always_inline void enqueue(struct task_struct *task)
{
	__u64 now = bpf_ktime_get_ns();
	__u32 pid = BPF_CORE_READ(task, pid);

	if (pid)
		bpf_map_update_elem(&waiting, &pid, &now, BPF_ANY);
}

SEC("raw_tracepoint/sched_wakeup")
int BPF_PROG(on_wakeup, struct task_struct *task)
{
	enqueue(task);
	return 0;
}

SEC("raw_tracepoint/sched_wakeup_new")
int BPF_PROG(on_wakeup_new, struct task_struct *task)
{
	enqueue(task);
	return 0;
}

SEC("raw_tracepoint/sched_switch")
int BPF_PROG(on_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	__u32 pid = BPF_CORE_READ(next, pid), slot;
	__u64 *since, *count;

	if (BPF_CORE_READ(prev, __state) == TASK_RUNNING)
		enqueue(prev);
	since = bpf_map_lookup_elem(&waiting, &pid);
	if (!since)
		return 0;
	slot = log2_slot((bpf_ktime_get_ns() - *since) / UNIT);
	count = bpf_map_lookup_elem(&waits, &slot);
	if (count)
		__sync_fetch_and_add(count, 1);
	bpf_map_delete_elem(&waiting, &pid);
	return 0;
}
