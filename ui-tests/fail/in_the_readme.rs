use bcc_runtime::bpf_program;

bpf_program! {
    mod slow_reads;

    struct event_t { u32 pid; u64 nanoseconds; char comm[16]; };
    BPF_HASH(started, u64, struct event_t);
    BPF_RINGBUF_OUTPUT(events, 64);

    int kprobe__vfs_read(struct pt_regs *ctx, struct file *file) {
        struct event_t event;
        u32 pid = bpf_get_current_pid_tgid();
        event.pid = pid;
        started.update(&pid, &event);
        return 0;
    }

    int kretprobe__vfs_read(struct pt_regs *ctx) {
        u64 id = bpf_get_current_pid_tgid();
        struct event_t *event = started.lookup(&id);
        u64 took = bpf_ktime_get_ns() - event->nanoseconds;
        struct event_t *slow = events.ringbuf_reserve(sizeof(*slow));
        if (!slow)
            return 0;
        if (took < 1000000)
            return 0;
        slow->nanoseconds = took;
        events.ringbuf_submit(slow, 0);
        bpf_trace_printk("%d took %d ns", took);
        return 0;
    }
}

fn main() {}
