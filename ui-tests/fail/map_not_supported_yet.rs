use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    BPF_TABLE_PUBLIC("hash", u32, u64, shared, 1024);

    int on_entry(struct pt_regs *ctx) {
        return 0;
    }
}

fn main() {}
