/* `p->m` of a struct of the kernel, in kernel memory. */
#define BCC_READ(p, m) ({ __auto_type __bcc_p = (p); bcc_read(bpf_probe_read_kernel, __bcc_p->m); })
