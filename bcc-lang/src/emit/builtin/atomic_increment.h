/* Adds `n` to the value of key `*k`, which starts at 0 if it is missing, so that no count is lost between CPUs. Gives 0 or what kept it from being counted. */
#define bcc_atomic_increment_at(map, k, n) ({ \
	typeof(*(map)->value) __bcc_n = (n), *__bcc_leaf = bpf_map_lookup_elem(map, k); \
	long __bcc_error = 0; \
	if (!__bcc_leaf) { \
		__bcc_error = bpf_map_update_elem(map, k, &__bcc_n, BPF_NOEXIST); \
		if (__bcc_error) \
			__bcc_leaf = bpf_map_lookup_elem(map, k); \
	} \
	if (__bcc_leaf) { \
		__sync_fetch_and_add(__bcc_leaf, __bcc_n); \
		__bcc_error = 0; \
	} \
	__bcc_error; \
})
#define bcc_atomic_increment(map, k, n) bcc_with_key(bcc_atomic_increment_at, map, k, n)
