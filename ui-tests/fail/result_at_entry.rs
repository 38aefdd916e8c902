use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    int kprobe__do_sys_openat2(struct pt_regs *ctx) {
        return PT_REGS_RC(ctx);
    }
}

fn main() {}
