use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    struct pair_t { u32 first; u32 second; };
    BPF_HASH(counts, u64, u64);

    int on_entry(struct pt_regs *ctx) {
        struct pair_t pair = {};
        counts.lookup(&pair.first);
        counts.lookup(&pair.second);
        return 0;
    }
}

fn main() {}
