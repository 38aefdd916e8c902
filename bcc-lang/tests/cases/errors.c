BPF_HASH(u32, events);
BPF_HASH(counts, u32);
BPF_ARRAY(slots, u64, 0);
BPF_TABLE_PUBLIC("hash", u32, u64, shared, 64);

int helper(int x) { return x; }

int probe(struct pt_regs *ctx) {
    u32 pid = 1;
    u64 wide = 2;
    int __bcc_mine = 3;
    counts.lookup(pid);
    counts.lookup(&5);
    counts.update(&pid, &pid);
    slots.delete(&pid);
    slots.lookup(&wide);
    counts.perf_submit(ctx, &pid, sizeof(pid));
    counts.nothing(&pid);
    bpf_trace_printk("%d %d\n", pid);
    bpf_trace_printk("%f\n", pid);
    helper(1)
    return 0;
}
