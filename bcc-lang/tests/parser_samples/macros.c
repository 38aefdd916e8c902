#define STRINGIFY(x) #x
#define PASTE(a, b) a##b
#define MULTI(x)   \
    do {           \
        x++;       \
    } while (0)    /* a comment
    on two lines */
#define EMPTY
#define VARIADIC(fmt, ...) bpf_trace_printk(fmt, ##__VA_ARGS__)
#define GNU(fmt, args...) f(fmt, ## args)
#define MAP_TYPE struct data_t
#undef EMPTY
#include "local.h"
#pragma once
#error don't panic
# 12 "file.c"
#

BPF_HASH(simple, MAP_TYPE)
BPF_HASH(
    multi_line,
    struct { u32 a; u32 b; },
    u64 [4]
);
BPF_STACK_TRACE(stacks, 1024);
USDT_THING
DEFINE_PER_CPU(int, counter) = 1;
static DEFINE_THING(x, "y");
RAW_TRACEPOINT_PROBE(sched_switch) { return 0; }
LSM_PROBE(bpf, int cmd, union bpf_attr *uattr, unsigned int size) { return -EPERM; }
static int MADE_BY(x, 3) { return 0; }
int spl\
iced = 1;
struct data_t {
    u32 pid;
    COMMON_FIELDS
    FIELDS(a, b)
    MORE(c);
    ElfW(Phdr) *header;
};
int f(void) {
    MULTI(simple.x);
    VARIADIC("a %d", 1);
    VARIADIC("b")
    STRINGIFY(a b c);
    int y = PASTE(1, 2), z = CALL(struct data_t, { int q; });
    return y;
}
