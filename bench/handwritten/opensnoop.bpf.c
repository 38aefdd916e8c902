#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "common.h"

char LICENSE[] SEC("license") = "GPL";

const volatile __u32 target_pid = 0;

struct start_t {
	const char *path;
	int flags;
};

struct open_t {
	__u32 pid;
	__u32 uid;
	int ret;
	int flags;
	char comm[TASK_COMM_LEN];
	char path[255];
};

HASH(starts, __u64, struct start_t, 10240);
PERF_BUFFER(opens);

SEC("tracepoint/syscalls/sys_enter_openat")
int on_openat(struct trace_event_raw_sys_enter *ctx)
{
	__u64 id = bpf_get_current_pid_tgid();
	struct start_t start = {};

	if (target_pid && target_pid != id >> 32)
		return 0;
	start.path = (const char *)ctx->args[1];
	start.flags = ctx->args[2];
	bpf_map_update_elem(&starts, &id, &start, BPF_ANY);
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_openat")
int on_openat_return(struct trace_event_raw_sys_exit *ctx)
{
	__u64 id = bpf_get_current_pid_tgid();
	struct start_t *start = bpf_map_lookup_elem(&starts, &id);
	struct open_t event = {};

	if (!start)
		return 0;
	event.pid = id >> 32;
	event.uid = bpf_get_current_uid_gid();
	event.ret = ctx->ret;
	event.flags = start->flags;
	bpf_get_current_comm(&event.comm, sizeof(event.comm));
	bpf_probe_read_user_str(event.path, sizeof(event.path), start->path);
	bpf_perf_event_output(ctx, &opens, BPF_F_CURRENT_CPU, &event, sizeof(event));
	bpf_map_delete_elem(&starts, &id);
	return 0;
}
