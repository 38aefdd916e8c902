/* Whether `holder->m` is a bit-field: decided by the struct that `holder` points to. */
#define __bcc_is_bits(holder, m) _Generic((holder), __bcc_bits_##m default: 0)
/* `holder`, or for a bit-field a pointer to a struct in which `m` has an address. */
#define __bcc_whole(holder, m) \
	((typeof(__builtin_choose_expr(__bcc_is_bits(holder, m), (struct { char m; } *)0, holder)))(holder))
/* The bytes that hold a bit-field, wherever the running kernel has them, and of those its bits. */
#define __bcc_read_bits(read, holder, m) ({ \
	typedef typeof(__builtin_choose_expr(__bcc_is_bits(holder, m), (0, (holder)->m), 0)) __bcc_type; \
	unsigned long long __bcc_word = 0; \
	int __bcc_size = __builtin_preserve_field_info((holder)->m, BPF_FIELD_BYTE_SIZE); \
	read((void *)&__bcc_word + (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0 : 8 - __bcc_size), __bcc_size, \
	     (const void *)__bcc_p + __builtin_preserve_field_info((holder)->m, BPF_FIELD_BYTE_OFFSET)); \
	__bcc_word <<= __builtin_preserve_field_info((holder)->m, BPF_FIELD_LSHIFT_U64); \
	(__bcc_type)((__bcc_type)-1 < (__bcc_type)1 \
		? (long long)__bcc_word >> __builtin_preserve_field_info((holder)->m, BPF_FIELD_RSHIFT_U64) \
		: __bcc_word >> __builtin_preserve_field_info((holder)->m, BPF_FIELD_RSHIFT_U64)); \
})
/* `holder->m`, where `m` is a bit-field in some structs; `holder` goes by way of `__bcc_p`. */
#define BCC_READ_MAYBE_BITS(read, p, holder, m) ({ \
	__auto_type __bcc_p = (p); \
	__builtin_choose_expr(__bcc_is_bits(holder, m), __bcc_read_bits(read, holder, m), \
			      bcc_read(read, __bcc_whole(holder, m)->m)); \
})
