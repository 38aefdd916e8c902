BPF_HASH(counts, u32, u64);
BPF_HASH(lookup, u32, u64);
static int get(u32 **out, u32 *in) { *out = in; return 0; }
int f(struct pt_regs *ctx) {
    u32 key = 1, *p;
    { struct { int (*lookup)(int); int increment; } counts = {}; counts.increment = 2; key += counts.increment; }
    u64 *delete = lookup . lookup ( & key ) ;
    counts
        .increment(
            key /* the key */,
            // how many
            2
        );
    get(&p, &key);
    for (u64 *v = counts.lookup(&key), *w = NULL; v && !w; w = v) { *v += *p; }
    return delete ? *delete : ({ u64 *x = counts.lookup(&key); x ? (int)*x : 0; });
}
