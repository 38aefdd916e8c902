use bcc_runtime::bpf_program;

bpf_program! {
    mod tool;

    BPF_HASH(counts, u32, u64);

    int on_entry(struct pt_regs *ctx, int arg, size_t len, char *from) {
        u32 pid = arg;
        u64 *since = counts.lookup(&pid);
        u64 delta = bpf_ktime_get_ns() - *since;
        if (!since)
            return 0;
        counts.update(&pid, &delta);
        return 0;
    }
}

fn main() {}
