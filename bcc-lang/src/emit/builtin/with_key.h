/* A call for the key `k`, by way of a copy, since it may be any expression. */
#define bcc_with_key(call, map, k, n) ({ \
	typeof(*(map)->key) __bcc_key = (k); \
	call(map, &__bcc_key, n); \
})
