use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    struct sock;

    int kprobe__tcp_close(struct sock *sk) {
        return 0;
    }
}

fn main() {}
