/* `*p` in kernel memory. */
#define BCC_DEREF(p) ({ __auto_type __bcc_p = (p); bcc_read(bpf_probe_read_kernel, *__bcc_p); })
