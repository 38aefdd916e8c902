use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    BPF_HASH(counts, u32, u64);

    static u64 *find(u32 pid) {
        u64 *count = counts.lookup(&pid);
        if (!count)
            return NULL;
        *count += 1;
        return count;
    }

    int on_entry(struct pt_regs *ctx, int arg, size_t len, char *from) {
        u64 *count = find(arg);
        return *count > 9;
    }
}

fn main() {}
