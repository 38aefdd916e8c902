use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    int kretprobe__do_sys_openat2(struct pt_regs *ctx, int dfd) {
        return 0;
    }
}

fn main() {}
