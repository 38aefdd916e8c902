use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    struct event { u32 pid; u32 tid; u64 ts; };
    BPF_PERF_OUTPUT(events);

    static int send(struct pt_regs *ctx, struct event *event) {
        return events.perf_submit(ctx, event, sizeof(event));
    }
}

fn main() {}
