/* `p->m` of a struct that may be the program's own, in kernel memory. */
#define BCC_PROBE_READ(p, m) ({ __auto_type __bcc_p = (p); bcc_read(bpf_probe_read_kernel, __bcc_p->m); })
