use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    BPF_ARRAY(slots, u64, 4);

    int on_entry(struct pt_regs *ctx) {
        int index = 1;
        u64 value = 1;
        slots.insert(&index, &value);
        return 0;
    }
}

fn main() {}
