/* The status that an insertion gives; with BCC_COUNT_FAILURES, it is counted as a failure unless it is 0 or says that the key is there. */
#ifdef BCC_COUNT_FAILURES
#define BCC_COUNT_NEW(site, ...) ({ \
	long __bcc_status = (__VA_ARGS__); \
	if (__builtin_expect(__bcc_status && (int)__bcc_status != -17, 0)) \
		bcc_failed(site, __bcc_status); \
	__bcc_status; \
})
#else
#define BCC_COUNT_NEW(site, ...) (__VA_ARGS__)
#endif
