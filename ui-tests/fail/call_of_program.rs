use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    int helper(struct pt_regs *ctx) { return 0; }

    int on_entry(struct pt_regs *ctx) {
        return helper(ctx);
    }
}

fn main() {}
