/* Adds `n` to the value of key `*k`, which starts at 0 if it is missing. Gives 0 or what kept it from being counted. */
#define bcc_increment_at(map, k, n) ({ \
	typeof(*(map)->value) __bcc_n = (n), *__bcc_leaf = bpf_map_lookup_elem(map, k); \
	long __bcc_error = 0; \
	if (__bcc_leaf) \
		*__bcc_leaf += __bcc_n; \
	else \
		__bcc_error = bpf_map_update_elem(map, k, &__bcc_n, BPF_NOEXIST); \
	__bcc_error; \
})
#define bcc_increment(map, k, n) bcc_with_key(bcc_increment_at, map, k, n)
