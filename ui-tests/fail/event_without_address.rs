use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    struct event_t { u32 pid; };
    BPF_PERF_OUTPUT(events);

    int on_entry(struct pt_regs *ctx) {
        struct event_t event = {};
        events.perf_submit(ctx, event, sizeof(event));
        return 0;
    }
}

fn main() {}
