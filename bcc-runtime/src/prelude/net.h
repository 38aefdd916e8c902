/*
 * Network: constants that are macros in kernel headers, and the headers' inline functions on
 * sockets and packets. What follows a pointer reads kernel memory with a helper, so that it works
 * in every program.
 */

/* linux/if_ether.h, linux/if_vlan.h, linux/if_packet.h */
#define ETH_ZLEN 60
#define ETH_DATA_LEN 1500
#define ETH_FRAME_LEN 1514
#define ETH_P_PUP 0x0200
#define ETH_P_RARP 0x8035
#define ETH_P_PPP_DISC 0x8863
#define ETH_P_MPLS_MC 0x8848
#define ETH_P_PAE 0x888e
#define ETH_P_1588 0x88f7
#define ETH_P_LLDP 0x88cc
#define ETH_P_802_3 0x0001
#define VLAN_HLEN 4
#define VLAN_ETH_HLEN 18
#define VLAN_PRIO_MASK 0xe000
#define VLAN_PRIO_SHIFT 13
#define VLAN_VID_MASK 0x0fff
#define VLAN_N_VID 4096
#define PACKET_HOST 0
#define PACKET_BROADCAST 1
#define PACKET_MULTICAST 2
#define PACKET_OTHERHOST 3
#define PACKET_OUTGOING 4
#define CHECKSUM_NONE 0
#define CHECKSUM_UNNECESSARY 1
#define CHECKSUM_COMPLETE 2
#define CHECKSUM_PARTIAL 3
#define XDP_PACKET_HEADROOM 256

/* linux/socket.h, linux/net.h, net/sock.h */
#define AF_AX25 3
#define AF_IPX 4
#define AF_BRIDGE 7
#define AF_KEY 15
#define AF_ROUTE 16
#define AF_TIPC 30
#define AF_BLUETOOTH 31
#define AF_ALG 38
#define PF_UNSPEC AF_UNSPEC
#define PF_UNIX AF_UNIX
#define PF_LOCAL AF_UNIX
#define PF_NETLINK AF_NETLINK
#define PF_PACKET AF_PACKET
#define MSG_OOB 1
#define MSG_TRUNC 0x20
#define MSG_WAITALL 0x100
#define MSG_NOSIGNAL 0x4000
#define SOL_RAW 255
#define SOL_ICMP 1
#define SOL_NETLINK 270
#define SOCK_SEQPACKET 5
#define SOCK_CLOEXEC O_CLOEXEC
#define SOCK_NONBLOCK O_NONBLOCK
#define RCV_SHUTDOWN 1
#define SEND_SHUTDOWN 2
#define SHUTDOWN_MASK 3

/* linux/in.h, linux/in6.h, linux/ip.h, linux/icmp.h, linux/icmpv6.h */
#define IPPROTO_IGMP 2
#define IPPROTO_IPIP 4
#define IPPROTO_DCCP 33
#define IPPROTO_GRE 47
#define IPPROTO_ESP 50
#define IPPROTO_AH 51
#define IPPROTO_SCTP 132
#define IPPROTO_HOPOPTS 0
#define IPPROTO_ROUTING 43
#define IPPROTO_FRAGMENT 44
#define IPPROTO_NONE 59
#define IPPROTO_DSTOPTS 60
#define IPVERSION 4
#define IPDEFTTL 64
#define IP_CE 0x8000
#define INADDR_BROADCAST 0xffffffffU
#define INADDR_NONE 0xffffffffU
#define NEXTHDR_HOP 0
#define NEXTHDR_IPV6 41
#define NEXTHDR_ROUTING 43
#define NEXTHDR_FRAGMENT 44
#define NEXTHDR_GRE 47
#define NEXTHDR_ESP 50
#define NEXTHDR_AUTH 51
#define NEXTHDR_NONE 59
#define NEXTHDR_DEST 60
#define ICMP_ECHOREPLY 0
#define ICMP_DEST_UNREACH 3
#define ICMP_REDIRECT 5
#define ICMP_ECHO 8
#define ICMP_TIME_EXCEEDED 11
#define ICMPV6_DEST_UNREACH 1
#define ICMPV6_PKT_TOOBIG 2
#define ICMPV6_TIME_EXCEED 3
#define ICMPV6_ECHO_REQUEST 128
#define ICMPV6_ECHO_REPLY 129

/* net/tcp_states.h */
#define TCP_ESTABLISHED 1
#define TCP_SYN_SENT 2
#define TCP_SYN_RECV 3
#define TCP_FIN_WAIT1 4
#define TCP_FIN_WAIT2 5
#define TCP_TIME_WAIT 6
#define TCP_CLOSE 7
#define TCP_CLOSE_WAIT 8
#define TCP_LAST_ACK 9
#define TCP_LISTEN 10
#define TCP_CLOSING 11
#define TCP_NEW_SYN_RECV 12
#define TCPF_ESTABLISHED (1 << TCP_ESTABLISHED)
#define TCPF_SYN_SENT (1 << TCP_SYN_SENT)
#define TCPF_SYN_RECV (1 << TCP_SYN_RECV)
#define TCPF_FIN_WAIT1 (1 << TCP_FIN_WAIT1)
#define TCPF_FIN_WAIT2 (1 << TCP_FIN_WAIT2)
#define TCPF_TIME_WAIT (1 << TCP_TIME_WAIT)
#define TCPF_CLOSE (1 << TCP_CLOSE)
#define TCPF_CLOSE_WAIT (1 << TCP_CLOSE_WAIT)
#define TCPF_LAST_ACK (1 << TCP_LAST_ACK)
#define TCPF_LISTEN (1 << TCP_LISTEN)
#define TCPF_CLOSING (1 << TCP_CLOSING)
#define TCPF_NEW_SYN_RECV (1 << TCP_NEW_SYN_RECV)

/* linux/pkt_cls.h */
#define TC_ACT_TRAP 8
#define TC_H_ROOT 0xffffffffU
#define TC_H_INGRESS 0xfffffff1U
#define TC_H_CLSACT TC_H_INGRESS

/* Views on a struct by another name. */
#define inet_sk(sk) ((struct inet_sock *)(sk))
#define inet_csk(sk) ((struct inet_connection_sock *)(sk))
#define tcp_sk(sk) ((struct tcp_sock *)(sk))
#define udp_sk(sk) ((struct udp_sock *)(sk))
#define raw_sk(sk) ((struct raw_sock *)(sk))
#define unix_sk(sk) ((struct unix_sock *)(sk))
#define inet_twsk(sk) ((struct inet_timewait_sock *)(sk))
#define inet_reqsk(sk) ((struct request_sock *)(sk))
#define inet_rsk(req) ((struct inet_request_sock *)(req))
#define tcp_rsk(req) ((struct tcp_request_sock *)(req))
#define tcp_twsk(sk) ((struct tcp_timewait_sock *)(sk))
#define TCP_SKB_CB(skb) ((struct tcp_skb_cb *)&(skb)->cb[0])
#define IPCB(skb) ((struct inet_skb_parm *)&(skb)->cb[0])
#define IP6CB(skb) ((struct inet6_skb_parm *)&(skb)->cb[0])

/* net/sock.h, linux/netdevice.h */
#define read_pnet(pnet) ({ const possible_net_t *__bcc_pnet = (void *)(pnet); \
	__bcc_load(__bcc_pnet->net); })
#define sock_net(sk) ({ const struct sock *__bcc_sk = (void *)(sk); \
	__bcc_load(__bcc_sk->__sk_common.skc_net.net); })
#define dev_net(dev) ({ const struct net_device *__bcc_dev = (void *)(dev); \
	__bcc_load(__bcc_dev->nd_net.net); })
#define inet6_sk(sk) ({ const struct inet_sock *__bcc_sk = (void *)(sk); \
	__bcc_load(__bcc_sk->pinet6); })
#define sk_fullsock(sk) ({ const struct sock *__bcc_sk = (void *)(sk); \
	(1 << __bcc_load(__bcc_sk->__sk_common.skc_state) & ~(TCPF_TIME_WAIT | TCPF_NEW_SYN_RECV)) != 0; })
#define ipv6_addr_any(a) ({ const struct in6_addr *__bcc_a = (void *)(a); \
	(__bcc_load(__bcc_a->in6_u.u6_addr32[0]) | __bcc_load(__bcc_a->in6_u.u6_addr32[1]) | \
	 __bcc_load(__bcc_a->in6_u.u6_addr32[2]) | __bcc_load(__bcc_a->in6_u.u6_addr32[3])) == 0; })
#define ipv4_is_loopback(address) (((address) & htonl(0xff000000)) == htonl(0x7f000000))
#define ipv4_is_multicast(address) (((address) & htonl(0xf0000000)) == htonl(0xe0000000))

/* linux/skbuff.h, linux/ip.h, linux/tcp.h and others */
#define __bcc_skb_at(skb, place) ({ const struct sk_buff *__bcc_skb = (void *)(skb); \
	__bcc_load(__bcc_skb->head) + __bcc_load(place); })
#define skb_transport_header(skb) __bcc_skb_at(skb, __bcc_skb->transport_header)
#define skb_network_header(skb) __bcc_skb_at(skb, __bcc_skb->network_header)
#define skb_mac_header(skb) __bcc_skb_at(skb, __bcc_skb->mac_header)
#define skb_inner_transport_header(skb) __bcc_skb_at(skb, __bcc_skb->inner_transport_header)
#define skb_inner_network_header(skb) __bcc_skb_at(skb, __bcc_skb->inner_network_header)
#define skb_end_pointer(skb) __bcc_skb_at(skb, __bcc_skb->end)
#define skb_tail_pointer(skb) __bcc_skb_at(skb, __bcc_skb->tail)
#define skb_shinfo(skb) ((struct skb_shared_info *)skb_end_pointer(skb))
#define skb_mac_header_was_set(skb) ({ const struct sk_buff *__bcc_skb = (void *)(skb); \
	__bcc_load(__bcc_skb->mac_header) != (typeof(__bcc_skb->mac_header))~0U; })
#define skb_transport_header_was_set(skb) ({ const struct sk_buff *__bcc_skb = (void *)(skb); \
	__bcc_load(__bcc_skb->transport_header) != (typeof(__bcc_skb->transport_header))~0U; })
#define skb_headlen(skb) ({ const struct sk_buff *__bcc_skb = (void *)(skb); \
	__bcc_load(__bcc_skb->len) - __bcc_load(__bcc_skb->data_len); })
#define skb_is_nonlinear(skb) ({ const struct sk_buff *__bcc_skb = (void *)(skb); \
	__bcc_load(__bcc_skb->data_len) != 0; })
#define skb_get_queue_mapping(skb) ({ const struct sk_buff *__bcc_skb = (void *)(skb); \
	__bcc_load(__bcc_skb->queue_mapping); })
#define skb_rx_queue_recorded(skb) (skb_get_queue_mapping(skb) != 0)
#define skb_get_rx_queue(skb) ((unsigned short)(skb_get_queue_mapping(skb) - 1))
#define eth_hdr(skb) ((struct ethhdr *)skb_mac_header(skb))
#define ip_hdr(skb) ((struct iphdr *)skb_network_header(skb))
#define ipv6_hdr(skb) ((struct ipv6hdr *)skb_network_header(skb))
#define tcp_hdr(skb) ((struct tcphdr *)skb_transport_header(skb))
#define udp_hdr(skb) ((struct udphdr *)skb_transport_header(skb))
#define icmp_hdr(skb) ((struct icmphdr *)skb_transport_header(skb))
#define icmp6_hdr(skb) ((struct icmp6hdr *)skb_transport_header(skb))
