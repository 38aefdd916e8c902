// Each program that is started, with its first arguments and its parent.
#include <uapi/linux/ptrace.h>
#include <linux/sched.h>

#define ARGUMENTS 6
#define LENGTH 64

enum kind { ARGUMENT, RESULT };

struct exec_t {
	enum kind kind;
	u32 pid;
	u32 ppid;
	int ret;
	char comm[TASK_COMM_LEN];
	char argument[LENGTH];
};

BPF_PERF_OUTPUT(execs);

static void fill(struct exec_t *event) {
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();

	event->pid = bpf_get_current_pid_tgid() >> 32;
	event->ppid = task->real_parent->tgid;
	bpf_get_current_comm(&event->comm, sizeof(event->comm));
}

int syscall__execve(struct pt_regs *ctx, const char __user *filename,
		    const char __user *const __user *argv, const char __user *const __user *envp)
{
	struct exec_t event = { .kind = ARGUMENT };

	fill(&event);
	bpf_probe_read_user_str(event.argument, sizeof(event.argument), filename);
	execs.perf_submit(ctx, &event, sizeof(event));

#pragma unroll
	for (int i = 1; i < ARGUMENTS; i++) {
		const char *argument = argv[i];
		if (!argument)
			return 0;
		bpf_probe_read_user_str(event.argument, sizeof(event.argument), argument);
		execs.perf_submit(ctx, &event, sizeof(event));
	}
	return 0;
}

int leave_execve(struct pt_regs *ctx)
{
	struct exec_t event = { .kind = RESULT };

	fill(&event);
	event.ret = PT_REGS_RC(ctx);
	execs.perf_submit(ctx, &event, sizeof(event));
	return 0;
}
