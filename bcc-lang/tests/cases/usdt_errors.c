int numbers(struct pt_regs *ctx, int which) {
    u64 value = 0;
    struct { char text[4]; } record;
    bpf_usdt_readarg(0, ctx, &value);
    bpf_usdt_readarg(13, ctx, &value);
    bpf_usdt_readarg(which, ctx, &value);
    bpf_usdt_readarg(1, ctx, value);
    bpf_usdt_readarg(1, &value);
    bpf_usdt_readarg_p(2, ctx, &record, 5);
    bpf_usdt_readarg(UNKNOWN_MACRO, ctx, &value);
    return 0;
}
TRACEPOINT_PROBE(sched, sched_switch) {
    u64 value = 0;
    bpf_usdt_readarg(1, args, &value);
    return value;
}
int kretprobe__vfs_read(struct pt_regs *ctx) {
    char text[8];
    bpf_usdt_readarg_p(1, ctx, text, sizeof(text));
    return 0;
}
