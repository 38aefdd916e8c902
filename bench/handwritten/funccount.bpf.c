#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "common.h"

char LICENSE[] SEC("license") = "GPL";

struct key_t {
	__u64 ip;
	__u32 pid;
};

HASH(counts, struct key_t, __u64, 4096);

SEC("kprobe")
int on_call(struct pt_regs *ctx)
{
	struct key_t key = {};

	key.ip = PT_REGS_IP(ctx);
	key.pid = bpf_get_current_pid_tgid() >> 32;
	add(&counts, &key, 1);
	return 0;
}
