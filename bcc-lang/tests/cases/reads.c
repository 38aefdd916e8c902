struct val_t { struct file *fp; u64 ts; };
BPF_HASH(files, u32, struct val_t);
BPF_HASH(socks, u32, struct sock *);
struct data_t { u32 dev; char driver[16]; u16 port; struct qstr name; };

static struct tcphdr *skb_to_tcphdr(const struct sk_buff *skb) {
    return (struct tcphdr *)(skb->head + skb->transport_header);
}

static __noinline u16 sport(struct sock *sk) { return sk->__sk_common.skc_num; }

int kprobe__vfs_open(struct pt_regs *ctx, const struct path *path, struct file *file) {
    u32 pid = bpf_get_current_pid_tgid();
    struct val_t val = { .fp = file, .ts = bpf_ktime_get_ns() };
    files.update(&pid, &val);
    struct data_t data = {
        .dev = file->f_inode->i_sb->s_dev,
    };
    if (!(file->f_op->write_iter))
        return 0;
    data.dev = path->dentry->d_inode->i_sb->s_dev >> 8,
    data.port = 0;
    return path->dentry->d_sb->s_id[0] == 0;
}

int kretprobe__vfs_open(struct pt_regs *ctx) {
    u32 pid = bpf_get_current_pid_tgid();
    struct val_t *valp = files.lookup(&pid);
    if (!valp)
        return 0;
    struct qstr qs = valp->fp->f_path.dentry->d_name;
    const char *(*name)[2] = (void *)valp->fp;
    return qs.len + *(*name)[1];
}

int on_tcp(struct pt_regs *ctx, struct sock *sk, struct sk_buff *skb, struct sock ***ptr3, int len) {
    u32 pid = 0;
    struct tcphdr *tcp = skb_to_tcphdr(skb);
    u8 flags = ((u8 *)tcp)[13];
    u8 odd = *((u8 *)&sk->__sk_common.skc_bound_dev_if - 1);
    u8 tos = *(&((struct inet_sock *)sk)->rcv_tos - 1) & 0x01;
    socks.update(&pid, &sk);
    struct sock **skpp = socks.lookup(&pid);
    if (!skpp)
        return 0;
    struct sock *skp = *skpp;
    u32 *members[] = { &pid, &pid };
    bpf_probe_read_kernel(&pid, sizeof(pid), &skp->sk_socket->file->f_flags);
    return flags + odd + tos + sport(skp) + skp->sk_protocol + ((struct sock *)(**ptr3))->sk_type + *members[1] + len;
}

int on_device(struct pt_regs *ctx, struct virtqueue *vq, struct scatterlist *sgs[]) {
    struct data_t v = {};
    struct scatterlist *sgp;
    int n, i = 0;
    bpf_probe_read_kernel_str(v.driver, sizeof(v.driver), vq->vdev->dev.driver->name);
    for (n = 0, sgp = sgs[i]; sgp && (n < 4); sgp++)
        n += sgp->length + sizeof(sgp->offset);
    struct mount *mnt = container_of(vq->priv, struct mount, mnt);
    return n + mnt->mnt_id + BPF_CORE_READ(vq, vdev, id.device);
}
