// How often each process calls a function; attach `count` to any.
#include <uapi/linux/ptrace.h>

struct key_t {
	u64 ip;
	u32 pid;
};

BPF_HASH(counts, struct key_t, u64, 4096);

int count(struct pt_regs *ctx) {
	struct key_t key = {};
	key.ip = PT_REGS_IP(ctx);
	key.pid = bpf_get_current_pid_tgid() >> 32;
#ifdef PID
	if (key.pid != PID) { return 0; }
#endif
	counts.increment(key);
	return 0;
}
