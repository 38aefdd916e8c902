#ifdef BY_NAME
BPF_HASH(counts, struct name_t);
#else
BPF_HASH(counts, u32);
#endif

#ifdef RETURN
int probe(struct pt_regs *ctx) {
    struct file *file = (struct file *)PT_REGS_RC(ctx);
#else
int probe(struct pt_regs *ctx, struct file *file) {
#endif
    u32 key = file->f_flags;
#if defined(A) && !defined(B)
    u64 zero = 0;
    counts.lookup_or_init(&key, &zero);
#elif 0
    this is no C at all
#else
    counts.increment(
#ifdef TWICE
        key * 2
#else
        file->f_mode
#endif
    );
#endif
    return 0;
}
