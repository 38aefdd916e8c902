#![deny(deprecated)]

use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    BPF_HASH(counts, u32, u64);

    int on_entry(struct pt_regs *ctx, int arg, size_t len, char *from) {
        struct dentry *dentry = (void *)from;
        while (dentry) {
            dentry = dentry->d_parent;
        }
        return 0;
    }
}

fn main() {}
