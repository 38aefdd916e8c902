use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    int on_entry(struct pt_regs *ctx) {
        int __bcc_value = 0;
        return __bcc_value;
    }
}

fn main() {}
