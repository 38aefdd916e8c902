enum mode { OFF, ON = 3 };
struct pair_t { u32 a; u64 b; };
const volatile enum mode mode = OFF;
const volatile struct pair_t limits = { .a = 1, .b = 2 };
static const volatile s64 step = 1;
static const u32 fixed = 2;
u64 counter;
struct pair_t last = { 0 }, first = { 1 };
static volatile u32 polled;
static u64 own;
BPF_HASH(seen);
int count(void *ctx) {
	static u32 calls;
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	if (bpf_core_field_exists(task->nope) && bpf_core_type_exists(struct nope))
		own += task->nope;
	counter += ++calls + step + fixed + polled;
	return 0;
}
