#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "common.h"

#define ARGUMENTS 6
#define LENGTH 64

char LICENSE[] SEC("license") = "GPL";

enum kind { ARGUMENT, RESULT };

struct exec_t {
	enum kind kind;
	__u32 pid;
	__u32 ppid;
	int ret;
	char comm[TASK_COMM_LEN];
	char argument[LENGTH];
};

PERF_BUFFER(execs);

static __always_inline void fill(struct exec_t *event)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	event->pid = bpf_get_current_pid_tgid() >> 32;
	event->ppid = BPF_CORE_READ(task, real_parent, tgid);
	bpf_get_current_comm(&event->comm, sizeof(event->comm));
}

SEC("kprobe/__x64_sys_execve")
int on_execve(struct pt_regs *ctx)
{
	struct pt_regs *regs = PT_REGS_SYSCALL_REGS(ctx);
	const char *const *argv = (void *)PT_REGS_PARM2_CORE(regs);
	struct exec_t event = { .kind = ARGUMENT };

	fill(&event);
	bpf_probe_read_user_str(event.argument, sizeof(event.argument), (void *)PT_REGS_PARM1_CORE(regs));
	bpf_perf_event_output(ctx, &execs, BPF_F_CURRENT_CPU, &event, sizeof(event));

#pragma unroll
	for (int i = 1; i < ARGUMENTS; i++) {
		const char *argument = NULL;

		bpf_probe_read_user(&argument, sizeof(argument), &argv[i]);
		if (!argument)
			return 0;
		bpf_probe_read_user_str(event.argument, sizeof(event.argument), argument);
		bpf_perf_event_output(ctx, &execs, BPF_F_CURRENT_CPU, &event, sizeof(event));
	}
	return 0;
}

SEC("kretprobe/__x64_sys_execve")
int BPF_KRETPROBE(on_execve_return, int ret)
{
	struct exec_t event = { .kind = RESULT };

	fill(&event);
	event.ret = ret;
	bpf_perf_event_output(ctx, &execs, BPF_F_CURRENT_CPU, &event, sizeof(event));
	return 0;
}
