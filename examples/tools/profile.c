// Stacks of the kernel and of processes, sampled; attach `sample` to perf events.
#include <uapi/linux/ptrace.h>
#include <uapi/linux/bpf_perf_event.h>
#include <linux/sched.h>

struct stack_t {
	u32 pid;
	int kernel_stack;
	int user_stack;
	char comm[TASK_COMM_LEN];
};

BPF_STACK_TRACE(stacks, 16384);
BPF_HASH(samples, struct stack_t);

int sample(struct bpf_perf_event_data *ctx)
{
	struct stack_t key = { .pid = bpf_get_current_pid_tgid() >> 32 };

	if (key.pid == 0)
		return 0; // idle

	bpf_get_current_comm(&key.comm, sizeof(key.comm));
	key.kernel_stack = stacks.get_stackid(&ctx->regs, 0);
	key.user_stack = stacks.get_stackid(&ctx->regs, BPF_F_USER_STACK);
	samples.increment(key);
	return 0;
}
