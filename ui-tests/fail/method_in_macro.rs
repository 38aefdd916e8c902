use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    BPF_HASH(counts, u32, u64);

    #define COUNT(pid) counts.increment(pid)

    int on_entry(struct pt_regs *ctx) {
        COUNT(1);
        return 0;
    }
}

fn main() {}
