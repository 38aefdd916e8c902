use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    BPF_HASH(counts, u32, u64);

    int on_entry(struct pt_regs *ctx, int arg, size_t len, char *from) {
        u32 pid = arg;
        u64 zero = 0;
        u64 *count = counts.lookup(&pid);
        if (!count) {
            counts.update(&pid, &zero);
            count = counts.lookup(&pid);
        }
        (*count)++;
        return 0;
    }
}

fn main() {}
