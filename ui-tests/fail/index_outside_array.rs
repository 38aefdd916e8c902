use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    BPF_ARRAY(slots, u64, 4);

    int on_entry(struct pt_regs *ctx, int arg, size_t len, char *from) {
        int index = 4;
        u64 one = 1;
        slots.update(&index, &one);
        return 0;
    }
}

fn main() {}
