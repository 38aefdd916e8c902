/* Corrects the checksum of a TCP or UDP header at `off` for a change of one value; `pseudo` is 1 if that belongs to the pseudo header. */
#define bcc_incr_cksum_l4(skb, off, from, to, pseudo) bpf_l4_csum_replace(skb, (unsigned long)(off), \
	bcc_wire_order(from, sizeof(to)), bcc_wire_order(to, sizeof(to)), ((pseudo) & 1) << 4 | sizeof(to))
