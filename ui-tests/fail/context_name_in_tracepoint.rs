use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    struct event { u32 pid; };
    BPF_PERF_OUTPUT(events);

    TRACEPOINT_PROBE(sched, sched_switch) {
        struct event event = {};
        events.perf_submit(ctx, &event, sizeof(event));
        return 0;
    }
}

fn main() {}
