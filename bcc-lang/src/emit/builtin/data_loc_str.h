/* Copies the text in the tracepoint's dynamic member `field` to `dst`, at most `length` bytes with the zero at its end. */
#define TP_DATA_LOC_READ_STR(dst, field, length) \
	bpf_probe_read_kernel_str((void *)(dst), length, bcc_data_loc(field))
