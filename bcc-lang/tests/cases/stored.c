struct ev { u64 ts; union { u32 a; u8 b[4]; }; struct { u16 x, y; } pos[2]; char s[]; };
struct e2 { struct task_struct *t; struct file *fs[2]; };
BPF_PERF_OUTPUT(events);
static void fill(struct e2 *e, struct task_struct *t) { e->t = t; }
static int chain(struct e2 e) { return e.t->pid; }
int f(struct pt_regs *ctx) {
    struct e2 e = {}, copy;
    fill(&e, (struct task_struct *)bpf_get_current_task());
    copy = e;
    __builtin_memcpy(&copy, &e, sizeof(e));
    struct task_struct *arr[2] = { e.t, copy.t };
    static const char fmt[] = "x";
    u32 pid = arr[1]->pid + e.t->tgid + copy.t->real_parent->pid + chain(e);
    u64 words[2] = { [1] = arr[0]->start_time, };
    struct path p = arr[0]->fs->pwd;
    asm volatile("" ::: "memory");
    if (p.dentry->d_name.len > 3 && pid) { events.perf_submit(ctx, words, sizeof(words)); }
    return (typeof(pid))words[1] + fmt[0] + offsetof(struct task_struct, comm) + BPF_CORE_READ(arr[0], mm, pgd);
}
