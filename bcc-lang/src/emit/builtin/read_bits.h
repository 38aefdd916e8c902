/* `p->m`, a bit-field in `size` bytes from byte `at` on, read with the helper `read` by way of a copy. */
#define bcc_read_bits(read, p, m, at, size) ({ \
	__auto_type __bcc_p = (p); \
	typeof(*__bcc_p) __bcc_copy; \
	read((void *)&__bcc_copy + (at), size, (const void *)__bcc_p + (at)); \
	__bcc_copy.m; \
})
