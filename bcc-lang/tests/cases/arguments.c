enum kind { A, B };
typedef u64 (*cb_t)(int);
typedef struct { u32 a; } pair_t;

struct key_s { u64 a; enum kind k; };
#define N 16
enum { M = 4 };
BPF_HASH(by_enum, enum kind, pair_t, M);
BPF_HASH(by_key, struct key_s, unsigned __int128, N * sizeof(u64));
BPF_HASH(by_ptr, struct request *, u64);
BPF_HASH(by_arr, char[16]);
BPF_ARRAY(flags, unsigned long, N);
int probe(struct pt_regs *ctx, enum kind kind, cb_t cb, const char __user *path, unsigned long addr, char name[16], size_t n) {
    pair_t p = { 1 }; struct key_s key = { .a = addr, .k = kind };
    unsigned __int128 big = n;
    struct request *rq = (struct request *)addr;
    char text[16];
    by_enum.update(&kind, &p);
    by_key.update(&key, &big);
    by_ptr.increment(rq);
    bpf_get_current_comm(&text, sizeof(text));
    u64 one = 1; by_arr.update(&text, &one);
    by_arr.update((void *)text, &one);
    bpf_trace_printk("%s %d\n", name, rq->__data_len);
    flags.increment(3);
    switch (kind) { case A: goto out; case B ... 3: return path[1]; default: break; }
    if (cb) return name[2];
out:
    return 0;
}
