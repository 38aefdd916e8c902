BPF_HASH(opened, u32, u64);

KFUNC_PROBE(vfs_open, const struct path *path, struct file *file) {
    return path->dentry->d_inode->i_ino + file->f_flags;
}
KRETFUNC_PROBE(do_sys_openat2, int dfd, const char __user *filename,
               struct open_how *how, long ret)
{
    u32 id = bpf_get_current_pid_tgid();
    u64 value = ret + *filename;
    opened.update(&id, &value);
    return 0;
}
MODULE_KFUNC_PROBE(overlay, ovl_open, struct inode *inode) { return inode->i_ino; }
MODULE_KRETFUNC_PROBE(overlay, ovl_open) { return ctx[2]; }
KMOD_RET(security_file_open, struct file *file, int ret) { return ret ? ret : file->f_flags; }
LSM_PROBE(file_open, struct file *file) { return file->f_mode ? -EPERM : 0; }
BPF_ITER(task) {
    struct task_struct *task = ctx->task;
    if (task)
        BPF_SEQ_PRINTF(ctx->meta->seq, "%d\n", task->tgid);
    return 0;
}
int kfunc__vmlinux____x64_sys_openat(unsigned long long *ctx) { return ctx[0]; }
int kretfunc__vmlinux__vfs_read(void *ctx, struct file *file, char *buf, size_t count, loff_t *pos, long ret) { return ret + file->f_flags; }
int kmod_ret__security_bpf(void *ctx) { return 0; }
int lsm__bpf(void *ctx) { return 0; }
int bpf_iter__bpf_map(struct bpf_iter__bpf_map *ctx) { return ctx->map->id; }

struct args_t { const char *name; };
int syscall__openat(struct pt_regs *ctx, int dfd, const char __user *name, int flags, umode_t mode)
{
    return dfd + *name + mode;
}
int kprobe____x64_sys_execve(struct pt_regs *ctx, const char *name, const char *const *argv) { return **argv; }
int kprobe__sys_imageblit(struct pt_regs *, struct path *info, int d, int e, short depth) { return info->dentry->d_flags + depth; }
int kprobe__sys_sync(struct pt_regs *ctx) { return PT_REGS_PARM1(ctx); }
int by_registers(struct pt_regs *ctx) {
    struct pt_regs *regs = PT_REGS_SYSCALL_CTX(ctx);
    const char *name = (const char *)PT_REGS_PARM2_SYSCALL(regs);
    u64 flags = 0;
    bpf_probe_read(&flags, sizeof(flags), &PT_REGS_PARM3_SYSCALL(regs));
    return *name + flags + PT_REGS_PARM1(regs) + regs->r10
        + PT_REGS_IP(ctx) + PT_REGS_SP(ctx) + PT_REGS_FP(ctx) + PT_REGS_RET(ctx) + PT_REGS_RC(ctx);
}
BPF_PERF_OUTPUT(events);
int kprobe__vfs_rmdir(struct pt_regs *ctx, void *idmap, struct inode *dir) {
    u64 number = dir->i_ino;
    if (!number)
        return (0);
    events.perf_submit(ctx, &number, sizeof(number));
    return 0;
}
int kprobe__vfs_mkdir(struct pt_regs *ctx, void *idmap, struct inode *dir) {
    bpf_override_return(ctx, dir->i_ino);
    return 0;
}
