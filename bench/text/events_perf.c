// 64 bytes for each getppid of a thread, through a perf buffer.
#ifndef THREAD
#define THREAD 0
#endif

struct event_t {
	u64 number;
	u64 rest[7];
};

BPF_PERF_OUTPUT(events);

TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	struct event_t event = {};

	if ((u32)bpf_get_current_pid_tgid() != THREAD)
		return 0;
	event.number = bpf_ktime_get_ns();
	events.perf_submit(args, &event, sizeof(event));
	return 0;
}
