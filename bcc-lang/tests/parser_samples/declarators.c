#define __force_inline inline __attribute__((always_inline))
#define PTR struct task_struct *
#define NUM unsigned long

typedef int (*handler_t)(void *ctx, const char *name, ...);
typedef struct { int x; } __packed small_t, *small_ptr;
static __force_inline NUM helper(PTR task, NUM n);
int (*table[4])(int a, int (*)(void)), *pointers[2][3], (*matrix)[5];
extern const volatile int limit __kconfig, debug __attribute__((weak)) __attribute__((section("x")));
char LICENSE[] SEC("license") = "Dual " "MIT" "/GPL";
struct __attribute__((packed)) tagged { u8 a : 3, : 5; u16 : 0; struct { u32 in; union { u8 b; s8 c; }; }; int flex[]; };
struct tagged one = { .a = 1, .in = 2, }, two = { a: 3 }, many[3] = { [0 ... 1] = { 1 }, [2] { 2 } };
enum flags : u8;
enum __attribute__((packed)) mode { OFF, ON = 1 << 2, LAST __attribute__((deprecated)) = ON + 1, };
_Static_assert(sizeof(struct tagged) > 0, "size");
_Alignas(16) static _Thread_local int aligned_one;
_Atomic(int) atom, * _Atomic other;
typeof(limit) copy; __typeof__(int *) copy2; __auto_type automatic = 3;
unsigned __int128 wide; long unsigned int long mixed; _Bool flag; signed char sc; long double ld;
struct { __uint(type, BPF_MAP_TYPE_HASH); __type(key, u32); DECLARE_BITMAP(bits, 4) int after; } map SEC(".maps");
void (*signal(int sig, void (*func)(int)))(int);
int array_param(int n, int a[static 4], int b[const *], char *restrict c, struct x { int y; } *d);
asm(".pushsection .text; .popsection");
SEC("kprobe/do_unlinkat") int BPF_KPROBE(do_unlinkat, int dfd, struct filename *name) { return dfd; }
SEC("xdp")
int xdp_prog(struct xdp_md *ctx) { return (int)(long)ctx->data; }
static __noinline int plain(struct foo __user *p, unknown_type q, unknown __rcu *r) { return 0; }
__always_inline static void nothing(void);
int fortified(int a) __attribute__((nonnull)) __weak;
int old(unsigned, char *, u32), proto();
