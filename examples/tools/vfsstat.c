// Calls of the file systems' interface, by what they do.
#include <uapi/linux/ptrace.h>
#include <linux/fs.h>

enum { READ, WRITE, FSYNC, OPEN, CREATE, CALLS };

BPF_ARRAY(calls, u64, CALLS);
BPF_HASH(bytes, u32, u64);

#define COUNT(function, call)                       \
	int kprobe__##function(struct pt_regs *ctx) \
	{                                           \
		calls.increment(call);              \
		return 0;                           \
	}

COUNT(vfs_fsync_range, FSYNC)
COUNT(vfs_open, OPEN)
COUNT(vfs_create, CREATE)

int kprobe__vfs_read(struct pt_regs *ctx, struct file *file, char __user *buf, size_t count)
{
	calls.increment(READ);
	return 0;
}

// Only regular files have their bytes counted.
int kprobe__vfs_write(struct pt_regs *ctx, struct file *file, const char __user *buf, size_t count)
{
	u32 pid = bpf_get_current_pid_tgid() >> 32;

	calls.increment(WRITE);
	if (S_ISREG(file->f_inode->i_mode))
		bytes.increment(pid, count);
	return 0;
}
