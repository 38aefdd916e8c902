#define _(P) ({typeof(P) val; bpf_probe_read(&val, sizeof(val), &P); val;})
#define READ(p) bpf_probe_read_kernel(&x, sizeof(x), &(p))
#define FAMILY(sk) ((sk)->__sk_common.skc_family)
#define PORT(sk) sk->__sk_common.skc_num
#define OF(sk) FAMILY(sk)
#define ADD(a) { u16 t = PORT(a); \
    x += t; }
#define CURRENT ((struct task_struct *)bpf_get_current_task())
#define TGID CURRENT->tgid
#define FIELD(p, f) (p)->f
#define SKC(p, f) (p)->__sk_common.skc_ ## f
#define LOG(fmt, args...) bpf_trace_printk(fmt, ##args)
#define TABLE(name, key) BPF_HASH(name, key)
#define COUNT(k) counts.increment(k)
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define LOW_PORT (port & 0xff)
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 14, 0)
#define STATE(t) ((t)->__state)
#else
#define STATE(t) ((t)->state)
#endif
TABLE(counts, u32);
static int family(struct sock *sk) { return FAMILY(sk); }
int on_connect(struct pt_regs *ctx, struct sock *sk, struct sk_buff *skb, int port) {
    u32 x = 0;
    x += _(sk->__sk_common.skc_num) + _(skb->sk->__sk_common.skc_num);
    READ(sk->sk_mark);
    x += FAMILY(sk) + PORT(skb->sk) + OF(sk) + SKC(sk, dport);
    ADD(sk);
    ADD(sk)
    if (CURRENT->tgid == TGID)
        COUNT(MAX(skb->len, LOW_PORT));
    LOG("%d", FIELD(skb, len));
    LOG("state");
    return x + FIELD(CURRENT, pid) + family(sk) + STATE(CURRENT);
}
