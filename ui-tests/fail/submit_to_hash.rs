use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    BPF_HASH(counts, u32, u64);

    int on_entry(struct pt_regs *ctx) {
        u64 event = 1;
        counts.perf_submit(ctx, &event, sizeof(event));
        return 0;
    }
}

fn main() {}
