use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    BPF_TABLE("histogram", int, u32, latencies, 64);

    int on_entry(struct pt_regs *ctx) {
        latencies.increment(3);
        return 0;
    }
}

fn main() {}
