#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "common.h"

char LICENSE[] SEC("license") = "GPL";

struct stack_t {
	__u32 pid;
	int kernel_stack;
	int user_stack;
	char comm[TASK_COMM_LEN];
};

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 16384);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, 127 * sizeof(__u64));
} stacks SEC(".maps");

HASH(samples, struct stack_t, __u64, 10240);

SEC("perf_event")
int on_sample(struct bpf_perf_event_data *ctx)
{
	struct stack_t key = { .pid = bpf_get_current_pid_tgid() >> 32 };

	if (key.pid == 0)
		return 0;
	bpf_get_current_comm(&key.comm, sizeof(key.comm));
	key.kernel_stack = bpf_get_stackid(ctx, &stacks, 0);
	key.user_stack = bpf_get_stackid(ctx, &stacks, BPF_F_USER_STACK);
	add(&samples, &key, 1);
	return 0;
}
