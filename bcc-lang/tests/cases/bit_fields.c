struct flags { u32 a; u16 low : 3; u16 high : 13; struct { u8 one : 1, five : 5; } in; };
int on(struct pt_regs *ctx, struct sk_buff *skb, struct sock *sk, struct flags *flags, const struct tcphdr *th) {
    struct task_struct *t = (struct task_struct *)bpf_get_current_task();
    struct flags own = {};
    struct iphdr *ip = (struct iphdr *)(skb->head + skb->network_header), copy = {};
    u32 x = skb->ip_summed + t->in_iowait + (*skb).pkt_type + skb[0].cloned + sk->sk_kern_sock + sk->sk_reuse;
    bpf_probe_read_kernel(&copy, sizeof(copy), ip);
    if (ip->version == 4 && !ip->ihl && copy.version == 4 && !th->syn)
        x += skb->sk->__sk_common.skc_reuseport;
    return x + flags->low + flags->high + flags[1].in.five + own.low + own.in.one;
}
