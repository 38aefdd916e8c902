use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    struct a { u64 x; };
    struct b { u64 y; u64 z; };
    BPF_PERF_OUTPUT(events);

    int on_entry(struct pt_regs *ctx) {
        struct a first = {};
        struct b second = {};
        events.perf_submit(ctx, &first, sizeof(first));
        events.perf_submit(ctx, &second, sizeof(second));
        return 0;
    }
}

fn main() {}
