/* `length` bytes of user memory at the address in argument `n` of the USDT probe, counted from 1: 0, or a negative error number and zeros. */
#define bpf_usdt_readarg_p(n, ctx, buffer, length) ({ \
	long __bcc_argument; \
	long __bcc_error = bpf_usdt_arg(ctx, (n) - 1, &__bcc_argument); \
	long __bcc_failed = bpf_probe_read_user(buffer, length, (void *)__bcc_argument); \
	__bcc_error ? __bcc_error : __bcc_failed; \
})
