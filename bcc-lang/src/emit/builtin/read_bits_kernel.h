/* A bit-field `p->m` in kernel memory. */
#define BCC_READ_BITS(p, m, at, size) bcc_read_bits(bpf_probe_read_kernel, p, m, at, size)
