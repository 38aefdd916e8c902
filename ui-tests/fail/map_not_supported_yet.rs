use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    BPF_STACK_TRACE(stacks, 1024);

    int on_entry(struct pt_regs *ctx) {
        return 0;
    }
}

fn main() {}
