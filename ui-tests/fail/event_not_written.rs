use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    struct event { u32 pid; u32 kind; char comm[16]; };
    BPF_PERF_OUTPUT(events);

    int on_entry(struct pt_regs *ctx, int arg, size_t len, char *from) {
        struct event event;
        event.pid = arg;
        events.perf_submit(ctx, &event, sizeof(event));
        return 0;
    }
}

fn main() {}
