#![deny(deprecated)]

use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    BPF_HASH(counts, u32, u64);

    int on_entry(struct pt_regs *ctx, int arg, size_t len, char *from) {
        u64 user = bpf_get_current_uid_gid();
        if (user == 0)
            counts.increment(0);
        return 0;
    }
}

fn main() {}
