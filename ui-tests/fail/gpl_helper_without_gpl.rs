use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    #define BPF_LICENSE Proprietary

    int on_entry(struct pt_regs *ctx) {
        u64 ts = 0;
        bpf_probe_read(&ts, sizeof(ts), (void *)ctx->ip);
        return 0;
    }
}

fn main() {}
