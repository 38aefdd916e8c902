use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    int on_request(struct pt_regs *ctx) {
        u64 sum = 0, value = 0;
        for (int i = 1; i <= 3; i++) {
            bpf_usdt_readarg(i, ctx, &value);
            sum += value;
        }
        return sum;
    }
}

fn main() {}
