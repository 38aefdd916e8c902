struct data_t { u32 pid; u64 ts; char comm[TASK_COMM_LEN]; char fname[128]; };
BPF_PERF_OUTPUT(events);
BPF_HASH(counts, u32, u64);

TRACEPOINT_PROBE(syscalls, sys_enter_openat) {
    struct data_t data = {};
    data.pid = bpf_get_current_pid_tgid() >> 32;
    data.ts = bpf_ktime_get_ns();
    bpf_get_current_comm(&data.comm, sizeof(data.comm));
    bpf_probe_read_user_str(&data.fname, sizeof(data.fname), args->filename);
    counts.increment(data.pid);
    events.perf_submit(args, &data, sizeof(data));
    return 0;
}
