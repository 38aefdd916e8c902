struct inner { u32 *table[4]; struct sock *sks[2]; };
struct val { struct inner in[2]; u64 n; struct task_struct *t; };
BPF_HASH(vals, u32, struct val);
BPF_PERCPU_ARRAY(scratch, struct val, 1);
static __always_inline u32 tgid(const struct task_struct *t) { return t->tgid; }
static struct task_struct *parent_of(struct val *v) { return v->t->real_parent; }
int f(struct pt_regs *ctx) {
    u32 k = 0; int zero = 0;
    struct val *v = vals.lookup(&k), *s = scratch.lookup(&zero);
    if (!v || !s) return 0;
    v->t = (void *)bpf_get_current_task();
    s->t = v->t;
    v->n += v->t->tgid; v->n++; ++s->n;
    s->in[0].sks[1] = (struct sock *)v->t;
    s->n |= s->in[0].sks[1]->__sk_common.skc_family;
    s->n += tgid(parent_of(v)) + tgid(v->t);
    struct task_struct *t = v->t ? v->t : s->t;
    struct mm_struct *mm = (t = t->group_leader)->mm;
    const unsigned char *name = mm ? mm->exe_file->f_path.dentry->d_name.name : 0;
    char buf[8] = {};
    bpf_probe_read_kernel_str(buf, sizeof(buf), name);
    if (buf[0] == t->comm[0] && !t->comm[k & 3]) return t->comm[1];
    struct list_head *l = &t->children;
    struct task_struct *child = container_of(l->next, struct task_struct, sibling);
    u64 addr = (u64)t; 
    return child->pid + ((struct task_struct *)addr)->pid + (*(struct task_struct **)&addr == t) + sizeof(t->comm) + (t->flags & 1 ? t->pid : t->tgid);
}
