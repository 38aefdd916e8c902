/* A call that does not come back unless it fails; with BCC_COUNT_FAILURES, that is counted. */
#ifdef BCC_COUNT_FAILURES
#define BCC_COUNT_RETURN(site, ...) ({ \
	(__VA_ARGS__); \
	bcc_failed(site, 0); \
})
#else
#define BCC_COUNT_RETURN(site, ...) (__VA_ARGS__)
#endif
