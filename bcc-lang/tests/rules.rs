//! Rules of the dialect that programs for bcc rely on, beside reads: what is a program, what its
//! maps may hold, what methods take.

use bcc_lang::Outcome;
use bcc_lang::program::Type;
use bcc_lang::source::SourceText;

fn compile(text: &str) -> Outcome {
    bcc_lang::compile(&SourceText::new("t.c", text))
}

fn code(text: &str) -> String {
    let outcome = compile(text);
    let program = outcome.program;
    program
        .unwrap_or_else(|| panic!("{text}\n{:?}", outcome.diagnostics))
        .code
}

/// The first message about a text that has a mistake.
fn error(text: &str) -> String {
    let outcome = compile(text);
    assert!(outcome.program.is_none(), "{text}");
    outcome.diagnostics.first().unwrap().message.clone()
}

/// The sizes of the key and the value of the first map.
fn sizes(text: &str) -> [Option<u64>; 2] {
    let program = compile(text).program.unwrap();
    let map = program.maps.first().unwrap();
    [&map.key, &map.value].map(|ty| match ty {
        Type::Int { size, .. } => Some(u64::from(*size)),
        Type::Pointer(_) => Some(8),
        Type::Named(name) => {
            let def = program.types.iter().find(|def| def.name == *name);
            def.map(|def| def.size)
        }
        _ => None,
    })
}

#[test]
fn s1_only_static_functions_are_called() {
    let text = "int bar(void) { return 0; }\nint foo(struct pt_regs *ctx) { return bar(); }";
    let message = error(text);
    assert!(message.contains("`bar`"), "{message}");
    assert!(code(&text.replacen("int", "static int", 1)).contains("return bar();"));
}

#[test]
fn s1_a_program_may_give_nothing() {
    let text = "BPF_HASH(dummy);\nvoid f(struct pt_regs *ctx) { u64 k = 0, v = 2; dummy.insert(&k, &v); k = 1; dummy.update(&k, &v); }";
    let found = code(text);
    assert!(found.contains("int f(struct pt_regs *ctx)"), "{found}");
    assert!(
        found.contains("BCC_COUNT_NEW(0, bpf_map_update_elem(&dummy, &k, &v, BPF_NOEXIST));"),
        "{found}"
    );
    assert!(
        found.contains(
            "BCC_COUNT_NONZERO(1, bpf_map_update_elem(&dummy, &k, &v, BPF_ANY)); return 0; }"
        ),
        "{found}"
    );
}

#[test]
fn s2_six_arguments_arrive_in_registers() {
    let six = "int f(struct pt_regs *ctx, int a, int b, int c, int d, int e, int g) { return g; }";
    assert!(code(six).contains("int g = PT_REGS_PARM6(ctx);"));
    let seven = six.replace("int g)", "int g, int h)");
    assert_eq!(
        error(&seven),
        "only 6 arguments of a function arrive in registers"
    );
}

#[test]
fn s9_arguments_of_methods_may_be_macros_and_constants() {
    let text = "BPF_ARRAY(act, u32, 32);\nBPF_PROG_ARRAY(jmp, 32);\n#define IDX (1U << 1)\nenum action { PASS };\nint f(struct xdp_md *ctx) { act.increment(PASS); act.increment(IDX); jmp.call((void *)ctx, PASS); jmp.call((void *)ctx, IDX); return 0; }";
    let found = code(text);
    for expected in [
        "(&act, PASS, 1));",
        "(&act, IDX, 1));",
        "BCC_COUNT_RETURN(2, bpf_tail_call((void *)ctx, &jmp, PASS));",
        "BCC_COUNT_RETURN(3, bpf_tail_call((void *)ctx, &jmp, IDX));",
    ] {
        assert!(found.contains(expected), "{expected}\n{found}");
    }
}

#[test]
fn s14_s15_counts_of_any_amount() {
    let text = "struct bpf_map;\nBPF_HASH(map);\nint f(struct pt_regs *ctx, struct bpf_map *m, u64 *k) { map.increment(42, 5); map.atomic_increment(42, 5); return 0; }";
    let found = code(text);
    assert!(
        found.contains("BCC_COUNT_NONZERO(0, bcc_increment(&map, 42, 5)); BCC_COUNT_NONZERO(1, bcc_atomic_increment(&map, 42, 5));"),
        "{found}"
    );
}

#[test]
fn s12_the_value_may_be_counted_up() {
    let text = "struct key_t { u32 prev; u32 next; };\nBPF_HASH(stats, struct key_t, u64, 1024);\nint f(struct pt_regs *ctx, struct task_struct *prev) { struct key_t key = {}; u64 zero = 0, *val; key.prev = prev->pid; val = stats.lookup_or_try_init(&key, &zero); if (val) { (*val)++; } return 0; }";
    let found = code(text);
    assert!(
        found.contains("key.prev = BCC_READ_ANY(prev, pid);"),
        "{found}"
    );
    assert!(found.contains("if (val) { (*val)++; }"), "{found}");
}

#[test]
fn s28_keys_and_values_of_any_type() {
    const ROWS: &[(&str, [Option<u64>; 2])] = &[
        ("BPF_HASH(a);", [Some(8), Some(8)]),
        ("BPF_HASH(a, u32);", [Some(4), Some(8)]),
        ("BPF_HASH(a, u32, int);", [Some(4), Some(4)]),
        (
            "BPF_HASH(a, unsigned __int128, __int128);",
            [Some(16), Some(16)],
        ),
        ("BPF_HASH(a, struct request *);", [Some(8), Some(8)]),
        (
            "struct l;\nstruct l { struct l *self; struct l *list[2]; };\nBPF_ARRAY(a, struct l, 1);",
            [Some(4), Some(24)],
        ),
        (
            "struct e {};\nunion u { struct e *p; struct e v; };\nBPF_ARRAY(a, union u, 1);",
            [Some(4), Some(8)],
        ),
        (
            "enum b { A };\nstruct s { enum b v; };\nBPF_HASH(a, struct s);",
            [Some(4), Some(8)],
        ),
        (
            "struct t { u16 a; u32 b; } __packed;\nBPF_TABLE(\"hash\", u32, struct t, a, 2);",
            [Some(4), Some(6)],
        ),
        (
            "struct k { u32 a; struct { char b; __int128 c; }; u8 d; unsigned __int128 e; char f; };\nstruct v { u8 a[4] __attribute__((aligned(8))); u8 b[4] __attribute__((aligned(8))); };\nBPF_HASH(a, struct k, struct v);",
            [Some(96), Some(16)],
        ),
        // The struct may be defined behind the map that holds it.
        (
            "BPF_HASH(a, struct k);\nstruct k { u64 at; };",
            [Some(8), Some(8)],
        ),
    ];
    for (text, expected) in ROWS {
        assert_eq!(sizes(text), *expected, "{text}");
    }
}

#[test]
fn s27_formats_are_checked() {
    for (format, values) in [("%0.2f", "1"), ("%lf", "1")] {
        let text = format!(
            "int f(struct pt_regs *ctx) {{ bpf_trace_printk(\"{format}\\n\", {values}); return 0; }}"
        );
        assert!(compile(&text).program.is_none(), "{format}");
    }
}

/// Calls that can fail have numbers, and places where the user wrote them: a macro's use, not its
/// definition.
#[test]
fn calls_that_can_fail_are_listed_where_they_stand() {
    let text = "BPF_HASH(m);\n#define UP(k) m.update(&k, &k)\n\
                static void help(u64 k) { m.insert(&k, &k); }\n\
                int f(struct pt_regs *ctx) { u64 k = 0;\n  UP(k); m.lookup(&k); help(k);\n  \
                return sizeof(m.update(&k, &k)); }";
    let program = bcc_lang::compile(&SourceText::new("t.c", text)).program;
    let sites = program.unwrap().sites.into_iter();
    let found: Vec<_> = sites
        .map(|site| (site.method, site.function, site.place.line))
        .collect();
    let in_function = |name: &str| Some(name.to_owned());
    assert_eq!(
        found,
        [
            ("insert", in_function("help"), 3),
            ("update", in_function("f"), 5)
        ]
    );
}

/// Only the GPL has the helper behind `perf_submit`, whatever macro stands for it; the size of the event
/// decides which does.
#[test]
fn perf_submit_is_a_helper_of_the_gpl() {
    let text = |license: &str, size: &str| {
        format!(
            "#define BPF_LICENSE {license}\nBPF_PERF_OUTPUT(e); RAW_TRACEPOINT_PROBE(sched_switch) \
             {{ u64 v = 1; u32 n = 8; e.perf_submit(ctx, &v, {size}); return 0; }}"
        )
    };
    let forms = [
        ("sizeof(v)", "BCC_PERF_SUBMIT(e, ctx, &v, sizeof(v))"),
        ("8", "BCC_PERF_SUBMIT(e, ctx, &v, 8)"),
        (
            "n",
            "bpf_perf_event_output(ctx, &e, BPF_F_CURRENT_CPU, &v, n)",
        ),
    ];
    for (size, form) in forms {
        let found = code(&text("GPL", size));
        assert!(found.contains(form), "{found}");
        let message = error(&text("MIT", size));
        assert!(message.contains("perf_submit"), "{message}");
    }
}
