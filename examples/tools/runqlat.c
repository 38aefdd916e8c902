// How long tasks wait for a CPU, as a histogram.
#include <linux/sched.h>

// In units of so many nanoseconds.
#ifndef UNIT
#define UNIT 1000
#endif
#define IS_IDLE(pid) ((pid) == 0)
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 14, 0)
#define STATE(task) ((task)->__state)
#else
#define STATE(task) ((task)->state)
#endif

BPF_HASH(waiting, u32);
BPF_HISTOGRAM(waits);

static void enqueue(struct task_struct *task)
{
	u64 now = bpf_ktime_get_ns();
	u32 pid = task->pid;

	if (!IS_IDLE(pid))
		waiting.update(&pid, &now);
}

RAW_TRACEPOINT_PROBE(sched_wakeup)
{
	enqueue((struct task_struct *)ctx->args[0]);
	return 0;
}

RAW_TRACEPOINT_PROBE(sched_wakeup_new)
{
	enqueue((struct task_struct *)ctx->args[0]);
	return 0;
}

RAW_TRACEPOINT_PROBE(sched_switch)
{
	struct task_struct *prev = (struct task_struct *)ctx->args[1];
	struct task_struct *next = (struct task_struct *)ctx->args[2];
	u32 pid = next->pid;

	// A task that could go on waits again.
	if (STATE(prev) == TASK_RUNNING)
		enqueue(prev);

	u64 *since = waiting.lookup(&pid);
	if (!since)
		return 0;
	waits.increment(bpf_log2l((bpf_ktime_get_ns() - *since) / UNIT));
	waiting.delete(&pid);
	return 0;
}
