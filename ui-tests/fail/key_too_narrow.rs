use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    BPF_HASH(start, u64, u64);

    int on_entry(struct pt_regs *ctx) {
        u32 pid = 1;
        u64 ts = 0;
        start.update(&pid, &ts);
        return 0;
    }
}

fn main() {}
