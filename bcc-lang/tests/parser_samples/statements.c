#define LOOP(i) for (int i = 0; i < 3; i++)
#define SUBMIT(x) events.perf_submit(ctx, &x, sizeof(x));
#define SKIP if (pid == 0) return 0;

int statements(struct pt_regs *ctx, int pid)
{
    __label__ local;
    int a = 1, *b = &a, c[2] = { 1, 2 };
    u32 typed; unknown_t other = { 0 }; size_t *many, one; foo_unknown *ptr = 0; struct s { int x; } s;
    ;
    { int a; { } }
    if (a) b = 0; else if (c[0]) { a = 1; } else a = 2;
    for (;;) break;
    for (int i = 0, j = 1; i < 3; i++, j--) continue;
    for (a = 0; a < 3; ) a++;
    while (a--) ;
    do { a++; } while (a < 3);
    do a++; while (0);
    switch (a) {
    case 0:
    case 1 ... 3: a = 1; break;
    case 'x': { a = 2; break; }
    local:
    default:
        a = 3;
    }
    LOOP(i) { a += i; }
    LOOP(j) a += j;
    if (a) LOOP(k) { a += k; } else a = 1;
    bpf_for(a, 0, 10) { a++; }
    bpf_for_each_thing(x, y) a++;
    SKIP
    SUBMIT(a)
    FILTER
    u64 ts = bpf_ktime_get_ns();
    SUBMIT(s)
    FILTER_COMM
    *b = 3;
#pragma unroll
    for (int i = 0; i < 3; i++) { a++; }
    asm volatile("r0 = %0" : "=r"(a) : "r"(a) : "r0", "memory");
    asm("" ::: "memory");
    __asm__ __volatile__ goto ("" : : : : local);
    __attribute__((fallthrough));
    __attribute__((unused)) int unused_one;
    _Static_assert(1, "x");
    typeof(a) copy = a; __auto_type copy2 = a; static const int table[] = { 1, 2, };
    int (*fn)(int) = 0, proto(int x);
    if (a) goto out;
    return a;
out: __attribute__((unused))
    return
        0;
    last:
}
