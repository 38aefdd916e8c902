/* The eight bytes at `off` of the packet as a number; a packet that ends before them ends the program with 0. */
static __always_inline unsigned long long load_dword(void *skb, unsigned long long off)
{
	return load_word(skb, off) << 32 | load_word(skb, off + 4);
}
