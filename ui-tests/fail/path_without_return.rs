#![deny(deprecated)]

use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    BPF_HASH(counts, u32, u64);

    int on_entry(struct pt_regs *ctx, int arg, size_t len, char *from) {
        u32 pid = arg;
        if (pid == 0)
            return 0;
        counts.increment(pid);
    }
}

fn main() {}
