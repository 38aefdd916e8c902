/* 1 if `x` is a macro that stands for 1, else 0. */
#define bcc_one_1 0,
#define bcc_second(first, second, ...) second
#define bcc_is_one(x) bcc_is_one_2(x)
#define bcc_is_one_2(x) bcc_is_one_3(bcc_one_##x)
#define bcc_is_one_3(x) bcc_second(x 1, 0)
/* Argument `n` of what `program` traces: in a register, or in an array if `BCC_HOOKED_program` says that it runs as fentry. */
#define BCC_ARGUMENT(program, n, ctx) \
	(bcc_is_one(BCC_HOOKED_##program) ? ((unsigned long long *)(ctx))[n - 1] : PT_REGS_PARM##n(ctx))
