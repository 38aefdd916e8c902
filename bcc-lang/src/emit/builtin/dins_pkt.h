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
