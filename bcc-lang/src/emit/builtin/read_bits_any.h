/* A bit-field `p->m` in memory that the address itself tells kernel or user. */
#define BCC_READ_BITS_ANY(p, m, at, size) bcc_read_bits(bpf_probe_read, p, m, at, size)
