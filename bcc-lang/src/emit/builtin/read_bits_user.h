/* A bit-field `p->m` in memory of the current process. */
#define BCC_READ_BITS_USER(p, m, at, size) bcc_read_bits(bpf_probe_read_user, p, m, at, size)
