/* The position of the highest bit of `v`, from 0; 0 for 0. */
static __always_inline unsigned int bpf_log2(unsigned int v)
{
	return bpf_log2l(v) - 1;
}
