struct event { u32 pid; char comm[16]; };
BPF_HASH(events, u32, struct event);

int on_entry(struct pt_regs *ctx) {
    u32 pid = bpf_get_current_pid_tgid() >> 32;
    struct event *event = events.lookup(&pid);
    if (event)
        bpf_trace_printk("%s\n", event->comm);
    return 0;
}
