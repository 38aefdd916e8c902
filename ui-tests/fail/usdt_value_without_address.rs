use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    int on_request(struct pt_regs *ctx) {
        u32 size = 0;
        bpf_usdt_readarg(1, ctx, size);
        return size;
    }
}

fn main() {}
