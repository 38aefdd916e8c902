#include <uapi/linux/ptrace.h>
#include <linux/sched.h>

struct key_t {
    u32 pid;
    char comm[TASK_COMM_LEN];
};

BPF_HASH(counts, struct key_t, u64, 10240);
BPF_HISTOGRAM(dist)
BPF_ARRAY(totals, u64, 2);
BPF_PERF_OUTPUT(events);
BPF_TABLE("percpu_hash", u32,
          struct key_t, other, 128);

static inline bool skip(u32 pid) { return pid == 0; }

int kprobe__do_nanosleep(struct pt_regs *ctx, struct hrtimer_sleeper *t, enum hrtimer_mode mode)
{
    struct key_t key = {};
    u64 zero = 0, *val, id = bpf_get_current_pid_tgid();

    key.pid = id >> 32;
    if (skip(key.pid))
        return 0;
    bpf_get_current_comm(&key.comm, sizeof(key.comm));
    val = counts.lookup_or_try_init(&key, &zero);
    if (val) {
        (*val)++;
        lock_xadd(val, 1);
    }
    dist.increment(bpf_log2l(t->timer.node.expires));
    counts.delete(&key);
    events.perf_submit(ctx, &key, sizeof(key));
    bpf_trace_printk("pid %d %s\n", key.pid, key.comm);
    return 0;
}

TRACEPOINT_PROBE(sched, sched_switch)
{
    u64 ts = bpf_ktime_get_ns();
    totals.atomic_increment(args->prev_pid != 0);
    return 0;
}

KFUNC_PROBE(vfs_read, struct file *file, char *buf, size_t count) {
    const struct qstr *name = &file->f_path.dentry->d_name;
    return !name->len ? 0 : (int)count;
}
