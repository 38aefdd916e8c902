/* The value of `key`, made from `*init` if the key is missing; leaves the calling function with 0 if the map is full. */
#define bcc_lookup_or_init(map, key, init) ({ \
	typeof((map)->value) __bcc_found = bcc_lookup_or_try_init(map, key, init); \
	if (!__bcc_found) \
		return 0; \
	__bcc_found; \
})
