use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    #define BPF_LICENSE Proprietary

    int kprobe__tcp_close(struct pt_regs *ctx, struct sock *sk) {
        return sk->__sk_common.skc_family;
    }
}

fn main() {}
