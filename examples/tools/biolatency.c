// How long requests to disks take, as a histogram for each disk.
#include <linux/blk-mq.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 15, 0)
#define DISK(req) ((req)->q->disk)
#else
#define DISK(req) ((req)->rq_disk)
#endif

struct disk_t {
	char name[DISK_NAME_LEN];
	u64 slot;
};

BPF_HASH(started, struct request *);
BPF_HISTOGRAM(latencies, struct disk_t, 4096);

RAW_TRACEPOINT_PROBE(block_rq_issue)
{
	struct request *req = (struct request *)ctx->args[0];
	u64 now = bpf_ktime_get_ns();

	started.update(&req, &now);
	return 0;
}

RAW_TRACEPOINT_PROBE(block_rq_complete)
{
	struct request *req = (struct request *)ctx->args[0];
	u64 *start = started.lookup(&req);
	struct disk_t key = {};

	if (!start)
		return 0;

	u64 micros = (bpf_ktime_get_ns() - *start) / 1000;
	key.slot = bpf_log2l(micros);
	bpf_probe_read_kernel_str(&key.name, sizeof(key.name), DISK(req)->disk_name);
	latencies.atomic_increment(key);
	started.delete(&req);
	return 0;
}
