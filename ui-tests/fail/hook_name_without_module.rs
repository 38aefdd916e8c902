use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    int kfunc__vfs_open(unsigned long long *ctx) {
        return 0;
    }
}

fn main() {}
