#define VALUE 3
#define MIN(a, b) ((a) < (b) ? (a) : (b))
struct s { int a, b[4]; struct s *next; };

int expressions(struct s *p, int i, unsigned long n)
{
    int x = 0x1fULL + 0b101 - 017 * 1.5e-3f / 0x1p3 % 'a' + L'b' + '\'' + '\\' + '\x41';
    const char *text = "a\"b" "%" PRIu64 "\n" VALUE_NAME, *u = u8"x";
    x = i++ + ++i - -i + +i, n = ~n, i--;
    x = p->next->b[i][1].c(1, 2)->d.e;
    x = a && b || c & d | e ^ f == g != h < i << 2 > j >> 1 <= k >= l;
    x = i ? n : x ?: 3 ? 1 : 2;
    x += x -= x *= x /= x %= x &= x |= x ^= x <<= x >>= 1;
    x = (int)n + (unsigned long)i * (u32)(n) - (struct s *)p + (unknown_t)n + (unknown *)p + (other)n;
    x = sizeof x + sizeof(int) + sizeof(struct s *[3]) + sizeof(x) + sizeof(u64) - 1 + _Alignof(long) + __alignof__(x);
    x = offsetof(struct s, b[2]) + __builtin_offsetof(struct s, next) + offsetof(odd, thing);
    x = ({ int y = 1; if (y) y = 2; y; }) + ((struct s){ .a = 1, .b = { 1, 2 } }).a + (int[]){ 1, 2 }[0];
    x = _Generic(x, int: 1, struct s *: 2, default: MIN(1, 2));
    x = container_of(p, struct s, next)->a + min_t(u32, x, 3) + CALL(+=, { return 0; }, , int) + f((a, b), g());
    x = !x ? *(u32 *)p : *(&x), (void)x, __extension__ (x), &*p == &p->b[0];
    x = __builtin_types_compatible_p(typeof(x), unsigned int) + va_arg(ap, int) + READ(p, next, a);
    void *label = &&out;
    goto *label;
out:
    m.lookup(&x); m.delete(&x); new.type.match(x)->in; (*fn)(x); fn_table[1](x); (fn)(x);
    return x / *(int *)p;
}
