//! Headers of packets, as bcc's `bcc/proto.h` names them.
//!
//! A pointer to one of them is no address but the place of the header in the packet. Members stand
//! in the order of the bits on the wire, the most significant first.

/// The word behind a struct that makes it a header of packets.
pub const PACKET_HEADER: &str = "BPF_PACKET_HEADER";

/// A header of packets.
#[derive(Clone, Copy, Debug)]
pub struct Header {
    /// The struct's tag, alone in a list.
    pub tag: &'static [&'static str],
    /// Its definition in C.
    pub text: &'static str,
}

const fn header(tag: &'static [&'static str], text: &'static str) -> Header {
    Header { tag, text }
}

/// The headers that every text knows, with or without `#include <bcc/proto.h>`.
pub const HEADERS: &[Header] = &[
    header(
        &["ethernet_t"],
        "struct ethernet_t {
	unsigned long long dst : 48, src : 48;
	unsigned int type : 16;
} BPF_PACKET_HEADER;
",
    ),
    header(
        &["dot1q_t"],
        "struct dot1q_t {
	unsigned short pri : 3, cfi : 1, vlanid : 12;
	unsigned short type;
} BPF_PACKET_HEADER;
",
    ),
    header(
        &["arp_t"],
        "struct arp_t {
	unsigned short htype, ptype;
	unsigned char hlen, plen;
	unsigned short oper;
	unsigned long long sha : 48, spa : 32, tha : 48;
	unsigned int tpa;
} BPF_PACKET_HEADER;
",
    ),
    header(
        &["ip_t"],
        "struct ip_t {
	unsigned char ver : 4, hlen : 4;
	unsigned char tos;
	unsigned short tlen, identification;
	unsigned short ffo_unused : 1, df : 1, mf : 1, foffset : 13;
	unsigned char ttl, nextp;
	unsigned short hchecksum;
	unsigned int src, dst;
} BPF_PACKET_HEADER;
",
    ),
    header(
        &["icmp_t"],
        "struct icmp_t {
	unsigned char type, code;
	unsigned short checksum;
} BPF_PACKET_HEADER;
",
    ),
    header(
        &["ip6_t"],
        "struct ip6_t {
	unsigned int ver : 4, priority : 8, flow_label : 20;
	unsigned short payload_len;
	unsigned char next_header, hop_limit;
	unsigned long long src_hi, src_lo, dst_hi, dst_lo;
} BPF_PACKET_HEADER;
",
    ),
    header(
        &["ip6_opt_t"],
        "struct ip6_opt_t {
	unsigned char next_header, ext_len, pad[6];
} BPF_PACKET_HEADER;
",
    ),
    header(
        &["icmp6_t"],
        "struct icmp6_t {
	unsigned char type, code;
	unsigned short checksum;
} BPF_PACKET_HEADER;
",
    ),
    header(
        &["udp_t"],
        "struct udp_t {
	unsigned short sport, dport, length, crc;
} BPF_PACKET_HEADER;
",
    ),
    header(
        &["tcp_t"],
        "struct tcp_t {
	unsigned short src_port, dst_port;
	unsigned int seq_num, ack_num;
	unsigned char offset : 4, reserved : 4;
	unsigned char flag_cwr : 1, flag_ece : 1, flag_urg : 1, flag_ack : 1;
	unsigned char flag_psh : 1, flag_rst : 1, flag_syn : 1, flag_fin : 1;
	unsigned short rcv_wnd, cksum, urg_ptr;
} BPF_PACKET_HEADER;
",
    ),
    header(
        &["vxlan_t"],
        "struct vxlan_t {
	unsigned int rsv1 : 4, iflag : 1, rsv2 : 3, rsv3 : 24;
	unsigned int key : 24, rsv4 : 8;
} BPF_PACKET_HEADER;
",
    ),
    header(
        &["vxlan_gbp_t"],
        "struct vxlan_gbp_t {
	unsigned int gflag : 1, rsv1 : 3, iflag : 1, rsv2 : 3;
	unsigned int rsv3 : 1, dflag : 1, rsv4 : 1, aflag : 1, rsv5 : 3;
	unsigned int tag : 16;
	unsigned int key : 24, rsv6 : 8;
} BPF_PACKET_HEADER;
",
    ),
];

/// Functions that act on the packet of the program, which the dialect does not name: what becomes
/// of each takes the packet first.
pub const PACKET_FUNCTIONS: &[(&str, &str)] = &[
    ("incr_cksum_l3", "bcc_incr_cksum_l3"),
    ("incr_cksum_l4", "bcc_incr_cksum_l4"),
];

/// What the function called `name` becomes, if it acts on the packet of the program.
#[must_use]
pub fn find_packet_function(name: &str) -> Option<&'static str> {
    let row = PACKET_FUNCTIONS.iter().find(|(known, _)| *known == name);
    row.map(|(_, becomes)| *becomes)
}
