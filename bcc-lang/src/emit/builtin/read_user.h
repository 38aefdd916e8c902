/* `p->m` in memory of the current process. */
#define BCC_READ_USER(p, m) ({ __auto_type __bcc_p = (p); bcc_read(bpf_probe_read_user, __bcc_p->m); })
