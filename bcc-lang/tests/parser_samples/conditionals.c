#ifndef TASK_COMM_LEN
#define TASK_COMM_LEN 16
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 11, 0)
BPF_HASH(old, u32);
int on_old(struct pt_regs *ctx)
#else
BPF_HASH(new, u64);
int on_new(struct pt_regs *ctx)
#endif
{
    return 0;
}

enum kind {
    A,
#ifdef WITH_B
    B,
#else
    C,
#endif
    D
};

struct event {
    u32 pid;
#ifdef WITH_STACK
    u32 stack;
    u64 ip;
#elif defined(WITH_USER)
    u64 user;
#endif
};

int main_probe(struct pt_regs *ctx, int a)
{
#if 0
    this isn't "C
#endif
#ifdef FILTER
    if (a != FILTER) {
        return 0;
    }
#endif
#ifdef NESTED
    if (a) {
#endif
    int x = call(a,
#ifdef EXTRA
                 1,
#endif
                 2);
#ifdef NESTED
    }
#endif
#ifndef NESTED
    if (!a) {
        x = 3;
#endif
#ifndef NESTED
    }
#endif
    switch (a) {
#ifdef WITH_B
    case 1:
        x = 1;
        break;
#endif
    default:
        x = 2;
    }
    if (a) {
        x++;
    }
#ifdef ELSE
    else if (x) {
        x--;
    }
#endif
    else {
        x = 0;
    }
    FILTER
    return x;
}
