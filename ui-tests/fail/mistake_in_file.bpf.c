BPF_HASH(counts, u32, u64);

int on_entry(struct pt_regs *ctx) {
    u32 pid = 1;
    counts.increment(&pid);
    return 0;
}
