use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    int syscall__openat(struct pt_regs *ctx, int dfd) {
        return PT_REGS_RC(ctx);
    }
}

fn main() {}
