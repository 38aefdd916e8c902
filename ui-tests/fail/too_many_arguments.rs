use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    int kprobe__f(struct pt_regs *ctx, int a, int b, int c, int d, int e, int f, int g) {
        return 0;
    }
}

fn main() {}
