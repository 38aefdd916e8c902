// 64 bytes for each getppid of a thread, through a ring buffer of 2 MiB unless PAGES says otherwise.
#ifndef THREAD
#define THREAD 0
#endif
#ifndef PAGES
#define PAGES 512
#endif

struct event_t {
	u64 number;
	u64 rest[7];
};

BPF_RINGBUF_OUTPUT(events, PAGES);
BPF_ARRAY(refused, u64, 1);

TRACEPOINT_PROBE(syscalls, sys_enter_getppid)
{
	struct event_t event = {};

	if ((u32)bpf_get_current_pid_tgid() != THREAD)
		return 0;
	event.number = bpf_ktime_get_ns();
	if (events.ringbuf_output(&event, sizeof(event), 0))
		refused.atomic_increment(0);
	return 0;
}
