/* The number that a call gives; with BCC_COUNT_FAILURES, it is counted as a failure if it is negative. */
#ifdef BCC_COUNT_FAILURES
#define BCC_COUNT_NEGATIVE(site, ...) ({ \
	long __bcc_status = (__VA_ARGS__); \
	if (__builtin_expect((int)__bcc_status < 0, 0)) \
		bcc_failed(site, __bcc_status); \
	__bcc_status; \
})
#else
#define BCC_COUNT_NEGATIVE(site, ...) (__VA_ARGS__)
#endif
