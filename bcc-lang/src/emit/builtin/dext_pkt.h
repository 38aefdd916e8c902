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
