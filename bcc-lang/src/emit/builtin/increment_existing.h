/* Adds `n` to the value of key `k` if it is there. Gives 0, or -ENOENT if it is not. */
#define bcc_increment_existing(map, k, n) ({ \
	typeof(*(map)->key) __bcc_key = (k); \
	typeof(*(map)->value) *__bcc_leaf = bpf_map_lookup_elem(map, &__bcc_key); \
	long __bcc_error = -2; \
	if (__bcc_leaf) { \
		*__bcc_leaf += (n); \
		__bcc_error = 0; \
	} \
	__bcc_error; \
})
