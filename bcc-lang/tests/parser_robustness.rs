//! The parser on text that nobody would write: it must neither panic nor hang nor exhaust a stack,
//! and every node of every tree must lie inside the node above it.

mod mutate;

use bcc_lang::diag::Diagnostics;
use bcc_lang::dump::{Outline, outline};
use bcc_lang::source::SourceText;
use bcc_lang::span::Span;
use bcc_lang::{conditionals, lex, parse};
use mutate::{XorShift, mutate};
use std::time::{Duration, Instant};

/// Programs to mutate, each with another part of the language.
const SAMPLES: &[&str] = &[
    include_str!("parser_samples/maps.c"),
    include_str!("parser_samples/conditionals.c"),
    include_str!("parser_samples/declarators.c"),
    include_str!("parser_samples/expressions.c"),
    include_str!("parser_samples/statements.c"),
    include_str!("parser_samples/macros.c"),
    "int f(void *ctx) { return 0; }",
    "BPF_HASH(a, u32, struct { int x; }); TRACEPOINT_PROBE(a, b) { a.increment(args->pid); return 0; }",
    "struct a { int x : 3, : 0; union { u8 *b[4]; }; } __attribute__((packed)); enum { A, B = 1 << 2, };",
    "#define X(a, b...) a \\\n  b\n#if 0\n'\n#elif X\nint a;\n#else\nint b;\n#endif\n",
    "typeof(int (*)[3]) x = (T){ .a[0 ... 3] = ({ int y = 1; y ?: 2; }), b: 3 };",
    "int g(int a) { switch (a) { case 1 ... 3: goto *&&x; default: asm(\"\" ::: \"memory\"); x: ; } }",
];

/// A part of a sample: shorter texts allow more rounds.
fn window<'t>(text: &'t str, random: &mut XorShift) -> &'t str {
    let start = random.below(text.len());
    text.get(start..text.len().min(start + 150)).unwrap_or(text)
}

fn check(text: &str) {
    let source = SourceText::new("mutated.c", text);
    let alternatives = if text.contains("#el") { 2 } else { 1 };
    for alternative in 0..alternatives {
        let mut diagnostics = Diagnostics::new();
        let unit = parse::parse_alternative(&source, alternative, &mut diagnostics);
        let whole = Span::new(0, u32::try_from(source.text().len()).unwrap());
        check_nesting(&outline(&unit, &source), whole, text);
        for diagnostic in diagnostics.into_sorted() {
            assert!(
                whole.contains(diagnostic.span),
                "{diagnostic:?} lies outside of {text:?}"
            );
        }
    }
}

/// Every node lies inside the one above it, and on character borders.
fn check_nesting(nodes: &[Outline], above: Span, text: &str) {
    for node in nodes {
        assert!(
            node.span.start <= node.span.end,
            "`{}` ends before it starts in {text:?}",
            node.label
        );
        assert!(
            above.contains(node.span),
            "`{}` {:?} lies outside of {above:?} in {text:?}",
            node.label,
            node.span
        );
        assert!(
            text.get(node.span.range()).is_some(),
            "`{}` cuts a character in {text:?}",
            node.label
        );
        check_nesting(&node.children, node.span, text);
    }
}

#[test]
fn samples_have_no_mistake() {
    for text in &SAMPLES[..6] {
        let source = SourceText::new("sample.c", *text);
        let mut diagnostics = Diagnostics::new();
        let _unit = parse::parse(&source, &mut diagnostics);
        let messages: Vec<_> = diagnostics
            .into_sorted()
            .iter()
            .map(|one| one.render(&source))
            .collect();
        assert!(messages.is_empty(), "{}", messages.concat());
        check(text);
    }
}

#[test]
fn mutated_programs_do_no_harm() {
    let mut random = XorShift(0x9e37_79b9_7f4a_7c15);
    let slowest = (0..20_000)
        .map(|round: usize| {
            let text = mutate(
                window(SAMPLES[round % SAMPLES.len()], &mut random),
                &mut random,
            );
            let start = Instant::now();
            check(&text);
            (start.elapsed(), text)
        })
        .max()
        .unwrap();
    assert!(
        slowest.0 < Duration::from_secs(1),
        "{:?} for {:?}",
        slowest.0,
        slowest.1
    );
}

#[test]
fn any_prefix_is_read() {
    for text in SAMPLES {
        for (at, _) in text.char_indices().step_by(7) {
            check(&text[..at]);
        }
    }
}

/// Far more than the parser allows, and enough to exhaust the stack of one that had no limit.
const DEEP: usize = 2_000;

/// Text that opens something many times, alone and closed again.
#[test]
fn deep_text_is_refused() {
    let pairs = [
        ("(", ")"),
        ("[", "]"),
        ("{", "}"),
        ("a(", ")"),
        ("a[", "]"),
        ("({", ";})"),
        ("(int)", ""),
        ("(T){", "}"),
        ("-", ""),
        ("* ", ""),
        ("&& ", ""),
        ("sizeof ", ""),
        ("sizeof(int[", "])"),
        ("typeof(", ")"),
        ("a ? ", " : b"),
        ("a ? b : ", ""),
        ("a = ", ""),
        ("a + ", ""),
        ("a, ", ""),
        ("a || a && a | a ^ a & a == a < a << a + a * (", ")"),
        ("a.b", ""),
        ("a->", ""),
        ("f(1)", ""),
        ("\"a\" ", ""),
        ("A(", ")"),
        ("_Generic(a, int: ", ")"),
        ("__extension__ ", ""),
        ("offsetof(", ", a)"),
        ("f(a[f(", " $)] $)"),
        ("a[A(a[1] $ ", ")]"),
    ];
    let wrappers = [
        ("int f(void) { x = ", " ; }"),
        ("int x = ", ";"),
        ("A(", ")"),
        ("enum { A = ", "};"),
    ];
    for (open, close) in pairs {
        for (before, after) in wrappers {
            check_deep(&[before, &open.repeat(DEEP), "1", &close.repeat(DEEP), after].concat());
            check_deep(&[before, &open.repeat(DEEP)].concat());
        }
    }
}

#[test]
fn deep_declarations_and_statements_are_refused() {
    let statements = [
        ("{ ", "}"),
        ("if (x) ", ""),
        ("if (x) y; else ", ""),
        ("if (x) { ", "}"),
        ("while (x) ", ""),
        ("for (;;) ", ""),
        ("do ", " while (x);"),
        ("switch (x) ", ""),
        ("case 1: ", ""),
        ("case 1 ... 2: if (x) ", ""),
        ("l: ", ""),
        ("int x = ({ ", "});"),
        ("LOOP(x) { ", "}"),
        ("if (x) LOOP(x) { ", "}"),
        ("else ", ""),
        ("return ", ""),
        ("a b c ", ""),
        ("(a b ", ")"),
        ("if (a b) { ", "}"),
        ("for (a b) { ", "}"),
    ];
    for (open, close) in statements {
        check_deep(
            &[
                "int f(void) { ",
                &open.repeat(DEEP),
                "x;",
                &close.repeat(DEEP),
                "}",
            ]
            .concat(),
        );
        check_deep(&["int f(void) { ", &open.repeat(DEEP)].concat());
    }
    let items = [
        ("struct { ", "} x;"),
        ("struct a { int x; } ", ""),
        ("union { #\n", "} x;"),
        ("enum { A = sizeof(", ")};"),
        ("int (", ")"),
        ("int *", ""),
        ("int x[", "]"),
        ("int (*f)(", ")"),
        ("int f(int ", ")"),
        ("(*", ")(int)"),
        ("int x = {", "},"),
        ("int x = { .a = ", "}"),
        ("int x = { [", "] = 1 }"),
        ("__attribute__((", "))"),
        ("__attribute__((aligned(", ")))"),
        ("typeof(int (", "))"),
        ("_Atomic(", ")"),
        ("const ", ""),
        ("long ", ""),
        ("A ", ""),
        ("A(x) ", ""),
        ("A(x) {", "}"),
        ("int A(x, ", ")"),
        ("#if 1\n", "#endif\n"),
        ("#if A\n", "#endif\n"),
        ("#if A\n{\n#else\n", "#endif\n"),
        ("#if A\n(", "\n#else\n{\n#endif\n"),
        ("#define A\n", "#undef A\n"),
        ("}", ""),
        (")", ""),
        (";", ""),
        ("@", ""),
        ("\"", ""),
        ("/*", ""),
        ("\\\n", ""),
    ];
    for (open, close) in items {
        check_deep(&[&open.repeat(DEEP), "x", &close.repeat(DEEP), ";"].concat());
        check_deep(&open.repeat(DEEP));
    }
}

/// Work grows with the length of the text, not with its square.
#[test]
fn very_deep_text_takes_linear_time() {
    const VERY_DEEP: usize = 100_000;
    let texts = [
        ("int f(void) { x = ", "(", "1", ")", ";}"),
        ("int f(void) { x = ", "a[", "1", "]", ";}"),
        ("int f(void) { ", "{", "", "}", "}"),
        ("int f(void) { x = ", "a + ", "1", "", ";}"),
        ("int f(void) { x = ", "-", "1", "", ";}"),
        ("int f(void) { ", "if (x) ", ";", "", "}"),
        ("int f(void) { ", "if (x) y; else ", ";", "", "}"),
        ("int f(void) { ", "case 1: ", ";", "", "}"),
        ("", "int (", "x", ")", ";"),
        ("int x = ", "{", "1", "}", ";"),
        ("", "#if A\n", "int x;\n", "#endif\n", ""),
        ("", "A(", "1", ")", ";"),
    ];
    for (before, open, middle, close, after) in texts {
        check_deep(
            &[
                before,
                &open.repeat(VERY_DEEP),
                middle,
                &close.repeat(VERY_DEEP),
                after,
            ]
            .concat(),
        );
    }
}

/// Parses on a stack of 2 MB, as a thread of a program has, within a bounded time for each byte.
fn check_deep(text: &str) {
    let start = Instant::now();
    let owned = text.to_owned();
    let thread = std::thread::Builder::new()
        .stack_size(2 << 20)
        .spawn(move || {
            let source = SourceText::new("deep.c", owned);
            let mut diagnostics = Diagnostics::new();
            let unit = parse::parse(&source, &mut diagnostics);
            let deep = diagnostics
                .into_sorted()
                .iter()
                .filter(|one| one.message == "nested too deeply")
                .count();
            assert!(deep <= 1, "reported {deep} times");
            drop(unit);
        });
    thread
        .unwrap()
        .join()
        .unwrap_or_else(|_| panic!("{:?}...", &text[..text.len().min(60)]));
    let limit =
        Duration::from_secs(2) + Duration::from_micros(20) * u32::try_from(text.len()).unwrap();
    assert!(
        start.elapsed() < limit,
        "{:?} for {:?}...",
        start.elapsed(),
        &text[..text.len().min(60)]
    );
}

/// The expression of a macro body is read alone.
#[test]
fn expressions_are_read_alone() {
    let source = SourceText::new("a.c", "a + b; 1 +; sizeof(u32) * 2");
    let read = |from, to| {
        parse::parse_expr_at(&source, Span::new(from, to)).map(|expr| source.slice(expr.span))
    };
    assert_eq!(read(0, 5), Some("a + b"));
    assert_eq!(read(0, 6), None);
    assert_eq!(read(7, 10), None);
    assert_eq!(read(12, 27), Some("sizeof(u32) * 2"));
    assert_eq!(read(90, 99), None);
}

/// Lexing and choosing never lose a token that is neither hidden nor bad.
#[test]
fn tokens_come_in_order() {
    for text in SAMPLES {
        let source = SourceText::new("a.c", *text);
        let mut diagnostics = Diagnostics::new();
        let tokens = lex::lex(&source, &mut diagnostics);
        assert!(
            tokens.is_sorted_by(|a, b| a.span.end <= b.span.start),
            "{text:?}"
        );
        let visible = conditionals::select(
            &source,
            &tokens,
            conditionals::Choice::default(),
            &mut diagnostics,
        );
        assert!(
            visible
                .tokens
                .is_sorted_by(|a, b| a.span.end <= b.span.start),
            "{text:?}"
        );
        assert!(
            visible.directives.is_sorted_by_key(|(index, _)| *index),
            "{text:?}"
        );
    }
}
