/* `value`, of `size` bytes, in the order of the bytes on the wire. */
static __always_inline unsigned long long bcc_wire_order(unsigned long long value, unsigned int size)
{
	switch (size) {
	case 2: return bpf_htons(value);
	case 4: return bpf_htonl(value);
	case 8: return bpf_cpu_to_be64(value);
	}
	return value;
}
