/*
 * Macros and inline functions of kernel headers that programs for bcc call. Written as macros
 * where a constant expression must stay one.
 */

#define __user
#define __kernel
#define __rcu
#define __force
#define __iomem
#define __percpu
#define __init
#define __exit
#define __must_check
#define __maybe_unused __attribute__((unused))
#define __packed __attribute__((packed))
#define __aligned(x) __attribute__((aligned(x)))
#define noinline __attribute__((noinline))
#define fallthrough __attribute__((fallthrough))
#define asmlinkage
#define notrace
#define __pure
#define __read_mostly
#define __cacheline_aligned
#define ____cacheline_aligned
#define ____cacheline_aligned_in_smp
#define __randomize_layout
#define __bitwise
#define __must_hold(x)
#define __counted_by(member)

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define offsetof(type, member) __builtin_offsetof(type, member)
#define container_of(ptr, type, member) \
	((type *)((void *)(ptr) - __builtin_offsetof(type, member)))
#define ARRAY_SIZE(arr) (sizeof(arr) / sizeof((arr)[0]))
#define BUILD_BUG_ON(cond) _Static_assert(!(cond), "BUILD_BUG_ON failed: " #cond)
#define BIT(nr) (1UL << (nr))
#define BIT_ULL(nr) (1ULL << (nr))
/* A read of kernel memory has no address, so the compiler is kept from merging reads instead. */
#define READ_ONCE(x) ({ __asm__ volatile("" : : : "memory"); typeof((0, (x))) __bcc_once = (x); \
	__asm__ volatile("" : : : "memory"); __bcc_once; })
#define WRITE_ONCE(x, value) (*(volatile typeof(x) *)&(x) = (value))
#define rcu_head callback_head
#define rcu_dereference(p) (p)
#define rcu_access_pointer(p) (p)
#define sizeof_field(type, member) sizeof(((type *)0)->member)
#define FIELD_SIZEOF(type, member) sizeof_field(type, member)
#define offsetofend(type, member) (__builtin_offsetof(type, member) + sizeof_field(type, member))
#define BITS_PER_BYTE 8
#define BITS_PER_LONG 64
#define BITS_PER_LONG_LONG 64
#define BITS_TO_LONGS(nr) DIV_ROUND_UP(nr, BITS_PER_LONG)
#define GENMASK(high, low) (~0UL << (low) & ~0UL >> (BITS_PER_LONG - 1 - (high)))
#define GENMASK_ULL(high, low) (~0ULL << (low) & ~0ULL >> (BITS_PER_LONG_LONG - 1 - (high)))
#define upper_32_bits(n) ((unsigned int)((unsigned long long)(n) >> 32))
#define lower_32_bits(n) ((unsigned int)(n))
#define ALIGN(x, a) (((x) + ((typeof(x))(a) - 1)) & ~((typeof(x))(a) - 1))
#define IS_ALIGNED(x, a) (((x) & ((typeof(x))(a) - 1)) == 0)
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#define round_up(x, y) ((((x) - 1) | ((typeof(x))(y) - 1)) + 1)
#define round_down(x, y) ((x) & ~((typeof(x))(y) - 1))
#define min(a, b) ({ typeof(a) __bcc_a = (a); typeof(b) __bcc_b = (b); \
	__bcc_a < __bcc_b ? __bcc_a : __bcc_b; })
#define max(a, b) ({ typeof(a) __bcc_a = (a); typeof(b) __bcc_b = (b); \
	__bcc_a > __bcc_b ? __bcc_a : __bcc_b; })
#define min3(a, b, c) min(min(a, b), c)
#define max3(a, b, c) max(max(a, b), c)
#define clamp(value, low, high) min(max(value, low), high)
#define clamp_t(type, value, low, high) min_t(type, max_t(type, value, low), high)
#define abs(x) ({ typeof(x) __bcc_x = (x); __bcc_x < 0 ? -__bcc_x : __bcc_x; })
#define roundup(x, y) (DIV_ROUND_UP(x, y) * (y))
#define rounddown(x, y) ((x) - (x) % (y))
#define min_t(type, a, b) ({ type __bcc_a = (a); type __bcc_b = (b); \
	__bcc_a < __bcc_b ? __bcc_a : __bcc_b; })
#define max_t(type, a, b) ({ type __bcc_a = (a); type __bcc_b = (b); \
	__bcc_a > __bcc_b ? __bcc_a : __bcc_b; })
#define swap(a, b) ({ typeof(a) __bcc_a = (a); (a) = (b); (b) = __bcc_a; })
#define div_u64(n, d) ((unsigned long long)(n) / (unsigned int)(d))
#define div64_u64(n, d) ((unsigned long long)(n) / (unsigned long long)(d))
#define do_div(n, base) ({ unsigned int __bcc_rest = (n) % (base); (n) /= (base); __bcc_rest; })
#define lock_xadd(ptr, value) ((void)__sync_fetch_and_add(ptr, value))
#define div_u64_rem(n, d, rest) ({ unsigned long long __bcc_n = (n); unsigned int __bcc_d = (d); \
	*(rest) = __bcc_n % __bcc_d; __bcc_n / __bcc_d; })
#define memcmp(a, b, n) __builtin_memcmp(a, b, n)
#define memcpy(to, from, n) __builtin_memcpy(to, from, n)
#define memset(to, byte, n) __builtin_memset(to, byte, n)
#define memmove(to, from, n) __builtin_memmove(to, from, n)

/* A constant stays a constant: sizes of maps are rounded with this. Up to 2^31. */
#define roundup_pow_of_two(n) (__bcc_spread16((unsigned long)(n) - 1) + 1)
#define __bcc_spread1(x) ((x) | (x) >> 1)
#define __bcc_spread2(x) (__bcc_spread1(x) | __bcc_spread1(x) >> 2)
#define __bcc_spread4(x) (__bcc_spread2(x) | __bcc_spread2(x) >> 4)
#define __bcc_spread8(x) (__bcc_spread4(x) | __bcc_spread4(x) >> 8)
#define __bcc_spread16(x) (__bcc_spread8(x) | __bcc_spread8(x) >> 16)

#define rounddown_pow_of_two(n) ((__bcc_spread16((unsigned long)(n)) + 1) >> 1)
#define is_power_of_2(n) ((n) != 0 && ((n) & ((n) - 1)) == 0)

/* Time. */
#define ktime_to_ns(kt) ((long long)(kt))
#define ktime_to_us(kt) ((long long)(kt) / 1000ULL)
#define ktime_to_ms(kt) ((long long)(kt) / 1000000ULL)
#define ns_to_ktime(ns) ((long long)(ns))
#define ktime_get_ns() bpf_ktime_get_ns()
#define jiffies bpf_jiffies64()
#define tcp_jiffies32 ((unsigned int)bpf_jiffies64())
#define HZ CONFIG_HZ
#define NR_CPUS CONFIG_NR_CPUS
#define jiffies_to_msecs(j) ((unsigned int)((j) * MSEC_PER_SEC / HZ))
#define jiffies_to_usecs(j) ((unsigned int)((j) * USEC_PER_SEC / HZ))
#define msecs_to_jiffies(m) ((unsigned long)(m) * HZ / MSEC_PER_SEC)
#define time_after(a, b) ((long)((b) - (a)) < 0)
#define time_before(a, b) time_after(b, a)

/* Where the program runs. */
#define CUR_CPU_IDENTIFIER BPF_F_CURRENT_CPU
#define smp_processor_id() bpf_get_smp_processor_id()
#define instruction_pointer(regs) PT_REGS_IP(regs)
#define regs_return_value(regs) PT_REGS_RC(regs)
#define kernel_stack_pointer(regs) PT_REGS_SP(regs)
#define user_stack_pointer(regs) PT_REGS_SP(regs)

/* linux/kconfig.h: whether an option of the kernel's build is on. */
#if 1
#define __bcc_is_on_1 0,
#define __bcc_take_second(first, second, ...) second
#define __bcc_is_on_take(mark) __bcc_take_second(mark 1, 0, 0)
#define __bcc_is_on_paste(value) __bcc_is_on_take(__bcc_is_on_##value)
#define __bcc_is_on(option) __bcc_is_on_paste(option)
#endif
#define IS_BUILTIN(option) __bcc_is_on(option)
#define IS_MODULE(option) __bcc_is_on(option##_MODULE)
#define IS_ENABLED(option) (IS_BUILTIN(option) || __bcc_is_on(option##_MODULE))
#define IS_REACHABLE(option) IS_BUILTIN(option)

/* Byte order: BPF runs in the machine's own. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define bpf_ntohs(x) ((unsigned short)__builtin_bswap16(x))
#define bpf_htons(x) ((unsigned short)__builtin_bswap16(x))
#define bpf_ntohl(x) ((unsigned int)__builtin_bswap32(x))
#define bpf_htonl(x) ((unsigned int)__builtin_bswap32(x))
#define bpf_be64_to_cpu(x) ((unsigned long long)__builtin_bswap64(x))
#define bpf_cpu_to_be64(x) ((unsigned long long)__builtin_bswap64(x))
#define bpf_ntoh128(x) ({ unsigned __int128 __bcc_x = (x); \
	(unsigned __int128)__builtin_bswap64(__bcc_x) << 64 | __builtin_bswap64(__bcc_x >> 64); })
#else
#define bpf_ntoh128(x) ((unsigned __int128)(x))
#define bpf_ntohs(x) ((unsigned short)(x))
#define bpf_htons(x) ((unsigned short)(x))
#define bpf_ntohl(x) ((unsigned int)(x))
#define bpf_htonl(x) ((unsigned int)(x))
#define bpf_be64_to_cpu(x) ((unsigned long long)(x))
#define bpf_cpu_to_be64(x) ((unsigned long long)(x))
#endif

#define ntohs(x) bpf_ntohs(x)
#define htons(x) bpf_htons(x)
#define ntohl(x) bpf_ntohl(x)
#define htonl(x) bpf_htonl(x)
#define be16_to_cpu(x) bpf_ntohs(x)
#define be32_to_cpu(x) bpf_ntohl(x)
#define be64_to_cpu(x) bpf_be64_to_cpu(x)
#define cpu_to_be16(x) bpf_htons(x)
#define cpu_to_be32(x) bpf_htonl(x)
#define cpu_to_be64(x) bpf_cpu_to_be64(x)
#define bpf_be16_to_cpu(x) bpf_ntohs(x)
#define bpf_be32_to_cpu(x) bpf_ntohl(x)
#define bpf_cpu_to_be16(x) bpf_htons(x)
#define bpf_cpu_to_be32(x) bpf_htonl(x)
#define bpf_ntohll(x) bpf_be64_to_cpu(x)
#define bpf_htonll(x) bpf_cpu_to_be64(x)
#define bpf_hton128(x) bpf_ntoh128(x)
#define swab16(x) ((unsigned short)__builtin_bswap16(x))
#define swab32(x) ((unsigned int)__builtin_bswap32(x))
#define swab64(x) ((unsigned long long)__builtin_bswap64(x))
#define be64toh(x) bpf_be64_to_cpu(x)
#define htobe64(x) bpf_cpu_to_be64(x)
