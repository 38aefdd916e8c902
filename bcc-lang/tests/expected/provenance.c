#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include "bcc_prelude.h"

/* With BCC_COUNT_READS, which is the number of lines and 1: how often reads have failed, by the line that they stand in. */
#ifdef BCC_COUNT_READS
unsigned long long __bcc_faults[BCC_COUNT_READS] __attribute__((section(".bss.bcc_faults"), aligned(8)));
static __always_inline long bcc_count_read(unsigned int level, unsigned int line, long status)
{
	if (__builtin_expect((int)status < 0, 0))
		__sync_fetch_and_add(&__bcc_faults[level || line >= BCC_COUNT_READS ? 0 : line], 1);
	return status;
}
#define bpf_probe_read(...) bcc_count_read(__INCLUDE_LEVEL__, __LINE__, bpf_probe_read(__VA_ARGS__))
#define bpf_probe_read_str(...) bcc_count_read(__INCLUDE_LEVEL__, __LINE__, bpf_probe_read_str(__VA_ARGS__))
#define bpf_probe_read_kernel(...) bcc_count_read(__INCLUDE_LEVEL__, __LINE__, bpf_probe_read_kernel(__VA_ARGS__))
#define bpf_probe_read_kernel_str(...) bcc_count_read(__INCLUDE_LEVEL__, __LINE__, bpf_probe_read_kernel_str(__VA_ARGS__))
#define bpf_probe_read_user(...) bcc_count_read(__INCLUDE_LEVEL__, __LINE__, bpf_probe_read_user(__VA_ARGS__))
#define bpf_probe_read_user_str(...) bcc_count_read(__INCLUDE_LEVEL__, __LINE__, bpf_probe_read_user_str(__VA_ARGS__))
#endif

/* Whether `x` names an array: only then does its type change where a value is needed. */
#define bcc_is_array(x) (!__builtin_types_compatible_p(typeof(x), typeof((0, (x)))))
/* Copies what `place` names with the helper `read`; a failed read gives zeros. An array stays an address. */
#define bcc_read(read, place) __builtin_choose_expr(bcc_is_array(place), place, ({ \
	typeof((0, (place))) __bcc_value; \
	read(&__bcc_value, sizeof(__bcc_value), &(place)); \
	__bcc_value; \
}))

/* `p->m` in memory that the address itself tells kernel or user. */
#define BCC_READ_ANY(p, m) ({ __auto_type __bcc_p = (p); bcc_read(bpf_probe_read, __bcc_p->m); })

/* `*p` in memory that the address itself tells kernel or user. */
#define BCC_DEREF_ANY(p) ({ __auto_type __bcc_p = (p); bcc_read(bpf_probe_read, *__bcc_p); })

#line 1 "provenance.c"
struct inner { u32 *table[4]; struct sock *sks[2]; };
struct val { struct inner in[2]; u64 n; struct task_struct *t; };
struct {
#line 3
    __uint(type, BPF_MAP_TYPE_HASH);
#line 3
    __type(key, u32);
#line 3
    __type(value, struct val);
#line 3
    __uint(max_entries, 10240);
#line 3
} vals SEC(".maps");
#line 3

struct {
#line 4
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
#line 4
    __type(key, int);
#line 4
    __type(value, struct val);
#line 4
    __uint(max_entries, 1);
#line 4
} scratch SEC(".maps");
#line 4

static __always_inline u32 tgid(const struct task_struct *t) { return BCC_READ_ANY(t, tgid); }
static __always_inline struct task_struct *parent_of(struct val *v) { return BCC_READ_ANY(v->t, real_parent); }
SEC("kprobe")
#line 7
int f(struct pt_regs *ctx) {
    u32 k = 0; int zero = 0;
    struct val *v = bpf_map_lookup_elem(&vals, &k), *s = bpf_map_lookup_elem(&scratch, &zero);
    if (!v || !s) return 0;
    v->t = (void *)bpf_get_current_task();
    s->t = v->t;
    v->n += BCC_READ_ANY(v->t, tgid); v->n++; ++s->n;
    s->in[0].sks[1] = (struct sock *)v->t;
    s->n |= BCC_READ_ANY(s->in[0].sks[1], __sk_common.skc_family);
    s->n += tgid(parent_of(v)) + tgid(v->t);
    struct task_struct *t = v->t ? v->t : s->t;
    struct mm_struct *mm = BCC_READ_ANY(t = BCC_READ_ANY(t, group_leader), mm);
    const unsigned char *name = mm ? BCC_READ_ANY(BCC_READ_ANY(BCC_READ_ANY(mm, exe_file), f_path.dentry), d_name.name) : 0;
    char buf[8] = {};
    bpf_probe_read_kernel_str(buf, sizeof(buf), name);
    if (buf[0] == BCC_DEREF_ANY(&BCC_READ_ANY(t, comm)[0]) && !BCC_DEREF_ANY(&BCC_READ_ANY(t, comm)[k & 3])) return BCC_DEREF_ANY(&BCC_READ_ANY(t, comm)[1]);
    struct list_head *l = &t->children;
    struct task_struct *child = container_of(BCC_READ_ANY(l, next), struct task_struct, sibling);
    u64 addr = (u64)t; 
    return BCC_READ_ANY(child, pid) + BCC_READ_ANY((struct task_struct *)addr, pid) + (*(struct task_struct **)&addr == t) + sizeof(t->comm) + (BCC_READ_ANY(t, flags) & 1 ? BCC_READ_ANY(t, pid) : BCC_READ_ANY(t, tgid));
}

#line 1 "<layout>"
_Static_assert(sizeof(struct inner) == 48, "size of struct inner");
_Static_assert(__builtin_offsetof(struct inner, table) == 0, "offset of table in struct inner");
_Static_assert(__builtin_offsetof(struct inner, sks) == 32, "offset of sks in struct inner");
_Static_assert(sizeof(struct val) == 112, "size of struct val");
_Static_assert(__builtin_offsetof(struct val, in) == 0, "offset of in in struct val");
_Static_assert(__builtin_offsetof(struct val, n) == 96, "offset of n in struct val");
_Static_assert(__builtin_offsetof(struct val, t) == 104, "offset of t in struct val");

#line 1 "<license>"
char LICENSE[] SEC("license") = "GPL";

/* needs: KernelNeeds {
    names: [
        "BPF_HASH",
        "BPF_MAP_TYPE_HASH",
        "BPF_MAP_TYPE_PERCPU_ARRAY",
        "BPF_PERCPU_ARRAY",
        "__always_inline",
        "bpf_get_current_task",
        "container_of",
        "in",
        "int",
        "list_head",
        "mm_struct",
        "n",
        "pt_regs",
        "sibling",
        "sks",
        "sock",
        "table",
        "task_struct",
        "u32",
        "u64",
    ],
    defined: [
        "f",
        "inner",
        "parent_of",
        "scratch",
        "tgid",
        "val",
        "vals",
    ],
    locals: [
        "addr",
        "buf",
        "child",
        "ctx",
        "in",
        "k",
        "l",
        "mm",
        "n",
        "name",
        "s",
        "sks",
        "t",
        "table",
        "v",
        "zero",
    ],
    members: [
        "__sk_common",
        "children",
        "comm",
        "d_name",
        "dentry",
        "exe_file",
        "f_path",
        "flags",
        "group_leader",
        "in",
        "l",
        "lookup",
        "mm",
        "n",
        "name",
        "next",
        "pid",
        "real_parent",
        "sibling",
        "skc_family",
        "sks",
        "t",
        "task_struct",
        "tgid",
    ],
    tracepoints: [],
    includes: [],
} */
