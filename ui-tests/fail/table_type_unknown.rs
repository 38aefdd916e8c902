use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    BPF_TABLE("hashtable", u32, u64, counts, 64);
    BPF_QUEUESTACK("fifo:/sys/fs/bpf/fifo", waiting, u64, 64, 0);

    int on_entry(struct pt_regs *ctx) {
        return 0;
    }
}

fn main() {}
