#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "common.h"

#define IS_REGULAR(mode) (((mode) & 0170000) == 0100000)

char LICENSE[] SEC("license") = "GPL";

enum { READ, WRITE, FSYNC, OPEN, CREATE, CALLS };

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CALLS);
	__type(key, __u32);
	__type(value, __u64);
} calls SEC(".maps");

HASH(bytes, __u32, __u64, 10240);

static __always_inline int count_call(__u32 call)
{
	__u64 *count = bpf_map_lookup_elem(&calls, &call);

	if (count)
		__sync_fetch_and_add(count, 1);
	return 0;
}

SEC("kprobe/vfs_fsync_range")
int on_fsync(struct pt_regs *ctx)
{
	return count_call(FSYNC);
}

SEC("kprobe/vfs_open")
int on_open(struct pt_regs *ctx)
{
	return count_call(OPEN);
}

SEC("kprobe/vfs_create")
int on_create(struct pt_regs *ctx)
{
	return count_call(CREATE);
}

SEC("kprobe/vfs_read")
int on_read(struct pt_regs *ctx)
{
	return count_call(READ);
}

SEC("kprobe/vfs_write")
int BPF_KPROBE(on_write, struct file *file, const char *buf, size_t count)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;

	count_call(WRITE);
	if (IS_REGULAR(BPF_CORE_READ(file, f_inode, i_mode)))
		add(&bytes, &pid, count);
	return 0;
}
