/* The position of the highest bit of `v`, from 0; 0 for 0. */
static __always_inline unsigned int bpf_log2(unsigned int v)
{
	unsigned int result, shift;

	result = (v > 0xffff) << 4;
	v >>= result;
	shift = (v > 0xff) << 3;
	v >>= shift;
	result |= shift;
	shift = (v > 0xf) << 2;
	v >>= shift;
	result |= shift;
	shift = (v > 0x3) << 1;
	v >>= shift;
	result |= shift;
	return result | (v >> 1);
}
