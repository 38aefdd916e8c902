/* Copies the tracepoint's dynamic member `field` to the array `dst`, as much of it as fits. */
#define TP_DATA_LOC_READ(dst, field) ({ \
	unsigned int __bcc_length = (unsigned int)args->data_loc_##field >> 16; \
	if (__bcc_length > __builtin_object_size(dst, 1)) \
		__bcc_length = __builtin_object_size(dst, 1); \
	bpf_probe_read_kernel((void *)(dst), __bcc_length, bcc_data_loc(field)); \
})
