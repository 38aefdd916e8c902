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

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define offsetof(type, member) __builtin_offsetof(type, member)
#define container_of(ptr, type, member) \
	((type *)((void *)(ptr) - __builtin_offsetof(type, member)))
#define ARRAY_SIZE(arr) (sizeof(arr) / sizeof((arr)[0]))
#define BUILD_BUG_ON(cond) _Static_assert(!(cond), "BUILD_BUG_ON failed: " #cond)
#define BIT(nr) (1UL << (nr))
#define BIT_ULL(nr) (1ULL << (nr))
#define READ_ONCE(x) (*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, value) (*(volatile typeof(x) *)&(x) = (value))
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#define round_up(x, y) ((((x) - 1) | ((typeof(x))(y) - 1)) + 1)
#define round_down(x, y) ((x) & ~((typeof(x))(y) - 1))
#define min(a, b) ({ typeof(a) __bcc_a = (a); typeof(b) __bcc_b = (b); \
	__bcc_a < __bcc_b ? __bcc_a : __bcc_b; })
#define max(a, b) ({ typeof(a) __bcc_a = (a); typeof(b) __bcc_b = (b); \
	__bcc_a > __bcc_b ? __bcc_a : __bcc_b; })
#define min_t(type, a, b) ({ type __bcc_a = (a); type __bcc_b = (b); \
	__bcc_a < __bcc_b ? __bcc_a : __bcc_b; })
#define max_t(type, a, b) ({ type __bcc_a = (a); type __bcc_b = (b); \
	__bcc_a > __bcc_b ? __bcc_a : __bcc_b; })
#define swap(a, b) ({ typeof(a) __bcc_a = (a); (a) = (b); (b) = __bcc_a; })
#define div_u64(n, d) ((unsigned long long)(n) / (unsigned int)(d))
#define div64_u64(n, d) ((unsigned long long)(n) / (unsigned long long)(d))
#define do_div(n, base) ({ unsigned int __bcc_rest = (n) % (base); (n) /= (base); __bcc_rest; })
#define lock_xadd(ptr, value) ((void)__sync_fetch_and_add(ptr, value))
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
#define be64toh(x) bpf_be64_to_cpu(x)
#define htobe64(x) bpf_cpu_to_be64(x)

/* Views on a struct by another name. */
#define inet_sk(sk) ((struct inet_sock *)(sk))
#define inet_csk(sk) ((struct inet_connection_sock *)(sk))
#define tcp_sk(sk) ((struct tcp_sock *)(sk))
#define udp_sk(sk) ((struct udp_sock *)(sk))
#define TCP_SKB_CB(skb) ((struct tcp_skb_cb *)&((skb)->cb[0]))
#define unix_sk(sk) ((struct unix_sock *)(sk))
#define skb_get_queue_mapping(skb) ((skb)->queue_mapping)
#define skb_rx_queue_recorded(skb) ((skb)->queue_mapping != 0)
#define skb_get_rx_queue(skb) ((skb)->queue_mapping - 1)
