// A program of any length; shared by the program and the criterion benches of this package.

/// 30 lines as tools have them; `@` is a number.
const PART: &str = "\
// How long requests of one kind take, and the slow ones one by one.
struct request@_t {
    u64 start;
    u32 pid;
    u32 parent;
    char comm[TASK_COMM_LEN];
};
BPF_HASH(running@, u64, struct request@_t);
BPF_HISTOGRAM(times@);
BPF_PERF_OUTPUT(slow@);
#define MICROS@(request) ((bpf_ktime_get_ns() - (request)->start) / 1000)
int enter@(struct pt_regs *ctx, struct file *file, size_t count) {
    u64 id = bpf_get_current_pid_tgid();
    struct task_struct *task = (struct task_struct *)bpf_get_current_task();
    struct request@_t request = { .start = bpf_ktime_get_ns(), .pid = id >> 32 };
    if (file->f_inode->i_ino == 0 || count > 4096)
        return 0;
    request.parent = task->real_parent->tgid;
    bpf_get_current_comm(&request.comm, sizeof(request.comm));
    running@.update(&id, &request);
    return 0;
}
int leave@(struct pt_regs *ctx) {
    u64 id = bpf_get_current_pid_tgid();
    struct request@_t *request = running@.lookup(&id);
    if (!request) { return 0; }
    times@.increment(bpf_log2l(MICROS@(request)));
    if (MICROS@(request) > 10000) { slow@.perf_submit(ctx, request, sizeof(*request)); }
    running@.delete(&id); return 0;
}
";

pub(crate) fn long(lines: usize) -> String {
    let parts = lines.div_ceil(PART.lines().count());
    (0..parts)
        .map(|number| PART.replace('@', &number.to_string()))
        .collect()
}
