/* Flags of a record: with BCC_BATCH_WAKEUPS, the reader of ring buffer `map` is woken once a quarter of
 * it is full, and looks by itself every now and then; else as the kernel does, when it has read all. */
#ifdef BCC_BATCH_WAKEUPS
#define BCC_WAKEUP(map) \
	(bpf_ringbuf_query(map, BPF_RB_AVAIL_DATA) * 4 < bpf_ringbuf_query(map, BPF_RB_RING_SIZE) \
		? BPF_RB_NO_WAKEUP : BPF_RB_FORCE_WAKEUP)
#else
#define BCC_WAKEUP(map) 0
#endif
