BPF_HASH(seen, u32, u64);
TRACEPOINT_PROBE(raw_syscalls, sys_enter) {
    char *path = (char *)args->args[1];
    return *path + ((char *)args->args[0])[2];
}
TRACEPOINT_PROBE(raw_syscalls, sys_exit) { char *at = (char *)args->ret; return *at; }
RAW_TRACEPOINT_PROBE(sys_enter) {
    struct pt_regs *regs = (struct pt_regs *)ctx->args[0];
    char *path = (char *)PT_REGS_PARM2(regs);
    return *path + regs->ip;
}
RAW_TRACEPOINT_PROBE(sched_switch) {
    struct task_struct *prev = (struct task_struct *)ctx->args[1];
    return prev->pid + *(char *)prev->mm->arg_start;
}
int kprobe__do_sys_openat2(struct pt_regs *ctx, int dfd, const char *name, struct open_how *how) {
    return name[1] + how->flags;
}
int kprobe__vfs_write(struct pt_regs *ctx, struct file *file, const char __user *buf, unsigned long at) {
    char *p = (char *)at;
    if (at)
        p = (char *)buf;
    return file->f_flags + buf[0] + *p;
}
int kretprobe__vfs_write(struct pt_regs *ctx) { char *p = (char *)PT_REGS_RC(ctx); return *p; }
