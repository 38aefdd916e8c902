use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    int on_entry(struct pt_regs *ctx) {
        char name[16];
        bpf_probe_read_user_str(name, 64, (void *)ctx->di);
        return 0;
    }
}

fn main() {}
