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

/* `*p` in memory that the address itself tells kernel or user. */
#define BCC_DEREF_ANY(p) ({ __auto_type __bcc_p = (p); bcc_read(bpf_probe_read, *__bcc_p); })

#line 1 "own_memory.c"
struct data_t { u32 number; char name[16]; };
struct {
#line 2
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
#line 2
    __type(key, int);
#line 2
    __type(value, struct data_t);
#line 2
    __uint(max_entries, 1);
#line 2
} buffer SEC(".maps");
#line 2


static __always_inline int first(const char *text) { return BCC_DEREF_ANY(&text[0]); }

SEC("tracepoint/syscalls/sys_enter_openat")
#line 6
int tracepoint__syscalls__sys_enter_openat(struct tracepoint__syscalls__sys_enter_openat *args) {
    int zero = 0;
    char local[16] = {};
    struct data_t *data = bpf_map_lookup_elem(&buffer, &zero);
    if (!data)
        return 0;
    char *name = data->name;
    bpf_probe_read_user(data, sizeof(*data), (void *)args->filename);
    bpf_probe_read_user_str(name, sizeof(data->name), args->filename);
    return data->number + name[0] + first(local) + first(args->filename);
}

#line 1 "<layout>"
_Static_assert(sizeof(struct data_t) == 20, "size of struct data_t");
_Static_assert(__builtin_offsetof(struct data_t, number) == 0, "offset of number in struct data_t");
_Static_assert(__builtin_offsetof(struct data_t, name) == 4, "offset of name in struct data_t");

#line 1 "<license>"
char LICENSE[] SEC("license") = "GPL";

/* needs: KernelNeeds {
    names: [
        "BPF_MAP_TYPE_PERCPU_ARRAY",
        "BPF_PERCPU_ARRAY",
        "TRACEPOINT_PROBE",
        "args",
        "int",
        "number",
        "sys_enter_openat",
        "syscalls",
        "u32",
    ],
    defined: [
        "buffer",
        "data_t",
        "first",
        "tracepoint__syscalls__sys_enter_openat",
    ],
    locals: [
        "TRACEPOINT_PROBE(syscalls, sys_enter_openat)",
        "data",
        "local",
        "name",
        "number",
        "text",
        "zero",
    ],
    members: [
        "filename",
        "lookup",
        "name",
        "number",
    ],
    tracepoints: [
        (
            "syscalls",
            "sys_enter_openat",
        ),
    ],
    includes: [],
} */
