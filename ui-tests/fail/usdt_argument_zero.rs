use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    int on_request(struct pt_regs *ctx) {
        u64 size = 0;
        bpf_usdt_readarg(0, ctx, &size);
        return 0;
    }
}

fn main() {}
