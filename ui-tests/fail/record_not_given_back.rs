use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    struct event { u32 pid; };
    BPF_RINGBUF_OUTPUT(events, 8);

    int on_entry(struct pt_regs *ctx, int arg, size_t len, char *from) {
        struct event *event = events.ringbuf_reserve(sizeof(*event));
        if (!event)
            return 0;
        event->pid = arg;
        if (arg < 0)
            return 0;
        events.ringbuf_submit(event, 0);
        return 0;
    }
}

fn main() {}
