#define PLACE "/sys/fs/bpf/demo"
struct stat_t { u64 count; u32 last; };

BPF_TABLE_PINNED("hash", u32, struct stat_t, by_pid, 16, PLACE "/by_pid");
BPF_TABLE_PINNED("array", int, u64, totals, 4, "/sys/fs/bpf/totals", BPF_F_MMAPABLE);
BPF_TABLE("percpu_hash:/sys/fs/bpf/cpus", u32, u64, cpus, 16);
BPF_XSKMAP(sockets, 4, "/sys/fs/bpf/sockets");
BPF_QUEUESTACK_PINNED("stack", recent, u32, 4, 0, PLACE "/recent");
BPF_TABLE_PUBLIC("hash", u32, u64, exported, 8);
BPF_TABLE_SHARED("hash", u32, u64, shared, 8);
BPF_TABLE_SHARED("lru_hash", u32, u64, shared_lru, 8, BPF_F_NO_COMMON_LRU);
BPF_QUEUESTACK("queue", waiting, struct stat_t, 8, 0);
BPF_QUEUESTACK_PUBLIC("queue", offered, u64, 8, 0);
BPF_QUEUESTACK_SHARED("stack", given, u64, 8, 0);
BPF_TABLE("extern", u32, u64, theirs, 0);
BPF_HASH_OF_MAPS(later, u64, "shown_below", 4);
BPF_ARRAY(shown_below, struct stat_t, 2);
BPF_TABLE("array_of_maps$exported", int, int, by_type, 2);
BPF_TABLE("stacktrace", int, struct bpf_stacktrace, traces, 64);
BPF_TABLE("perf_output", int, u32, events, 0);

int on_call(struct pt_regs *ctx) {
    u32 pid = bpf_get_current_pid_tgid() >> 32;
    u64 one = 1, *count;
    struct stat_t zero = {}, *stat = by_pid.lookup_or_try_init(&pid, &zero);
    if (stat)
        stat->count++;
    totals.increment(0);
    cpus.update(&pid, &one);
    recent.push(&pid, BPF_EXIST);
    exported.increment(pid);
    shared_lru.delete(&pid);
    waiting.peek(&zero);
    theirs.increment(pid);
    theirs.atomic_increment(pid, 2);
    count = theirs.lookup(&pid);
    int *inner = later.lookup(&one);
    if (inner)
        bpf_map_lookup_elem(inner, &pid);
    return sizeof(theirs.leaf) + sizeof(by_type.leaf) + (count ? *count : 0);
}
