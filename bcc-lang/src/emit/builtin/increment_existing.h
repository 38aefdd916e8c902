/* Adds `n` to the value of key `*k` if it is there. Gives 0, or -ENOENT if it is not. */
#define bcc_increment_existing_at(map, k, n) ({ \
	typeof(*(map)->value) *__bcc_leaf = bpf_map_lookup_elem(map, k); \
	long __bcc_error = -2; \
	if (__bcc_leaf) { \
		*__bcc_leaf += (n); \
		__bcc_error = 0; \
	} \
	__bcc_error; \
})
#define bcc_increment_existing(map, k, n) bcc_with_key(bcc_increment_existing_at, map, k, n)
