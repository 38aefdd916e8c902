#define BPF_LICENSE MIT
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 14, 0)
#define GET(n, t) do { n = t->__state; } while (0)
#else
#define GET(n, t) do { n = t->state; } while (0)
#endif
struct ev { u32 first; u32 second; };
BPF_HASH(bytes, u64, u64);
int on(struct pt_regs *ctx, struct task_struct *t, int *p) {
    u64 n = (u64)&t->pid + sizeof(t->pid);
    struct ev e = {};
    char own[16];
    GET(n, t);
    __builtin_memcpy(own, t->comm, sizeof(own));
    bytes.lookup(&e.second);
    return *p + p[1] + t->pid;
}
