// Each file that is opened: process, result and path.
#include <uapi/linux/limits.h>
#include <linux/sched.h>

// Only this process, if it is not 0.
const volatile u32 target_pid = 0;

struct start_t {
	const char *path;
	int flags;
};

struct open_t {
	u32 pid;
	u32 uid;
	int ret;
	int flags;
	char comm[TASK_COMM_LEN];
	char path[NAME_MAX];
};

BPF_HASH(starts, u64, struct start_t);
BPF_PERF_OUTPUT(opens);

TRACEPOINT_PROBE(syscalls, sys_enter_openat) {
	u64 id = bpf_get_current_pid_tgid();
	struct start_t start = {};

	if (target_pid && target_pid != id >> 32)
		return 0;
	start.path = args->filename;
	start.flags = args->flags;
	starts.update(&id, &start);
	return 0;
}

TRACEPOINT_PROBE(syscalls, sys_exit_openat) {
	u64 id = bpf_get_current_pid_tgid();
	struct start_t *start;
	struct open_t event = {};

	start = starts.lookup(&id);
	if (!start)
		return 0; // it began before we did

	event.pid = id >> 32;
	event.uid = bpf_get_current_uid_gid();
	event.ret = args->ret;
	event.flags = start->flags;
	bpf_get_current_comm(&event.comm, sizeof(event.comm));
	bpf_probe_read_user_str(&event.path, sizeof(event.path), start->path);
	opens.perf_submit(args, &event, sizeof(event));
	starts.delete(&id);
	return 0;
}
