/* Copies `length` bytes of the tracepoint's dynamic member `field` to `dst`. */
#define TP_DATA_LOC_READ_CONST(dst, field, length) \
	bpf_probe_read_kernel((void *)(dst), length, bcc_data_loc(field))
