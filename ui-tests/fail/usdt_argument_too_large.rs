use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    int on_request(struct pt_regs *ctx) {
        char path[64];
        bpf_usdt_readarg_p(13, ctx, path, sizeof(path));
        return 0;
    }
}

fn main() {}
