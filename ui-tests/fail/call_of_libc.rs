use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    int on_entry(struct pt_regs *ctx) {
        char name[16];
        char other[16];
        return strcmp(name, other);
    }
}

fn main() {}
