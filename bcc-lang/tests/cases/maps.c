#include <uapi/linux/ptrace.h> /* registers */
#define SIZE 64
struct key_t { u32 pid; char name[8]; };
struct value_t { u64 count; u64 total; };

BPF_HASH(defaults);
BPF_HASH(keyed, struct key_t);
BPF_HASH(full, struct key_t, struct value_t, SIZE * 2)
BPF_ARRAY(array, struct value_t, SIZE);
BPF_PERCPU_ARRAY(percpu);
BPF_HISTOGRAM(slots);
BPF_HISTOGRAM(hashed, struct key_t,
              128);
BPF_TABLE("lru_hash", u32, u64, lru, 10);
BPF_F_TABLE("hash", u32, u64, lazy, 10, BPF_F_NO_PREALLOC);

int count(struct pt_regs *ctx) {
    struct key_t key = {};
    struct value_t zero = {}, *value;
    u64 id = bpf_get_current_pid_tgid(), one = 1, *leaf;
    int at = 3;

    leaf = defaults.lookup(&id);
    if (defaults.lookup(&id) == NULL && !leaf)
        defaults.insert(&id, &one);
    (*defaults.lookup_or_init(&id, &one))++;
    value = full.lookup_or_try_init(&key, &zero);
    if (value && full.lookup(&key))
        value->count += value->total;
    full.update(&key, &zero), full.delete(&key);
    keyed.increment(key);
    keyed.atomic_increment(key, 2);
    slots.increment(bpf_log2l(id));
    slots.atomic_increment(bpf_log2(one));
    percpu.increment(at, id);
    hashed.increment(key);
    lru.increment(id);
    __auto_type found = array.lookup(&at);
    return sizeof(full.key) + sizeof(typeof(full.leaf)) + (found ? found->count : 0);
}
