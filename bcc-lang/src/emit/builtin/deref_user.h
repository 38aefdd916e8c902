/* `*p` in memory of the current process. */
#define BCC_DEREF_USER(p) ({ __auto_type __bcc_p = (p); bcc_read(bpf_probe_read_user, *__bcc_p); })
