typedef struct sock sock_t;
struct kept { struct task_struct *task; u64 n; };
struct ev { u32 first; u32 second; };
struct task_struct *last;
static struct kept state;
BPF_HASH(bytes, u64, u64);
BPF_PERF_OUTPUT(events);
static void keep(struct task_struct **where, struct task_struct *task) { *where = task; }
static u32 mark(sock_t *sk);
u32 mark(sock_t *sk) { return sk->sk_mark; }
static __attribute__((noinline, unused)) int same(int n) { return n; }
int kprobe(struct pt_regs *ctx, /* a comment
    on two lines */ struct task_struct /* and
    another */ *t,
    // and one more
    const sock_t *sk, struct sock *list[]) {
    struct kept kept = {}, copy; struct ev e = {}; char key[8] = {}; u64 one = 1;
    struct task_struct *u, *w, **where = &u, ***far = &where;
    kept.task = t;
    __builtin_memcpy(&copy, &kept, sizeof(copy));
    *where = t; keep(&w, t); **far = t;
    last = t; state.task = t;
    u32 x = copy.task->pid + u->pid + w->pid + last->pid + state.task->pid + (*where)->pid + (**far)->tgid;
    x += mark((sock_t *)sk) + same(list[0]->sk_mark) + (x, sk)->sk_mark + 0[list]->sk_mark;
    bytes.update(&key[0], &one);
    bytes.lookup(&e.first);
    events.perf_submit(ctx, &e.first, sizeof(e));
    return x;
}
int xdp(struct pt_regs *ctx) { return 0; }
