use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    int on_entry(struct pt_regs *ctx) {
        u32 pid = 1
        return 0;
    }
}

fn main() {}
