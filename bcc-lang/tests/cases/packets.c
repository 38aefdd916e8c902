#include <bcc/proto.h>

/* A header of one's own. */
struct dns_t {
    u16 id;
    u16 qr : 1, opcode : 4, aa : 1, tc : 1, rd : 1, ra : 1, z : 3, rcode : 4;
    u8 label[4];
    struct { u16 type, class; } question;
} BPF_PACKET_HEADER;

struct pair_t { u32 host, port; };
BPF_HASH(counts, struct pair_t, u32);
BPF_HASH(seen, u64, u32);
BPF_PROG_ARRAY(parser, 4);

static u32 header_size(struct __sk_buff *skb, struct ip_t *ip)
{
    return ip->hlen << 2;
}

int classify(struct __sk_buff *skb)
{
    u8 *cursor = 0;
    ethernet: {
        struct ethernet_t *ethernet = cursor_advance(cursor, sizeof(*ethernet));
        u64 mac = ethernet->src;
        seen.increment(mac);
        if (ethernet->dst & (1ull << 40))
            return 0;
        switch (ethernet->type) {
            case ETH_P_IP: goto ip;
            case ETH_P_IPV6: goto ip6;
            default: return 0;
        }
    }
    ip: {
        struct ip_t *ip = cursor_advance(cursor, sizeof(*ip));
        if (ip->mf || ip->foffset)
            return 0;
        void *options = cursor_advance(cursor, header_size(skb, ip) - sizeof(*ip));
        struct udp_t *udp = cursor_advance(cursor, sizeof(*udp));
        struct dns_t *dns = cursor_advance(cursor, sizeof(*dns));
        if (ip->nextp == IPPROTO_UDP && udp->dport == 53 && dns->rcode == 0)
            return dns->label[1] + dns->label[ip->ttl & 3] + dns->question.class + (dns)->qr;
        return load_byte(skb, (u64)dns) + load_half(skb, 12) + load_word(skb, 26) + load_dword(skb, 26);
    }
    ip6: {
        struct ip6_t *ip6 = cursor_advance(cursor, sizeof(*ip6));
        return ip6->flow_label + ((struct ip6_t *)ip6)->src_hi + bpf_num_cpus();
    }
}

int rewrite(struct __sk_buff *packet)
{
    struct ip_t *ip = (void *)14;
    struct tcp_t *tcp = (void *)34;
    u32 old = ip->dst, new = 0x7f000001;
    u16 port = 80;
    struct ip_t copy, *copied = &copy;
    u32 *count = counts.lookup_or_try_init(&(struct pair_t){old, port}, &(u32){0});

    if (count)
        counts.increment((struct pair_t){.host = old, .port = port}, 2);

    ip->dst = new;
    ip->ttl -= 1;
    ip->tos++;
    tcp->flag_ece = ip->df;
    tcp->dst_port = port;
    incr_cksum_l3(&ip->hchecksum, old, new);
    incr_cksum_l4(&tcp->cksum, old, new, 1);
    if (bpf_skb_load_bytes(packet, 14, copied, sizeof(*copied)))
        return TC_ACT_SHOT;
    parser.call(packet, 1);
    return copied->tos + copy.ttl + offsetof(struct ip_t, nextp);
}

int monitor(struct bpf_sock_ops *skops) { return skops->op; }
int verdict(struct sk_msg_md *msg) { return SK_PASS; }
int parse_stream(struct __sk_buff *skb) { return skb->remote_port ? skb->len : 0; }
int connect6(struct bpf_sock_addr *ctx) { return ctx->user_ip6[0] != 0; }
int drop(struct xdp_md *ctx) { return XDP_DROP; }
SEC("cgroup_skb/egress") int count(struct __sk_buff *skb) { return 1; }

int any(void *ctx)
{
    u8 *cursor = 0;
    struct ethernet_t *ethernet = cursor_advance(cursor, sizeof(*ethernet));
    return ethernet->type == ETH_P_ARP;
}
