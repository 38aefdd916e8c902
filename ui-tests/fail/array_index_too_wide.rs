use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    BPF_ARRAY(slots, u64, 4);

    int on_entry(struct pt_regs *ctx) {
        u64 index = 1;
        slots.lookup(&index);
        return 0;
    }
}

fn main() {}
