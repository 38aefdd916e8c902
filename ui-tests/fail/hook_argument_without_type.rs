use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    KFUNC_PROBE(vfs_open, path, struct file *) {
        return 0;
    }
}

fn main() {}
