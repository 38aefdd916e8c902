use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    BPF_HASH(counts, u32, u64);

    int on_entry(struct pt_regs *ctx) {
        u32 pid = 1;
        counts.increment(&pid);
        return 0;
    }
}

fn main() {}
