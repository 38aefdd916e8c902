//! Types, constants and layouts of small texts, one row each.

use super::TypeTable;
use crate::diag::{Diagnostic, Diagnostics};
use crate::parse;
use crate::program::{Type, TypeDef, TypeDefKind, TypeKeyword, TypeName};
use crate::source::SourceText;

/// The table of a text, and what is wrong with the text.
fn collect(text: &str) -> (TypeTable, Vec<Diagnostic>) {
    let source = SourceText::new("a.c", text);
    let mut diagnostics = Diagnostics::new();
    let unit = parse::parse(&source, &mut diagnostics);
    let table = TypeTable::build(&unit, &source, &mut diagnostics);
    (table, diagnostics.into_sorted())
}

/// The table of a text without mistakes.
fn table(text: &str) -> TypeTable {
    let (table, diagnostics) = collect(text);
    assert_eq!(diagnostics, [], "{text}");
    table
}

/// A type in words: `u32`, `ptr char`, `[3] struct a`.
fn spell(ty: &Type) -> String {
    match ty {
        Type::Void => "void".to_owned(),
        Type::Bool => "bool".to_owned(),
        Type::Char => "char".to_owned(),
        Type::Int { size, signed } => format!(
            "{}{}",
            if *signed { 's' } else { 'u' },
            u32::from(*size) * 8
        ),
        Type::Float { size } => format!("f{}", u32::from(*size) * 8),
        Type::Pointer(inner) => format!("ptr {}", spell(inner)),
        Type::Function => "fn".to_owned(),
        Type::Array { element, len } => format!("[{len}] {}", spell(element)),
        Type::Named(name) => name.to_string(),
        Type::Unknown(text) => format!("?{text}"),
    }
}

fn tag(keyword: TypeKeyword, name: &str) -> TypeName {
    TypeName {
        keyword,
        name: name.to_owned(),
    }
}

/// A struct as one line: size, alignment, and each member with its bit offset and width.
fn summary(def: &TypeDef) -> String {
    let members = match &def.kind {
        TypeDefKind::Struct(members) | TypeDefKind::Union(members) => members,
        TypeDefKind::Enum { signed, variants } => {
            return format!("{}/{} signed={signed} {variants:?}", def.size, def.align);
        }
    };
    let members = members.iter().map(|member| {
        let width = member
            .bit_width
            .map(|width| format!(":{width}"))
            .unwrap_or_default();
        let name = member.name.as_deref().unwrap_or("-");
        format!(" {name}@{}{width} {}", member.bit_offset, spell(&member.ty))
    });
    format!("{}/{}{}", def.size, def.align, members.collect::<String>())
}

/// The summary of `struct s`; `-` if its layout is not known.
fn struct_s(text: &str) -> String {
    table(text)
        .type_def(&tag(TypeKeyword::Struct, "s"))
        .map_or("-".to_owned(), |def| summary(&def))
}

#[test]
fn declarators_become_types() {
    const ROWS: &[(&str, &str)] = &[
        ("char x[16];", "[16] char"),
        ("signed char x; ", "s8"),
        ("unsigned x;", "u32"),
        ("long unsigned int long x;", "u64"),
        ("unsigned __int128 x;", "u128"),
        ("const volatile u64 x;", "u64"),
        ("int *x[3];", "[3] ptr s32"),
        ("int (*x)[3];", "ptr [3] s32"),
        ("int (*x)(int, char);", "ptr fn"),
        ("int x[2][3];", "[2] [3] s32"),
        ("struct sock *x;", "ptr struct sock"),
        ("struct { int a; } x;", "struct ::x"),
        ("enum e { A } x;", "enum e"),
        ("typedef struct { int a; } t; t x;", "t"),
        ("typedef struct n { int a; } t; t x;", "struct n"),
        ("typedef char name_t[8]; name_t x[2];", "[2] [8] char"),
        ("foo_t *x;", "ptr ?foo_t"),
        ("pid_t x;", "s32"),
        ("size_t x;", "u64"),
        ("bool x;", "bool"),
        ("long double x;", "?long double"),
        ("char x[HERE];", "?char [HERE]"),
        ("char x[TASK_COMM_LEN];", "[16] char"),
        ("static const char x[] = \"abc\" \"\\n\";", "[5] char"),
        ("char x[] = { \"abc\" };", "[4] char"),
        ("const char *x[] = { \"abc\" };", "[1] ptr char"),
        ("int x[] = { 1, [5] = 2, 3 };", "[7] s32"),
        ("int y; typeof(y) x;", "s32"),
        ("struct a { u8 b[4]; } *y; typeof(y->b[0]) x;", "u8"),
        ("typeof(int *) x;", "ptr s32"),
        ("#define EVENT struct event\nEVENT *x;", "ptr struct event"),
        ("#define word unsigned short\nword x;", "u16"),
        ("#define kid pid_t\nkid x;", "s32"),
        ("typedef int v __attribute__((vector_size(16))); v x;", "?v"),
    ];
    for (text, expected) in ROWS {
        let (table, _) = collect(text);
        assert_eq!(
            table.variable("x").map(spell).as_deref(),
            Some(*expected),
            "{text}"
        );
    }
}

#[test]
fn constant_expressions_have_the_values_of_c() {
    const ROWS: &[(&str, Option<i128>)] = &[
        ("42", Some(42)),
        ("0x1fUL + 010 + 0b11", Some(42)),
        ("'a'", Some(97)),
        ("'\\377'", Some(-1)),
        ("'\\x41' + '\\n'", Some(75)),
        ("1 << 4 | 1", Some(17)),
        ("-7 / 2", Some(-3)),
        ("-7 % 3", Some(-1)),
        ("0xffffffff + 1", Some(0)),
        ("0xffffffffULL + 1", Some(0x1_0000_0000)),
        ("-1 < 0u", Some(0)),
        ("-1 < 0", Some(1)),
        ("1 << 31", Some(-0x8000_0000)),
        ("1ULL << 63", Some(1 << 63)),
        ("-1 >> 1", Some(-1)),
        ("~0u >> 28", Some(15)),
        ("(unsigned char)300", Some(44)),
        ("(signed char)200", Some(-56)),
        ("(_Bool)7", Some(1)),
        ("1 ? 2 : 3", Some(2)),
        ("0 ?: 5", Some(5)),
        ("1 ? -1 : 0u", Some(0xffff_ffff)),
        ("!3 + !0", Some(1)),
        ("sizeof(long)", Some(8)),
        ("sizeof(struct k)", Some(16)),
        ("sizeof(((struct k *)0)->b)", Some(8)),
        ("sizeof(struct k[3])", Some(48)),
        ("sizeof pad", Some(5)),
        ("sizeof(\"abc\")", Some(4)),
        ("sizeof(pid_t)", Some(4)),
        ("sizeof('a')", Some(4)),
        ("sizeof(1ULL ? 1 : 2)", Some(4)),
        ("_Alignof(struct k)", Some(8)),
        ("offsetof(struct k, b)", Some(8)),
        ("__builtin_offsetof(struct k, c.d[1])", Some(6)),
        ("N * 2", Some(12)),
        ("RED + 1", Some(6)),
        ("SQUARE(N)", Some(16)),
        ("BIT(3)", Some(8)),
        ("ARRAY_SIZE(pad)", Some(5)),
        ("IFNAMSIZ", Some(16)),
        ("NSEC_PER_SEC * 10", Some(10_000_000_000)),
        ("0 && elsewhere", Some(0)),
        ("elsewhere", None),
        ("1 / 0", None),
        ("1 << 32", None),
        ("LOOP", None),
        ("PAGE_SIZE", None),
        ("sizeof(struct sock)", None),
        ("1.5", None),
    ];
    // `N * 2` is `4 + 4 * 2` once expanded.
    const NAMES: &str = "#define N 4 + 4\n#define SQUARE(x) ((8) + (x))\n#define LOOP LOOP2\n#define LOOP2 LOOP\n\
        enum { RED = 5 }; struct k { u32 a; struct { u16 d[2]; } c; u64 b; }; char pad[5];\n";
    for (expr, expected) in ROWS {
        let table = table(&format!("{NAMES}enum {{ X = ({expr}) }};"));
        assert_eq!(table.constant("X"), *expected, "{expr}");
    }
}

#[test]
fn structs_have_the_layout_of_clang() {
    const ROWS: &[(&str, &str)] = &[
        ("struct s { char a; u64 b; };", "16/8 a@0 char b@64 u64"),
        (
            "struct s { char a; u64 b; } __attribute__((packed));",
            "9/1 a@0 char b@8 u64",
        ),
        (
            "struct s { char a; u64 b; } __packed;",
            "9/1 a@0 char b@8 u64",
        ),
        (
            "#define PACKED __attribute__((packed))\nstruct PACKED s { char a; u64 b; };",
            "9/1 a@0 char b@8 u64",
        ),
        (
            "struct s { char a; u64 b __attribute__((packed)); };",
            "9/1 a@0 char b@8 u64",
        ),
        (
            "struct s { char a; } __attribute__((aligned(8)));",
            "8/8 a@0 char",
        ),
        (
            "struct s { char a; char b __aligned(4); };",
            "8/4 a@0 char b@32 char",
        ),
        (
            "struct s { char a; _Alignas(long) char b; };",
            "16/8 a@0 char b@64 char",
        ),
        (
            "struct s { char a __attribute__((aligned)); };",
            "16/16 a@0 char",
        ),
        (
            "struct s { u32 a : 3, b : 30; };",
            "8/4 a@0:3 u32 b@32:30 u32",
        ),
        (
            "struct s { u8 a : 3; u8 : 0; u8 b : 2; };",
            "2/1 a@0:3 u8 b@8:2 u8",
        ),
        ("struct s { u8 a : 3; u8 : 2; };", "1/1 a@0:3 u8 -@3:2 u8"),
        (
            "struct s { char c; int : 0; char d; };",
            "5/1 c@0 char d@32 char",
        ),
        (
            "struct s { int n; char data[]; };",
            "4/4 n@0 s32 data@32 [0] char",
        ),
        ("struct s { };", "0/1"),
        (
            "struct s { union { u32 a; u64 b; }; u8 c; };",
            "16/8 -@0 union s::anon c@64 u8",
        ),
        (
            "struct s { struct { u8 x; } in; };",
            "1/1 in@0 struct s::in",
        ),
        (
            "#pragma pack(push, 2)\nstruct s { char a; u64 b; };\n#pragma pack(pop)",
            "10/2 a@0 char b@16 u64",
        ),
        (
            "typedef u32 w __attribute__((aligned(16))); struct s { char a; w b; };",
            "32/16 a@0 char b@128 u32",
        ),
        (
            "struct s { struct in_addr a; struct in6_addr b; };",
            "20/4 a@0 struct in_addr b@32 struct in6_addr",
        ),
        (
            "#define FIELDS u32 a; u8 b;\nstruct s {\nFIELDS\nu8 c; };",
            "8/4 a@0 u32 b@32 u8 c@40 u8",
        ),
        (
            "#define EMPTY\nstruct s { u32 a;\nEMPTY\n u32 b; };",
            "8/4 a@0 u32 b@32 u32",
        ),
        (
            "#define FIELDS u32 a; u8 b;\nstruct s { FIELDS u8 c; };",
            "-",
        ),
        ("struct s { FIELD(a) u8 c; };", "-"),
        ("struct s { struct sock a; };", "-"),
        ("struct s { u8 a[~0ULL]; u64 b; };", "-"),
        ("struct s { u64 a[1ULL << 61]; };", "-"),
        ("struct s { char a[PAGE_SIZE]; };", "-"),
        ("struct s { char a; } ____cacheline_aligned;", "-"),
    ];
    for (text, expected) in ROWS {
        assert_eq!(struct_s(text), *expected, "{text}");
    }
}

#[test]
fn conditions_shape_structs() {
    const ROWS: &[(&str, &str)] = &[
        (
            "#ifdef A\nstruct s { u8 a; };\n#else\nstruct s { u16 b; };\n#endif",
            "2/2 b@0 u16",
        ),
        (
            "#define A\nstruct s {\n#ifdef A\nu8 a;\n#else\nu16 b;\n#endif\n};",
            "1/1 a@0 u8",
        ),
        (
            "struct s {\n#if defined(A) || !defined(B)\nu8 a;\n#endif\nu8 c; };",
            "2/1 a@0 u8 c@8 u8",
        ),
        (
            "struct s {\n#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 0, 0)\nu8 a;\n#endif\nu8 c; };",
            "-",
        ),
        ("struct s {\n#ifdef CONFIG_X\nu8 a;\n#endif\nu8 c; };", "-"),
        (
            "struct s {\n#if 0 && LINUX_VERSION_CODE\nu8 a;\n#endif\nu8 c; };",
            "1/1 c@0 u8",
        ),
        (
            "#ifdef CONFIG_X\n#define N 4\n#else\n#define N 8\n#endif\nstruct s { u8 a[N]; };",
            "-",
        ),
        (
            "#if 0\nstruct s { u8 a; };\n#endif\nstruct s { u16 a; };",
            "2/2 a@0 u16",
        ),
    ];
    for (text, expected) in ROWS {
        assert_eq!(struct_s(text), *expected, "{text}");
    }
}

#[test]
fn enums_have_the_type_clang_gives_them() {
    const ROWS: &[(&str, &str)] = &[
        (
            "enum e { A, B = 7, C };",
            r#"4/4 signed=false [("A", 0), ("B", 7), ("C", 8)]"#,
        ),
        ("enum e { A = -1 };", r#"4/4 signed=true [("A", -1)]"#),
        (
            "enum e { A = 0xffffffff };",
            r#"4/4 signed=false [("A", 4294967295)]"#,
        ),
        (
            "enum e { A = 0x100000000 };",
            r#"8/8 signed=false [("A", 4294967296)]"#,
        ),
        (
            "enum e { A = -1, B = 0x80000000 };",
            r#"8/8 signed=true [("A", -1), ("B", 2147483648)]"#,
        ),
        (
            "enum e { A = 255 } __attribute__((packed));",
            r#"1/1 signed=false [("A", 255)]"#,
        ),
        (
            "enum e { A = -129 } __attribute__((packed));",
            r#"2/2 signed=true [("A", -129)]"#,
        ),
        (
            "enum e : unsigned char { A };",
            r#"1/1 signed=false [("A", 0)]"#,
        ),
        (
            "enum e { A, B = A + 2, C = sizeof(u64) };",
            r#"4/4 signed=false [("A", 0), ("B", 2), ("C", 8)]"#,
        ),
    ];
    for (text, expected) in ROWS {
        let def = table(text).type_def(&tag(TypeKeyword::Enum, "e"));
        assert_eq!(
            def.map(|def| summary(&def)).as_deref(),
            Some(*expected),
            "{text}"
        );
    }
    assert_eq!(
        table("enum e { A = HERE, B };").type_def(&tag(TypeKeyword::Enum, "e")),
        None
    );
    assert_eq!(
        table("enum { A = -1, B = 0x80000000 }; enum { X = sizeof(B) };").constant("X"),
        Some(8)
    );
}

/// A struct comes behind what it holds; what it only points to does not come at all.
#[test]
fn definitions_come_dependencies_first() {
    let table = table(
        "enum kind { A }; struct far { int x; };
         struct inner { enum kind kind; struct far *far; };
         struct s { struct { struct inner a[2]; } in; struct in_addr ip; struct s *next; };",
    );
    let defs = table.type_defs(&[Type::Named(tag(TypeKeyword::Struct, "s"))]);
    let names: Vec<_> = defs.iter().map(|def| def.name.to_string()).collect();
    assert_eq!(
        names,
        [
            "struct in_addr",
            "enum kind",
            "struct inner",
            "struct s::in",
            "struct s"
        ]
    );
}

#[test]
fn impossible_structs_are_reported() {
    const ROWS: &[(&str, &[&str])] = &[
        (
            "struct a { struct a x; };",
            &["`struct a` cannot contain itself"],
        ),
        (
            "struct a { int n; union { struct a x[2]; }; };",
            &["`struct a` cannot contain itself"],
        ),
        (
            "struct a { struct b x; }; struct b { struct a y; };",
            &["`struct b` is used by value before it is defined"],
        ),
        ("struct a { struct b *x; }; struct b { struct a y; };", &[]),
        ("struct a { struct task_struct x; };", &[]),
    ];
    for (text, expected) in ROWS {
        let (_, diagnostics) = collect(text);
        let messages: Vec<_> = diagnostics
            .iter()
            .map(|diagnostic| diagnostic.message.as_str())
            .collect();
        assert_eq!(messages, *expected, "{text}");
    }
}

/// Local definitions are seen where C sees them, and keep apart from others of the same tag.
#[test]
fn scopes_are_those_of_c() {
    let table = table(
        "int f(void) { struct ev { u8 a; } e; char n[sizeof(e)]; { typedef u64 t; t inner; } return sizeof(n); }
         struct ev { u64 a; };
         int g(void) { struct only { u16 a; } e; enum { M = sizeof(struct ev) }; struct { char c[M]; } x; return 0; }",
    );
    let size = |name| {
        table
            .layout(&Type::Named(tag(TypeKeyword::Struct, name)))
            .map(|layout| layout.size)
    };
    assert_eq!(size("ev"), Some(8));
    assert_eq!(size("f::ev"), Some(1));
    assert_eq!(size("only"), Some(2));
    assert_eq!(size("::x"), Some(8));
    assert!(table.is_nameable(&tag(TypeKeyword::Struct, "ev")));
    assert!(!table.is_nameable(&tag(TypeKeyword::Struct, "only")));
    assert_eq!(table.variable("e"), None);
}

#[test]
fn members_are_found_through_anonymous_ones() {
    let table =
        table("struct s { u8 a; union { u32 b; struct { u16 c, d; }; }; struct sock *sk; };");
    let record = Type::Named(tag(TypeKeyword::Struct, "s"));
    let (offset, member) = table.find_member(&record, "d").expect("`d` is a member");
    assert_eq!((offset, spell(&member.ty).as_str()), (Some(48), "u16"));
    assert_eq!(
        table
            .member_type(&record, "sk")
            .map(|ty| spell(&ty))
            .as_deref(),
        Some("ptr struct sock")
    );
    assert_eq!(table.member_type(&record, "none"), None);
}

/// Text from anyone may try to make us recurse or grow without end.
#[test]
fn hostile_texts_end() {
    let (table, _) = collect(&format!(
        "typedef int t0;{} t4999 x;",
        chain(|n, last| format!("typedef t{last} *t{n};"))
    ));
    assert!(table.variable("x").is_some());

    let structs = chain(|n, last| format!("struct s{n} {{ struct s{last} x; }};"));
    let (table, _) = collect(&format!("struct s0 {{ int x; }};{structs}"));
    assert_eq!(
        table
            .type_defs(&[Type::Named(tag(TypeKeyword::Struct, "s4999"))])
            .len(),
        5000
    );

    let doubling = chain(|n, last| format!("#define M{n} M{last} + M{last}\n"));
    let (table, _) = collect(&format!("#define M0 1\n{doubling}enum {{ X = M40 }};"));
    assert_eq!(table.constant("X"), None);

    let nested = chain(|n, last| format!("#define M{n} M{last}\n"));
    let (table, _) = collect(&format!("#define M0 1\n{nested}enum {{ X = M4999 }};"));
    assert_eq!(table.constant("X"), None);
}

/// Text that goes on from one step to the next.
fn chain(step: impl Fn(u32, u32) -> String) -> String {
    (1..5000)
        .map(|n| step(n, n - 1))
        .collect::<Vec<_>>()
        .concat()
}
