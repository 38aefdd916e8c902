#![deny(deprecated)]

use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    BPF_STACK_TRACE(stacks, 128);
    BPF_HASH(counts, u32, u64);

    int on_entry(struct pt_regs *ctx, int arg, size_t len, char *from) {
        u32 stack = stacks.get_stackid(ctx, 0);
        counts.increment(stack);
        return 0;
    }
}

fn main() {}
