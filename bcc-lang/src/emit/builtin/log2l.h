/* The slot of `v` in a histogram of powers of two: 1 for 0 and 1, 2 for 2 and 3, 3 for 4 to 7. */
static __always_inline unsigned int bpf_log2l(unsigned long long v)
{
	unsigned long long result, shift;

	result = (v > 0xffffffff) << 5;
	v >>= result;
	shift = (v > 0xffff) << 4;
	v >>= shift;
	result |= shift;
	shift = (v > 0xff) << 3;
	v >>= shift;
	result |= shift;
	shift = (v > 0xf) << 2;
	v >>= shift;
	result |= shift;
	shift = (v > 0x3) << 1;
	v >>= shift;
	result |= shift;
	return (result | v >> 1) + 1;
}
