/* Argument `n` of the USDT probe, counted from 1, as a value of the type of `*p`: 0, or a negative error number and a value of 0. */
#define bpf_usdt_readarg(n, ctx, p) ({ \
	long __bcc_argument; \
	long __bcc_error = bpf_usdt_arg(ctx, (n) - 1, &__bcc_argument); \
	*(p) = (typeof(*(p)))__bcc_argument; \
	__bcc_error; \
})
