#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include "bcc_prelude.h"

/* With BCC_COUNT_FAILURES, which is the number of places that are watched: how often each has failed, by CPU, so
 * that CPUs seldom meet, and by error number. 0 stands for failures without a number, 31 for all from 31 on. */
#ifdef BCC_COUNT_FAILURES
unsigned long long __bcc_failures[BCC_COUNT_FAILURES][8][32] __attribute__((section(".bss.bcc_fails"), aligned(64)));
static __always_inline void bcc_failed(unsigned int site, long error)
{
	unsigned long long number = (unsigned int)-(int)error;

	if (number > 31)
		number = 31;
	/* The verifier of Linux 6.1 loses the bound on the way to the index. */
	asm volatile("%0 &= 31" : "+r"(number));
	__sync_fetch_and_add(&__bcc_failures[site][bpf_get_smp_processor_id() & 7][number], 1);
}
#endif

/* The status that a call gives; with BCC_COUNT_FAILURES, it is counted as a failure unless it is 0. */
#ifdef BCC_COUNT_FAILURES
#define BCC_COUNT_NONZERO(site, ...) ({ \
	long __bcc_status = (__VA_ARGS__); \
	if (__builtin_expect(__bcc_status, 0)) \
		bcc_failed(site, __bcc_status); \
	__bcc_status; \
})
#else
#define BCC_COUNT_NONZERO(site, ...) (__VA_ARGS__)
#endif

/* The pointer that a call gives; with BCC_COUNT_FAILURES, NULL is counted as a failure. */
#ifdef BCC_COUNT_FAILURES
#define BCC_COUNT_NULL(site, ...) ({ \
	__auto_type __bcc_pointer = (__VA_ARGS__); \
	if (__builtin_expect(!__bcc_pointer, 0)) \
		bcc_failed(site, 0); \
	__bcc_pointer; \
})
#else
#define BCC_COUNT_NULL(site, ...) (__VA_ARGS__)
#endif

/* A call that does not come back unless it fails; with BCC_COUNT_FAILURES, that is counted. */
#ifdef BCC_COUNT_FAILURES
#define BCC_COUNT_RETURN(site, ...) ({ \
	(__VA_ARGS__); \
	bcc_failed(site, 0); \
})
#else
#define BCC_COUNT_RETURN(site, ...) (__VA_ARGS__)
#endif

/* The value of `key`, made from `*init` if the key is missing; may still be NULL if the map is full. */
#define bcc_lookup_or_try_init(map, key, init) ({ \
	const void *__bcc_key = (key); \
	typeof((map)->value) __bcc_leaf = bpf_map_lookup_elem(map, __bcc_key); \
	if (!__bcc_leaf) { \
		bpf_map_update_elem(map, __bcc_key, init, BPF_NOEXIST); \
		__bcc_leaf = bpf_map_lookup_elem(map, __bcc_key); \
	} \
	__bcc_leaf; \
})

/* A call for the key `k`, by way of a copy, since it may be any expression. */
#define bcc_with_key(call, map, k, n) ({ \
	typeof(*(map)->key) __bcc_key = (k); \
	call(map, &__bcc_key, n); \
})

/* Adds `n` to the value of key `*k`, which starts at 0 if it is missing. Gives 0 or what kept it from being counted. */
#define bcc_increment_at(map, k, n) ({ \
	typeof(*(map)->value) __bcc_n = (n), *__bcc_leaf = bpf_map_lookup_elem(map, k); \
	long __bcc_error = 0; \
	if (__bcc_leaf) \
		*__bcc_leaf += __bcc_n; \
	else \
		__bcc_error = bpf_map_update_elem(map, k, &__bcc_n, BPF_NOEXIST); \
	__bcc_error; \
})
#define bcc_increment(map, k, n) bcc_with_key(bcc_increment_at, map, k, n)

/* Behind a struct: its members are read from a packet, at the place that a pointer to it stands for. */
#define BPF_PACKET_HEADER __attribute__((packed))

/* The place `cursor` stands at, which then moves on by `n`. */
#define cursor_advance(cursor, n) ({ \
	void *__bcc_place = (void *)(cursor); \
	(cursor) = (typeof(cursor))((unsigned long)__bcc_place + (n) * sizeof(*(cursor))); \
	__bcc_place; \
})

/* The byte at `off` of the packet; a packet that ends before it ends the program with 0. */
unsigned long long load_byte(void *skb, unsigned long long off) asm("llvm.bpf.load.byte");

/* The two bytes at `off` of the packet as a number; a packet that ends before them ends the program with 0. */
unsigned long long load_half(void *skb, unsigned long long off) asm("llvm.bpf.load.half");

/* The four bytes at `off` of the packet as a number; a packet that ends before them ends the program with 0. */
unsigned long long load_word(void *skb, unsigned long long off) asm("llvm.bpf.load.word");

/* The eight bytes at `off` of the packet as a number; a packet that ends before them ends the program with 0. */
static __always_inline unsigned long long load_dword(void *skb, unsigned long long off)
{
	return load_word(skb, off) << 32 | load_word(skb, off + 4);
}

/* The first `n` bytes, at most eight, at `off` of the packet as a number. */
static __always_inline unsigned long long bcc_load_bytes(void *skb, unsigned long long off, unsigned int n)
{
	switch (n) {
	case 1: return load_byte(skb, off);
	case 2: return load_half(skb, off);
	case 3: return load_half(skb, off) << 8 | load_byte(skb, off + 2);
	case 4: return load_word(skb, off);
	case 5: return load_word(skb, off) << 8 | load_byte(skb, off + 4);
	case 6: return load_word(skb, off) << 16 | load_half(skb, off + 4);
	case 7: return load_word(skb, off) << 24 | load_half(skb, off + 4) << 8 | load_byte(skb, off + 6);
	case 8: return load_dword(skb, off);
	}
	return 0;
}
/* The `bits` bits, at most 64, that begin `bit` bits behind `off` of the packet, as a number. */
static __always_inline unsigned long long bpf_dext_pkt(void *skb, unsigned long long off, unsigned int bit, unsigned int bits)
{
	unsigned int n = (bit + bits + 7) / 8;

	return bcc_load_bytes(skb, off, n) >> (8 * n - bit - bits) & ~0ULL >> (64 - bits);
}

/* Writes `value` to the `bits` bits that begin `bit` bits behind `off` of the packet. Checksums stay as they are. */
static __always_inline void bpf_dins_pkt(void *skb, unsigned long long off, unsigned int bit, unsigned int bits, unsigned long long value)
{
	unsigned int n = (bit + bits + 7) / 8, shift = 8 * n - bit - bits;
	unsigned long long mask = ~0ULL >> (64 - bits) << shift, bytes = value << shift;

	if (bits != 8 * n)
		bytes = (bytes & mask) | (bcc_load_bytes(skb, off, n) & ~mask);
	bytes = bpf_cpu_to_be64(bytes << (64 - 8 * n));
	bpf_skb_store_bytes(skb, off, &bytes, n, 0);
}

/* `value`, of `size` bytes, in the order of the bytes on the wire. */
static __always_inline unsigned long long bcc_wire_order(unsigned long long value, unsigned int size)
{
	switch (size) {
	case 2: return bpf_htons(value);
	case 4: return bpf_htonl(value);
	case 8: return bpf_cpu_to_be64(value);
	}
	return value;
}

/* Corrects the checksum of an IP header at `off` for a change of one value. */
#define bcc_incr_cksum_l3(skb, off, from, to) bpf_l3_csum_replace(skb, (unsigned long)(off), \
	bcc_wire_order(from, sizeof(to)), bcc_wire_order(to, sizeof(to)), sizeof(to))

/* Corrects the checksum of a TCP or UDP header at `off` for a change of one value; `pseudo` is 1 if that belongs to the pseudo header. */
#define bcc_incr_cksum_l4(skb, off, from, to, pseudo) bpf_l4_csum_replace(skb, (unsigned long)(off), \
	bcc_wire_order(from, sizeof(to)), bcc_wire_order(to, sizeof(to)), ((pseudo) & 1) << 4 | sizeof(to))

struct ethernet_t {
	unsigned long long dst : 48, src : 48;
	unsigned int type : 16;
} BPF_PACKET_HEADER;

struct ip_t {
	unsigned char ver : 4, hlen : 4;
	unsigned char tos;
	unsigned short tlen, identification;
	unsigned short ffo_unused : 1, df : 1, mf : 1, foffset : 13;
	unsigned char ttl, nextp;
	unsigned short hchecksum;
	unsigned int src, dst;
} BPF_PACKET_HEADER;

struct ip6_t {
	unsigned int ver : 4, priority : 8, flow_label : 20;
	unsigned short payload_len;
	unsigned char next_header, hop_limit;
	unsigned long long src_hi, src_lo, dst_hi, dst_lo;
} BPF_PACKET_HEADER;

struct udp_t {
	unsigned short sport, dport, length, crc;
} BPF_PACKET_HEADER;

struct tcp_t {
	unsigned short src_port, dst_port;
	unsigned int seq_num, ack_num;
	unsigned char offset : 4, reserved : 4;
	unsigned char flag_cwr : 1, flag_ece : 1, flag_urg : 1, flag_ack : 1;
	unsigned char flag_psh : 1, flag_rst : 1, flag_syn : 1, flag_fin : 1;
	unsigned short rcv_wnd, cksum, urg_ptr;
} BPF_PACKET_HEADER;

#line 1 "packets.c"
/* #include <bcc/proto.h> */

/* A header of one's own. */
struct dns_t {
    u16 id;
    u16 qr : 1, opcode : 4, aa : 1, tc : 1, rd : 1, ra : 1, z : 3, rcode : 4;
    u8 label[4];
    struct { u16 type, class; } question;
} BPF_PACKET_HEADER;

struct pair_t { u32 host, port; };
struct {
#line 12
    __uint(type, BPF_MAP_TYPE_HASH);
#line 12
    __type(key, struct pair_t);
#line 12
    __type(value, u32);
#line 12
    __uint(max_entries, 10240);
#line 12
} counts SEC(".maps");
#line 12

struct {
#line 13
    __uint(type, BPF_MAP_TYPE_HASH);
#line 13
    __type(key, u64);
#line 13
    __type(value, u32);
#line 13
    __uint(max_entries, 10240);
#line 13
} seen SEC(".maps");
#line 13

struct {
#line 14
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
#line 14
    __type(key, u32);
#line 14
    __type(value, u32);
#line 14
    __uint(max_entries, 4);
#line 14
} parser SEC(".maps");
#line 14


static __always_inline u32 header_size(struct __sk_buff *skb, struct ip_t *ip)
{
    return bpf_dext_pkt(skb, (unsigned long)ip, 4, 4) << 2;
}

SEC("tc")
#line 21
int classify(struct __sk_buff *skb)
{
    u8 *cursor = 0;
    ethernet: {
        struct ethernet_t *ethernet = cursor_advance(cursor, sizeof(*ethernet));
        u64 mac = bpf_dext_pkt(skb, (unsigned long)ethernet + 6, 0, 48);
        BCC_COUNT_NONZERO(0, bcc_increment(&seen, mac, 1));
        if (bpf_dext_pkt(skb, (unsigned long)ethernet, 0, 48) & (1ull << 40))
            return 0;
        switch (bpf_dext_pkt(skb, (unsigned long)ethernet + 12, 0, 16)) {
            case ETH_P_IP: goto ip;
            case ETH_P_IPV6: goto ip6;
            default: return 0;
        }
    }
    ip: {
        struct ip_t *ip = cursor_advance(cursor, sizeof(*ip));
        if (bpf_dext_pkt(skb, (unsigned long)ip + 6, 2, 1) || bpf_dext_pkt(skb, (unsigned long)ip + 6, 3, 13))
            return 0;
        void *options = cursor_advance(cursor, header_size(skb, ip) - sizeof(*ip));
        struct udp_t *udp = cursor_advance(cursor, sizeof(*udp));
        struct dns_t *dns = cursor_advance(cursor, sizeof(*dns));
        if (bpf_dext_pkt(skb, (unsigned long)ip + 9, 0, 8) == IPPROTO_UDP && bpf_dext_pkt(skb, (unsigned long)udp + 2, 0, 16) == 53 && bpf_dext_pkt(skb, (unsigned long)dns + 3, 4, 4) == 0)
            return bpf_dext_pkt(skb, (unsigned long)dns + 4 + (1) * 1, 0, 8) + bpf_dext_pkt(skb, (unsigned long)dns + 4 + (bpf_dext_pkt(skb, (unsigned long)ip + 8, 0, 8) & 3) * 1, 0, 8) + bpf_dext_pkt(skb, (unsigned long)dns + 10, 0, 16) + bpf_dext_pkt(skb, (unsigned long)(dns) + 2, 0, 1);
        return load_byte(skb, (u64)dns) + load_half(skb, 12) + load_word(skb, 26) + load_dword(skb, 26);
    }
    ip6: {
        struct ip6_t *ip6 = cursor_advance(cursor, sizeof(*ip6));
        return bpf_dext_pkt(skb, (unsigned long)ip6 + 1, 4, 20) + bpf_dext_pkt(skb, (unsigned long)((struct ip6_t *)ip6) + 8, 0, 64) + bpf_num_cpus();
    }
}

SEC("tc")
#line 53
int rewrite(struct __sk_buff *packet)
{
    struct ip_t *ip = (void *)14;
    struct tcp_t *tcp = (void *)34;
    u32 old = bpf_dext_pkt(packet, (unsigned long)ip + 16, 0, 32), new = 0x7f000001;
    u16 port = 80;
    struct ip_t copy, *copied = &copy;
    u32 *count = BCC_COUNT_NULL(1, bcc_lookup_or_try_init(&counts, (&(struct pair_t){old, port}), (&(u32){0})));

    if (count)
        BCC_COUNT_NONZERO(2, bcc_increment(&counts, ((struct pair_t){.host = old, .port = port}), 2));

    bpf_dins_pkt(packet, (unsigned long)ip + 16, 0, 32, new);
    bpf_dins_pkt(packet, (unsigned long)ip + 8, 0, 8, bpf_dext_pkt(packet, (unsigned long)ip + 8, 0, 8) - (1));
    bpf_dins_pkt(packet, (unsigned long)ip + 1, 0, 8, bpf_dext_pkt(packet, (unsigned long)ip + 1, 0, 8) + 1);
    bpf_dins_pkt(packet, (unsigned long)tcp + 13, 1, 1, bpf_dext_pkt(packet, (unsigned long)ip + 6, 1, 1));
    bpf_dins_pkt(packet, (unsigned long)tcp + 2, 0, 16, port);
    bcc_incr_cksum_l3(packet, &ip->hchecksum, old, new);
    bcc_incr_cksum_l4(packet, &tcp->cksum, old, new, 1);
    if (bpf_skb_load_bytes(packet, 14, copied, sizeof(*copied)))
        return TC_ACT_SHOT;
    BCC_COUNT_RETURN(3, bpf_tail_call(packet, &parser, 1));
    return copied->tos + copy.ttl + offsetof(struct ip_t, nextp);
}

SEC("sockops")
#line 78
int monitor(struct bpf_sock_ops *skops) { return skops->op; }
SEC("sk_msg")
#line 79
int verdict(struct sk_msg_md *msg) { return SK_PASS; }
SEC("sk_skb")
#line 80
int parse_stream(struct __sk_buff *skb) { return skb->remote_port ? skb->len : 0; }
SEC("cgroup/connect6")
#line 81
int connect6(struct bpf_sock_addr *ctx) { return ctx->user_ip6[0] != 0; }
SEC("xdp")
#line 82
int drop(struct xdp_md *ctx) { return XDP_DROP; }
SEC("cgroup_skb/egress") int count(struct __sk_buff *skb) { return 1; }

SEC("tc")
#line 85
int any(void *ctx)
{
    u8 *cursor = 0;
    struct ethernet_t *ethernet = cursor_advance(cursor, sizeof(*ethernet));
    return bpf_dext_pkt(ctx, (unsigned long)ethernet + 12, 0, 16) == ETH_P_ARP;
}

#line 1 "<layout>"
_Static_assert(sizeof(struct pair_t) == 8, "size of struct pair_t");
_Static_assert(__builtin_offsetof(struct pair_t, host) == 0, "offset of host in struct pair_t");
_Static_assert(__builtin_offsetof(struct pair_t, port) == 4, "offset of port in struct pair_t");

#line 1 "<license>"
char LICENSE[] SEC("license") = "GPL";

/* needs: KernelNeeds {
    names: [
        "BPF_HASH",
        "BPF_MAP_TYPE_HASH",
        "BPF_MAP_TYPE_PROG_ARRAY",
        "BPF_NOEXIST",
        "BPF_PROG_ARRAY",
        "ETH_P_ARP",
        "ETH_P_IP",
        "ETH_P_IPV6",
        "IPPROTO_UDP",
        "SEC",
        "SK_PASS",
        "TC_ACT_SHOT",
        "XDP_DROP",
        "__sk_buff",
        "aa",
        "bpf_num_cpus",
        "bpf_skb_load_bytes",
        "bpf_sock_addr",
        "bpf_sock_ops",
        "class",
        "host",
        "id",
        "incr_cksum_l3",
        "incr_cksum_l4",
        "label",
        "nextp",
        "offsetof",
        "opcode",
        "qr",
        "question",
        "ra",
        "rcode",
        "rd",
        "sk_msg_md",
        "tc",
        "type",
        "u16",
        "u32",
        "u64",
        "u8",
        "xdp_md",
        "z",
    ],
    defined: [
        "any",
        "classify",
        "connect6",
        "count",
        "counts",
        "dns_t",
        "drop",
        "header_size",
        "monitor",
        "pair_t",
        "parse_stream",
        "parser",
        "rewrite",
        "seen",
        "verdict",
    ],
    locals: [
        "aa",
        "class",
        "copied",
        "copy",
        "count",
        "ctx",
        "cursor",
        "dns",
        "ethernet",
        "host",
        "id",
        "ip",
        "ip6",
        "label",
        "mac",
        "msg",
        "new",
        "old",
        "opcode",
        "options",
        "packet",
        "port",
        "qr",
        "question",
        "ra",
        "rcode",
        "rd",
        "skb",
        "skops",
        "tc",
        "tcp",
        "type",
        "udp",
        "z",
    ],
    members: [
        "call",
        "cksum",
        "class",
        "df",
        "dport",
        "dst",
        "dst_port",
        "flag_ece",
        "flow_label",
        "foffset",
        "hchecksum",
        "hlen",
        "host",
        "increment",
        "ip_t",
        "label",
        "len",
        "lookup_or_try_init",
        "mf",
        "nextp",
        "op",
        "port",
        "qr",
        "question",
        "rcode",
        "remote_port",
        "src",
        "src_hi",
        "tos",
        "ttl",
        "type",
        "user_ip6",
    ],
    tracepoints: [],
    includes: [
        "bcc/proto.h",
    ],
} */
