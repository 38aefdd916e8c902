use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    #ifdef DEBUG

    int on_entry(struct pt_regs *ctx) {
        return 0;
    }
}

fn main() {}
