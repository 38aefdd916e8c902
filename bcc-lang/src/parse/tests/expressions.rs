//! Expressions, each as the value of `x`.

use super::check_expr;

/// Text, and what comes of it.
const CASES: &[(&str, &str)] = &[
    (
        "a + b * c - d",
        "binary Sub(binary Add(ident a, binary Mul(ident b, ident c)), ident d)",
    ),
    (
        "a << 1 | b & c ^ d && e || f == g",
        "binary Or(binary And(binary BitOr(binary Shl(ident a, number 1), binary BitXor(binary BitAnd(ident b, ident c), ident d)), ident e), binary Eq(ident f, ident g))",
    ),
    (
        "a = b += c",
        "assign(ident a, assign Add(ident b, ident c))",
    ),
    (
        "a ? b : c ? d : e",
        "conditional(ident a, ident b, conditional(ident c, ident d, ident e))",
    ),
    ("a ?: b", "conditional(ident a, ident b)"),
    ("a, b", "comma(ident a, ident b)"),
    (
        "-a * !b + ~c & *d",
        "binary BitAnd(binary Add(binary Mul(unary Minus(ident a), unary Not(ident b)), unary BitNot(ident c)), unary Deref(ident d))",
    ),
    (
        "&a->b.c[1]",
        "unary AddressOf(index(dot c(arrow b(ident a)), number 1))",
    ),
    (
        "++a + b--",
        "binary Add(unary Increment(ident a), postfix Decrement(ident b))",
    ),
    ("f()", "call(ident f, args)"),
    (
        r#"f(a, 1, "x")"#,
        r#"call(ident f, args(ident a, number 1, string(piece "x")))"#,
    ),
    (
        "counts.increment(pid)",
        "call(dot increment(ident counts), args(ident pid))",
    ),
    (
        "m.delete(&k)",
        "call(dot delete(ident m), args(unary AddressOf(ident k)))",
    ),
    (
        "(u32)a",
        "cast(type-name(specifiers(named u32), declarator), ident a)",
    ),
    (
        "(foo_t)a",
        "cast(type-name(specifiers(named foo_t), declarator), ident a)",
    ),
    (
        "(unknown)a",
        "cast(type-name(specifiers(named unknown), declarator), ident a)",
    ),
    (
        "(unknown *)a + 1",
        "binary Add(cast(type-name(specifiers(named unknown), declarator(pointer)), ident a), number 1)",
    ),
    (
        "(struct s *)(void *)p",
        "cast(type-name(specifiers(struct s), declarator(pointer)), cast(type-name(specifiers(Void), declarator(pointer)), ident p))",
    ),
    ("(known)(a)", "call(paren(ident known), args(ident a))"),
    (
        "(struct s){ .a = 1, b: 2, [3] = 4, [5 ... 6] = { 7 } }",
        "compound-literal(type-name(specifiers(struct s), declarator), init-list(item(designator a, number 1), item(designator b, number 2), item(designator-index(number 3), number 4), item(designator-range(number 5, number 6), init-list(item(number 7)))))",
    ),
    ("sizeof x", "sizeof(ident x)"),
    (
        "sizeof(u32)",
        "sizeof(type-name(specifiers(named u32), declarator))",
    ),
    ("sizeof(x)", "sizeof(paren(ident x))"),
    (
        "sizeof(struct s *) - 1",
        "binary Sub(sizeof(type-name(specifiers(struct s), declarator(pointer))), number 1)",
    ),
    (
        "sizeof (int){ 1 }",
        "sizeof(compound-literal(type-name(specifiers(Int), declarator), init-list(item(number 1))))",
    ),
    (
        "_Alignof(long)",
        "alignof(type-name(specifiers(Long), declarator))",
    ),
    ("__alignof__(x)", "alignof(paren(ident x))"),
    (
        "offsetof(struct s, a.b[2])",
        "offsetof(type-name(specifiers(struct s), declarator), designator a, designator b, designator-index(number 2))",
    ),
    (
        "__builtin_offsetof(struct s, a)",
        "offsetof(type-name(specifiers(struct s), declarator), designator a)",
    ),
    (
        "_Generic(a, int: 1, char *: 2, default: 3)",
        "generic(ident a, type-name(specifiers(Int), declarator), number 1, type-name(specifiers(Char), declarator(pointer)), number 2, number 3)",
    ),
    (
        "({ int y = 1; y; })",
        "statements(block(stmt(declaration(specifiers(Int), init-declarator(declarator y(name y), number 1))), stmt(ident y)))",
    ),
    ("&&label", "label-address label"),
    (r#""a" "b""#, r#"string(piece "a", piece "b")"#),
    (
        r#""%" PRIu64 "\n""#,
        r#"string(piece "%", piece PRIu64, piece "\n")"#,
    ),
    (r#"NAME "b""#, r#"string(piece NAME, piece "b")"#),
    (
        r#""a" STR(x) "b""#,
        r#"string(piece "a", piece STR(x), piece "b")"#,
    ),
    (r#"L"a""#, r#"string(piece L"a")"#),
    (
        r"'a' + L'b' + '\''",
        r"binary Add(binary Add(char 'a', char L'b'), char '\'')",
    ),
    (
        "0x1fULL + 0b101 + 1.5e-3f + 0x1p-3 + 017",
        "binary Add(binary Add(binary Add(binary Add(number 0x1fULL, number 0b101), number 1.5e-3f), number 0x1p-3), number 017)",
    ),
    ("__extension__ a", "unary Extension(ident a)"),
    (
        "CALL(int, +=, { return 0; }, , a)",
        "call(ident CALL, args(type-name(specifiers(Int), declarator), opaque `+=`, opaque `{ return 0; }`, opaque ``, ident a))",
    ),
    (
        "container_of(p, struct s, m)->x",
        "arrow x(call(ident container_of, args(ident p, type-name(specifiers(struct s), declarator), ident m)))",
    ),
    (
        "__builtin_types_compatible_p(int, unsigned long)",
        "call(ident __builtin_types_compatible_p, args(type-name(specifiers(Int), declarator), type-name(specifiers(UnsignedLong), declarator)))",
    ),
    (
        "va_arg(ap, unknown *)",
        "call(ident va_arg, args(ident ap, type-name(specifiers(named unknown), declarator(pointer))))",
    ),
    (
        "READ(a, b, c)",
        "call(ident READ, args(ident a, ident b, ident c))",
    ),
    (
        "(*fn)(a)",
        "call(paren(unary Deref(ident fn)), args(ident a))",
    ),
    (
        "a[b](c).d",
        "dot d(call(index(ident a, ident b), args(ident c)))",
    ),
    (
        r"sp\
lit",
        "ident split",
    ),
];

#[test]
fn cases() {
    for (text, expected) in CASES {
        check_expr(text, expected);
    }
}
