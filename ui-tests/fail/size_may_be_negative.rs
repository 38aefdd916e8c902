use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    BPF_HASH(counts, u32, u64);

    int on_entry(struct pt_regs *ctx, int arg, size_t len, char *from) {
        char text[64] = {};
        if (arg > 64)
            arg = 64;
        bpf_probe_read_user(text, arg, from);
        return text[0];
    }
}

fn main() {}
