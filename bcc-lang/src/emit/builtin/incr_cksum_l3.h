/* Corrects the checksum of an IP header at `off` for a change of one value. */
#define bcc_incr_cksum_l3(skb, off, from, to) bpf_l3_csum_replace(skb, (unsigned long)(off), \
	bcc_wire_order(from, sizeof(to)), bcc_wire_order(to, sizeof(to)), sizeof(to))
