=== X9 error: takes a pointer
BPF_HASH(m, u32, u64);
int f(struct pt_regs *ctx) { u32 pid = 1; m.lookup(«pid»); return 0; }
=== X9 pass
BPF_HASH(m, u32, u64);
int f(struct pt_regs *ctx) { u32 pid = 1; m.lookup(&pid); return 0; }
=== X10 error: `increment`
BPF_HASH(m, u32, u64);
int f(struct pt_regs *ctx) { u32 k = 1; m.increment(«&k»); return 0; }
=== X10 pass
BPF_HASH(m, u32, u64);
int f(struct pt_regs *ctx) { u32 k = 1; m.increment(k); return 0; }
=== X11 error: has no address
BPF_HASH(m, u32, u64);
int f(struct pt_regs *ctx) { u64 v = 1; m.update(«&5», &v); return 0; }
=== X11 error: has no address
BPF_HASH(m, u32, u64);
int f(struct pt_regs *ctx) { u64 v = 1; u32 k = 1; m.update(&k, «&(v + 1)»); return 0; }
=== X11 pass
BPF_HASH(m, u32, u64);
int f(struct pt_regs *ctx) { u64 v = 1; m.update(&(u32){5}, &v); return 0; }
=== X12 error: 8
BPF_HASH(m, u64);
int f(struct pt_regs *ctx) { u32 pid = 1; m.lookup(«&pid»); return 0; }
=== X12 pass
BPF_HASH(m, u64);
int f(struct pt_regs *ctx) { u64 pid = 1; m.lookup(&pid); return 0; }
=== X13 error: 8
BPF_HASH(m, u32, u64);
int f(struct pt_regs *ctx) { u32 k = 1, one = 1; m.update(&k, «&one»); return 0; }
=== X13 pass
BPF_HASH(m, u32, u64);
int f(struct pt_regs *ctx) { u32 k = 1; u64 one = 1; m.update(&k, &one); return 0; }
=== X14 error: 4
BPF_ARRAY(arr, u64, 10);
int f(struct pt_regs *ctx) { u64 i = 1; arr.lookup(«&i»); return 0; }
=== X14 pass
BPF_ARRAY(arr, u64, 10);
int f(struct pt_regs *ctx) { int i = 1; arr.lookup(&i); return 0; }
=== X16 warning: up to 64
BPF_HISTOGRAM(h, int, 10);
int f(struct pt_regs *ctx) { u64 v = bpf_ktime_get_ns(); h.increment(«bpf_log2l(v)»); return 0; }
=== X16 warning: up to 32
BPF_HISTOGRAM(h, int, 10);
int f(struct pt_regs *ctx) { u32 v = bpf_get_smp_processor_id(); h.increment(«bpf_log2(v)»); return 0; }
=== X16 pass
BPF_HISTOGRAM(h);
int f(struct pt_regs *ctx) { u64 v = bpf_ktime_get_ns(); h.increment(bpf_log2l(v)); return 0; }
=== X16 pass
BPF_HISTOGRAM(h, int, 10);
int f(struct pt_regs *ctx) { u64 v = bpf_ktime_get_ns(); h.increment(v / 10); return 0; }
=== X16 pass
BPF_HISTOGRAM(h, int, 40);
int f(struct pt_regs *ctx) { u32 v = bpf_get_smp_processor_id(); h.increment(bpf_log2(v)); return 0; }
=== X17 error: `delete`
BPF_ARRAY(arr, u64, 10);
int f(struct pt_regs *ctx) { int i = 1; arr.«delete»(&i); return 0; }
=== X17 error: `get_stackid`
BPF_HISTOGRAM(h);
int f(struct pt_regs *ctx) { h.«get_stackid»(ctx, 0); return 0; }
=== X17 error: `perf_submit`
BPF_HASH(m, u32, u64);
int f(struct pt_regs *ctx) { u64 v = 1; m.«perf_submit»(ctx, &v, sizeof(v)); return 0; }
=== X17 pass
BPF_HASH(m, u32, u64);
int f(struct pt_regs *ctx) { u32 k = 1; m.delete(&k); return 0; }
=== X18 error: `insert`
BPF_ARRAY(arr, u64, 10);
int f(struct pt_regs *ctx) { int i = 1; u64 v = 1; arr.«insert»(&i, &v); return 0; }
=== X18 pass
BPF_ARRAY(arr, u64, 10);
int f(struct pt_regs *ctx) { int i = 1; u64 v = 1; arr.update(&i, &v); return 0; }
=== X19 error: number
struct s { u64 a; };
BPF_HASH(m, u32, struct s);
int f(struct pt_regs *ctx) { u32 k = 1; m.«increment»(k); return 0; }
=== X19 pass
BPF_HASH(m, u32, u32);
int f(struct pt_regs *ctx) { u32 k = 1; m.increment(k); return 0; }
=== X20 error: does nothing if the key is missing
// semantics: strict
BPF_PERCPU_HASH(m, u32, u64);
int f(struct pt_regs *ctx) { u32 k = 1; m.«increment»(k); return 0; }
=== X20 warning: does nothing if the key is missing
BPF_PERCPU_HASH(m, u32, u64);
int f(struct pt_regs *ctx) { u32 k = 1; m.«increment»(k); return 0; }
=== X20 warning: does nothing if the key is missing
BPF_TABLE("lru_hash", u32, u64, m, 1024);
int f(struct pt_regs *ctx) { u32 k = 1; m.«increment»(k); return 0; }
=== X20 pass
BPF_PERCPU_ARRAY(m, u64, 4);
int f(struct pt_regs *ctx) { u32 k = 1; m.increment(k); return 0; }
=== X20 pass
BPF_PERCPU_HASH(m, u32, u64);
int f(struct pt_regs *ctx) { u32 k = 1; u64 zero = 0; m.insert(&k, &zero); m.increment(k); return 0; }
=== X21 error: a positive number
BPF_HASH(m, u32, u64, «0»);
=== X21 error: constant
static int nr = 4;
BPF_HASH(m, u32, u64, «nr»);
=== X21 pass
#define NR (1 << 4)
BPF_HASH(m, u32, u64, NR);
=== X21 pass
enum { NR = 7 };
BPF_HASH(m, u32, u64, NR * 2);
=== X22 warning: power of two
BPF_RINGBUF_OUTPUT(e, «6»);
=== X22 pass
BPF_RINGBUF_OUTPUT(e, 8);
=== X23 error: 32
struct huge { u8 bytes[40000]; };
BPF_PERCPU_ARRAY(m, «struct huge», 1);
=== X23 pass
struct huge { u8 bytes[30000]; };
BPF_PERCPU_ARRAY(m, struct huge, 1);
=== X24 error: length of its prefix
struct k { u8 a[4]; u32 plen; };
BPF_LPM_TRIE(t, «struct k»);
=== X24 pass
struct k { u32 plen; u8 a[4]; };
BPF_LPM_TRIE(t, struct k);
=== X25 error: no size
BPF_HASH(m, «void»);
=== X25 error: no size
BPF_HASH(m, u32, «void»);
=== X25 pass
BPF_HASH(m, struct request *);
=== X25 pass
struct mine { u32 n; };
BPF_HASH(m, struct mine);
=== X26 warning: hash of 64
BPF_HISTOGRAM(h, «u32»);
=== X26 pass
BPF_HISTOGRAM(h, int);
=== X26 pass
struct key { u32 a; u64 slot; };
BPF_HISTOGRAM(h, struct key);
=== X27 error: name
BPF_HASH(«u32», events);
=== X27 error: name
BPF_HASH(«struct sock», events);
=== X27 pass
BPF_HASH(events, u32);
=== X28 error: defined twice
BPF_HASH(start);
BPF_HASH(«start», u32);
=== X28 pass
BPF_HASH(start);
BPF_HASH(start2, u32);
BPF_HASH(a_rather_long_name_for_a_map, u32);
=== X21 pass
static const int nr = 4;
BPF_HASH(m, u32, u64, nr);
=== X21 pass
BPF_TABLE_PINNED("hash", u64, u64, ids, 0, "/sys/fs/bpf/ids");
=== X15 error: 4 entries
BPF_ARRAY(a, u64, 4);
int f(struct pt_regs *ctx) { int i = 4; u64 *v = a.lookup(«&i»); return v ? *v : 0; }
=== X15 pass
BPF_ARRAY(a, u64, 4);
int f(struct pt_regs *ctx) { int i = 3; u64 *v = a.lookup(&i); return v ? *v : 0; }
