#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "common.h"

char LICENSE[] SEC("license") = "GPL";

struct disk_t {
	char name[32];
	__u64 slot;
};

HASH(started, struct request *, __u64, 10240);
HASH(latencies, struct disk_t, __u64, 4096);

SEC("raw_tracepoint/block_rq_issue")
int BPF_PROG(on_issue, struct request *req)
{
	__u64 now = bpf_ktime_get_ns();

	bpf_map_update_elem(&started, &req, &now, BPF_ANY);
	return 0;
}

SEC("raw_tracepoint/block_rq_complete")
int BPF_PROG(on_complete, struct request *req)
{
	__u64 *start = bpf_map_lookup_elem(&started, &req);
	struct disk_t key = {};

	if (!start)
		return 0;
	key.slot = log2_slot((bpf_ktime_get_ns() - *start) / 1000);
	BPF_CORE_READ_STR_INTO(&key.name, req, q, disk, disk_name);
	add(&latencies, &key, 1);
	bpf_map_delete_elem(&started, &req);
	return 0;
}
