use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    int kprobe__f(struct pt_regs *ctx, int) {
        return 0;
    }
}

fn main() {}
