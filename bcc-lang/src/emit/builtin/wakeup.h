/* Flags of a record: with BCC_BATCH_WAKEUPS, the reader of ring buffer `map` is woken when a quarter of it
 * is full, and again about every sixteenth, and looks by itself every now and then; else as the kernel
 * does, when it has read all. */
#ifdef BCC_BATCH_WAKEUPS
#define BCC_WAKEUP(map) ({ \
	unsigned long long __bcc_size = bpf_ringbuf_query(map, BPF_RB_RING_SIZE); \
	bpf_ringbuf_query(map, BPF_RB_AVAIL_DATA) < __bcc_size / 4 || \
	(bpf_ringbuf_query(map, BPF_RB_PROD_POS) & (__bcc_size / 16 - 1)) > __bcc_size / 128 \
		? BPF_RB_NO_WAKEUP : BPF_RB_FORCE_WAKEUP; \
})
#else
#define BCC_WAKEUP(map) 0
#endif
