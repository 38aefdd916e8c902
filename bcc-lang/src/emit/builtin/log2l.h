/* The slot of `v` in a histogram of powers of two: 1 for 0 and 1, 2 for 2 and 3, 3 for 4 to 7. */
static __always_inline unsigned int bpf_log2l(unsigned long v)
{
	unsigned int high = v >> 32;

	return high ? bpf_log2(high) + 33 : bpf_log2(v) + 1;
}
