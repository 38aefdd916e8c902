use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    struct stats { u64 calls; u64 bytes; };
    BPF_HASH(stats, u32, struct stats);

    int on_entry(struct pt_regs *ctx) {
        stats.increment(1);
        return 0;
    }
}

fn main() {}
