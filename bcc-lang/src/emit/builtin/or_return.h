/* A value of a map, unless there is none: that leaves the calling function with 0. */
#define bcc_or_return(...) ({ \
	__auto_type __bcc_found = (__VA_ARGS__); \
	if (!__bcc_found) \
		return 0; \
	__bcc_found; \
})
