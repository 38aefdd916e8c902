use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    #define BPF_LICENSE "GPL"

    int on_entry(struct pt_regs *ctx) {
        return 0;
    }
}

fn main() {}
