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

/* `p->m` of a struct of the kernel, in kernel memory. */
#define BCC_READ(p, m) ({ __auto_type __bcc_p = (p); bcc_read(bpf_probe_read_kernel, __bcc_p->m); })

#line 1 "variables.c"
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
struct {
#line 11
	__uint(type, BPF_MAP_TYPE_HASH);
#line 11
	__type(key, u64);
#line 11
	__type(value, u64);
#line 11
	__uint(max_entries, 10240);
#line 11
} seen SEC(".maps");
#line 11

SEC("kprobe")
#line 12
int count(void *ctx) {
	static u32 calls;
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	if (bpf_core_field_exists(task->nope) && bpf_core_type_exists(struct nope))
		own += BCC_READ(task, nope);
	counter += ++calls + step + fixed + polled;
	return 0;
}

#line 1 "<layout>"
_Static_assert(sizeof(struct pair_t) == 16, "size of struct pair_t");
_Static_assert(__builtin_offsetof(struct pair_t, a) == 0, "offset of a in struct pair_t");
_Static_assert(__builtin_offsetof(struct pair_t, b) == 8, "offset of b in struct pair_t");

#line 1 "<license>"
char LICENSE[] SEC("license") = "GPL";

/* needs: KernelNeeds {
    names: [
        "BPF_HASH",
        "BPF_MAP_TYPE_HASH",
        "a",
        "b",
        "bpf_core_field_exists",
        "bpf_core_type_exists",
        "bpf_get_current_task",
        "nope",
        "pt_regs",
        "s64",
        "task_struct",
        "u32",
        "u64",
    ],
    defined: [
        "OFF",
        "ON",
        "count",
        "counter",
        "first",
        "fixed",
        "last",
        "limits",
        "mode",
        "own",
        "pair_t",
        "polled",
        "seen",
        "step",
    ],
    locals: [
        "a",
        "b",
        "calls",
        "ctx",
        "task",
    ],
    members: [
        "a",
        "b",
        "nope",
        "task",
    ],
    tracepoints: [],
    includes: [],
} */
