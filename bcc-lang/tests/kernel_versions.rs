//! What the oldest kernel a program has to run on makes an error, what strict semantics do, and
//! what a program asks of the machine.

use bcc_lang::diag::Level;
use bcc_lang::dialect::versions;
use bcc_lang::options::{Options, Semantics};
use bcc_lang::requirements::Capability::{Bpf, NetAdmin, Perfmon, SysAdmin};
use bcc_lang::requirements::{BtfNeed, Capability, Requirements};
use bcc_lang::source::SourceText;
use bcc_lang::version::KernelVersion;
use std::fmt::Write as _;

/// The piece at fault and the first words of each error.
fn errors(text: &str, options: Options) -> Vec<String> {
    let source = SourceText::new("t.c", text);
    let outcome = bcc_lang::compile_with(&source, options);
    let errors = outcome
        .diagnostics
        .iter()
        .filter(|one| one.level == Level::Error);
    errors
        .map(|one| format!("{}: {}", source.slice(one.span), one.message))
        .collect()
}

fn from(version: &str) -> Options {
    Options {
        min_kernel: Some(version.parse().expect("a version")),
        ..Options::default()
    }
}

fn strict() -> Options {
    Options {
        semantics: Semantics::Strict,
        ..Options::default()
    }
}

fn requirements(text: &str) -> Requirements {
    let source = SourceText::new("t.c", text);
    let outcome = bcc_lang::compile(&source);
    outcome
        .program
        .unwrap_or_else(|| panic!("{:?}", outcome.diagnostics))
        .requirements
}

/// In a program on a function.
fn body(text: &str) -> String {
    format!("int f(struct pt_regs *ctx) {{ {text} return 0; }}")
}

/// X47: one row for each kind of thing; the release it came with takes it, the one before does not.
#[test]
fn x47_what_came_later_is_an_error() {
    let helper = body("u64 t = bpf_ktime_get_boot_ns(); bpf_trace_printk(\"%d\", t);");
    let ring = "BPF_RINGBUF_OUTPUT(e, 8);";
    let storage = "BPF_TABLE(\"task_storage\", int, u64, s, 0);";
    let queue = format!(
        "BPF_QUEUE(q, u64, 8); {}",
        body("u64 v = 1; q.push(&v, 0);")
    );
    let methods = format!("{ring} {}", body("u64 v = 1; e.ringbuf_output(&v, 8, 0);"));
    let hook = "KFUNC_PROBE(vfs_open, const struct path *path) { return 0; }";
    let named = "int kfunc__vmlinux__vfs_open(u64 *ctx) { return 0; }";
    let printk = body("bpf_trace_printk(\"hello\");");
    let section = "SEC(\"kprobe.multi/vfs_*\") int f(void *ctx) { return 0; }";
    let rows: &[(&str, &str, &str, &str)] = &[
        (
            &helper,
            "5.7",
            "5.8",
            "bpf_ktime_get_boot_ns: `bpf_ktime_get_boot_ns` needs Linux 5.8",
        ),
        (
            ring,
            "5.7",
            "5.8",
            "BPF_RINGBUF_OUTPUT: this map is a `BPF_MAP_TYPE_RINGBUF`, which needs Linux 5.8",
        ),
        (
            storage,
            "5.10",
            "5.11",
            "BPF_TABLE: this map is a `BPF_MAP_TYPE_TASK_STORAGE`, which needs Linux 5.11",
        ),
        // The map is at fault, not each of its methods.
        (
            &methods,
            "5.4",
            "5.8",
            "BPF_RINGBUF_OUTPUT: this map is a `BPF_MAP_TYPE_RINGBUF`, which needs Linux 5.8",
        ),
        (
            hook,
            "5.4",
            "5.5",
            "KFUNC_PROBE: `KFUNC_PROBE` makes a program on the entry of a function (fentry), which needs Linux 5.5",
        ),
        (
            named,
            "5.4",
            "5.5",
            "kfunc__vmlinux__vfs_open: `kfunc__vmlinux__vfs_open` makes a program on",
        ),
        (
            "BPF_ITER(task) { return 0; }",
            "5.7",
            "5.8",
            "BPF_ITER: `BPF_ITER` makes an iterator, which needs Linux 5.8",
        ),
        (
            "LSM_PROBE(file_open, struct file *file) { return 0; }",
            "5.6",
            "5.7",
            "LSM_PROBE: `LSM_PROBE` makes",
        ),
        (
            "u64 counter;",
            "5.1",
            "5.2",
            "counter: `counter` is a variable at file scope, which needs Linux 5.2",
        ),
        (
            &printk,
            "5.1",
            "5.2",
            "bpf_trace_printk: the format of `bpf_trace_printk` is kept in data of the program, which needs Linux 5.2",
        ),
        (
            section,
            "5.17",
            "5.18",
            "f: `f` makes a program of this section, which needs Linux 5.18",
        ),
    ];
    for (text, older, newer, expected) in rows {
        let found = errors(text, from(older));
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(found[0].starts_with(expected), "{text}: {found:?}");
        assert!(
            found[0].ends_with(&format!(
                "and the program says that it runs from {older} on"
            )),
            "{found:?}"
        );
        assert_eq!(errors(text, from(newer)), [""; 0], "{text}");
        assert_eq!(errors(text, Options::default()), [""; 0], "{text}");
    }
    assert_eq!(
        errors(&queue, from("4.19")).len(),
        2,
        "the map, and a helper of its own"
    );
}

/// What libbpf does in another way on older kernels, and what the program leaves out there, is none
/// of our business.
#[test]
fn x47_silent_where_a_kernel_can_do_without() {
    let call = "bpf_loop(1, 0, 0, 0);";
    let inside = |text: &str| body(&text.replace('@', call));
    let rows = [
        body("u64 v; bpf_probe_read_kernel(&v, 8, (void *)ctx->ip);"),
        body("char v[8]; bpf_probe_read_user_str(v, 8, (void *)ctx->ip);"),
        "int kprobe__f(struct pt_regs *ctx, struct sock *sk) { return sk->sk_family; }".to_owned(),
        inside("if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_loop)) { @ }"),
        inside("if (!bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_loop)) return 1; @"),
        inside("if (LINUX_KERNEL_VERSION < KERNEL_VERSION(5, 17, 0)) return 1; else { @ }"),
        inside("bool has = bpf_core_type_exists(struct x); if (ctx->ip && has) { @ }"),
        inside("return bpf_core_type_exists(struct x) ? bpf_loop(1, 0, 0, 0) : 1;"),
        inside("return bpf_core_type_exists(struct x) && bpf_loop(1, 0, 0, 0);"),
        format!("const volatile bool has_loop = 0; {}", inside("if (has_loop) { @ }")),
        format!("const volatile bool has_loop = 0; {}", inside("if (!has_loop) return 1; @")),
        format!("extern int LINUX_HAS_X __kconfig; {}", inside("if (LINUX_HAS_X) { @ }")),
        format!("#define HAS bpf_core_type_exists(struct x)\n{}", inside("if (HAS) { @ }")),
        format!("#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 17, 0)\n{}\n#endif", inside("@")),
        format!("#ifdef CONFIG_X\n{}\n#endif", "BPF_TABLE(\"task_storage\", int, u64, s, 0);"),
        format!("#if 0\n{}\n#endif", inside("@")),
        // libbpf does not load it by itself.
        format!("SEC(\"?kprobe.multi/f\") int f(void *ctx) {{ {call} return 0; }}"),
        // Nobody calls it: clang leaves it out.
        format!("static int unused(void) {{ {call} return 0; }} {}", body("")),
        // Called behind a question.
        format!("static int g(void) {{ {call} return 0; }} static int h(void) {{ return g(); }} {}",
            body("if (bpf_core_type_exists(struct x)) h();")),
        // The question is a function.
        format!("static bool has(void) {{ return bpf_core_type_exists(struct x); }} {}",
            inside("if (has()) { @ }")),
        // A function of the text's own.
        "static int bpf_loop(int n) { return n; } int f(struct pt_regs *ctx) { return bpf_loop(1); }".to_owned(),
        format!("#define bpf_loop(a, b, c, d) 0\n{}", inside("@")),
    ];
    for text in rows {
        assert_eq!(errors(&text, from("5.4")), [""; 0], "{text}");
    }
}

/// What a program usually asks before it goes on is no question about the kernel.
#[test]
fn x47_speaks_behind_ordinary_conditions() {
    let call = "bpf_loop(1, 0, 0, 0);";
    let inside = |text: &str| body(&text.replace('@', call));
    let pid = "const volatile u32 target = 0;";
    let rows = [
        format!(
            "{pid} {}",
            inside(
                "u32 pid = bpf_get_current_pid_tgid(); if (target && pid != target) return 0; @"
            )
        ),
        format!(
            "{pid} {}",
            inside("u32 pid = bpf_get_current_pid_tgid(); if (target == 0 || pid == target) { @ }")
        ),
        inside("for (int i = 0; i < 4; i++) { @ }"),
        inside("u64 n = 0; if (ctx->ip > n) { @ }"),
        inside("switch (ctx->ip) { case 1: @ break; }"),
        format!(
            "#define FAMILY(s) (s)->ip\n{}",
            inside("if (FAMILY(ctx) == 2) return 0; @")
        ),
        format!(
            "#define FILTER if (ctx->ip == 0) return 0;\n{}",
            inside("FILTER @")
        ),
        format!("static int g(void) {{ {call} return 0; }} {}", body("g();")),
        format!(
            "static int g(void) {{ {call} return 0; }} {}",
            body("bpf_core_type_exists(struct x); g();")
        ),
    ];
    for text in rows {
        let found = errors(&text, from("5.4"));
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(
            found[0].starts_with("bpf_loop: `bpf_loop` needs Linux 5.17"),
            "{found:?}"
        );
    }
}

/// X39: newer kernels print more values.
#[test]
fn x39_more_values_from_5_16_on() {
    let text = body("bpf_trace_printk(\"%d %d %d %d\", 1, 2, 3, 4);");
    assert_eq!(errors(&text, from("5.16")), [""; 0]);
    for options in [Options::default(), from("5.15")] {
        let found = errors(&text, options);
        assert!(found[0].contains("at most 3 values"), "{found:?}");
    }
}

/// What bcc does but is rarely meant.
#[test]
fn strict_makes_errors_of_doubtful_things() {
    let read = "int syscall__open(struct pt_regs *ctx, const char *fn) { return *fn; }";
    let any = "int f(struct pt_regs *ctx) { struct sock *sk = (void *)PT_REGS_PARM1(ctx); return sk->sk_family; }";
    let rows: &[(&str, &str)] = &[
        (
            "BPF_TABLE(\"lru_hash\", u32, u64, m, 9); int f(struct pt_regs *ctx) { m.increment(1); return 0; }",
            "increment: on this kind of map",
        ),
        (
            "BPF_HASH(m, u32, u64); int f(struct pt_regs *ctx) { u32 k = 1; u64 v = 0; u64 *p = m.lookup_or_init(&k, &v); return 0; }",
            "lookup_or_init: `lookup_or_init` hides a `return 0`",
        ),
        (read, "*fn: `*fn` reads memory of the process"),
        (
            "int kprobe__f(struct pt_regs *ctx, struct sock *sk) { char b[8]; __builtin_memcpy(b, sk, 8); return b[0]; }",
            "sk: `sk` leads out of the program's memory",
        ),
    ];
    for (text, expected) in rows {
        assert_eq!(errors(text, Options::default()), [""; 0], "{text}");
        let found = errors(text, strict());
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(found[0].starts_with(expected), "{text}: {found:?}");
    }
    let kernel = "int kprobe__f(struct pt_regs *ctx, struct sock *sk) { return sk->sk_family; }";
    for text in [kernel, any] {
        assert_eq!(errors(text, strict()), [""; 0], "{text}");
    }
}

/// Programs, with the release, the rights, how they need the kernel's types, and the helpers that
/// need the GPL.
const PROGRAMS: &[(&str, &str, &[Capability], BtfNeed, &str)] = &[
    (
        "int kprobe__f(struct pt_regs *ctx) { return 0; }",
        "4.1",
        &[Bpf, Perfmon],
        BtfNeed::Types,
        "",
    ),
    (
        "TRACEPOINT_PROBE(sched, sched_switch) { return args->next_pid; }",
        "4.7",
        &[Bpf, Perfmon],
        BtfNeed::Types,
        "",
    ),
    (
        "BPF_PERF_OUTPUT(e); RAW_TRACEPOINT_PROBE(sched_switch) { u64 v = 1; e.perf_submit(ctx, &v, 8); return 0; }",
        "4.17",
        &[Bpf, Perfmon],
        BtfNeed::Types,
        "bpf_perf_event_output",
    ),
    (
        "KFUNC_PROBE(f, struct sock *sk) { return sk->sk_family; }",
        "5.5",
        &[Bpf, Perfmon],
        BtfNeed::Hooks,
        "",
    ),
    (
        "KMOD_RET(f, int ret) { return 0; }",
        "5.7",
        &[Bpf, Perfmon],
        BtfNeed::Hooks,
        "",
    ),
    (
        "BPF_ITER(task) { return 0; }",
        "5.8",
        &[Bpf, Perfmon],
        BtfNeed::Hooks,
        "",
    ),
    (
        "int x(struct xdp_md *ctx) { return 2; }",
        "4.8",
        &[Bpf, NetAdmin],
        BtfNeed::Types,
        "",
    ),
    (
        "int s(struct __sk_buff *skb) { return 0; }",
        "3.19",
        &[Bpf, NetAdmin],
        BtfNeed::Types,
        "",
    ),
    (
        "int d(struct bpf_cgroup_dev_ctx *ctx) { return 1; }",
        "4.15",
        &[Bpf, NetAdmin],
        BtfNeed::Types,
        "",
    ),
    (
        "int f(struct pt_regs *ctx) { char c = 1; bpf_probe_write_user((void *)ctx->ip, &c, 1); return 0; }",
        "4.8",
        &[Bpf, Perfmon, SysAdmin],
        BtfNeed::Types,
        "bpf_probe_write_user",
    ),
    (
        "u64 n; int f(struct pt_regs *ctx) { n++; return 0; }",
        "5.2",
        &[Bpf, Perfmon],
        BtfNeed::Types,
        "",
    ),
    (
        "BPF_STACK_TRACE_BUILDID(b, 64); BPF_STACK_TRACE(s, 64);",
        "4.17",
        &[Bpf],
        BtfNeed::Types,
        "",
    ),
    (
        "SEC(\"kprobe/f\") int a(void *c) { return 0; } SEC(\"kprobe.multi/f*\") int b(void *c) { return 0; }",
        "5.18",
        &[Bpf],
        BtfNeed::Types,
        "",
    ),
    (
        "struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } e SEC(\".maps\");",
        "5.8",
        &[],
        BtfNeed::Types,
        "",
    ),
    // A question keeps the version down.
    (
        "int f(struct pt_regs *ctx) { if (bpf_core_type_exists(struct x)) return bpf_jiffies64(); return 0; }",
        "4.1",
        &[Bpf, Perfmon],
        BtfNeed::Types,
        "",
    ),
    (
        "#define J bpf_jiffies64()\nint f(struct pt_regs *ctx) { return J; }",
        "4.1",
        &[Bpf, Perfmon],
        BtfNeed::Types,
        "",
    ),
];

#[test]
fn requirements_of_programs() {
    for (text, version, capabilities, btf, gpl) in PROGRAMS {
        let found = requirements(text);
        let version: KernelVersion = version.parse().expect("a version");
        assert_eq!(found.kernel_version(), Some(version), "{text}\n{found}");
        let rights: Vec<_> = found
            .capabilities
            .iter()
            .map(|item| item.capability)
            .collect();
        assert_eq!(rights, *capabilities, "{text}");
        assert_eq!(found.btf, *btf, "{text}");
        let helpers: Vec<_> = found.gpl.iter().map(|item| &*item.helper).collect();
        assert_eq!(helpers.join(" "), *gpl, "{text}");
    }
}

/// Items have the place of the first use, newest first; what may be missing says so.
#[test]
fn requirements_as_text() {
    let text = "BPF_RINGBUF_OUTPUT(events, 8);
BPF_HASH(counts, u32, u64);
int kprobe__tcp_connect(struct pt_regs *ctx, struct sock *sk) {
    u16 family = sk->sk_family;
    if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_loop))
        bpf_loop(1, 0, 0, 0);
    events.ringbuf_output(&family, sizeof(family), 0);
    counts.increment(family);
    return 0;
}
TRACEPOINT_PROBE(syscalls, sys_enter_openat) { return 0; }
";
    let found = requirements(text);
    let expected = "kernel: Linux 5.8 or newer
  5.17  helper bpf_loop, where the kernel has it (t.c:6:9)
  5.8   map type BPF_MAP_TYPE_RINGBUF (t.c:1:1)
  5.8   helper bpf_ringbuf_output (t.c:7:12)
  4.7   a program on a tracepoint (t.c:11:1)
  4.1   a kprobe (t.c:3:5)
  4.1   helper bpf_probe_read_kernel (t.c:4:18)
  3.19  map type BPF_MAP_TYPE_HASH (t.c:2:1)
kernel types: to be compiled; the kernel's own BTF, a file of it, or headers
rights (before Linux 5.8, CAP_SYS_ADMIN for CAP_BPF and CAP_PERFMON):
  CAP_BPF to make maps and load programs
  CAP_PERFMON to load and attach programs that trace
licence: GPL; it must be compatible with the GPL for
  bpf_probe_read_kernel in `sk->sk_family` (t.c:4:18)
kernel built with:
  CONFIG_BPF_SYSCALL for BPF
  CONFIG_KPROBE_EVENTS for kprobes
  CONFIG_BPF_EVENTS for programs that trace
  CONFIG_FTRACE_SYSCALLS for tracepoints of system calls
named in the program:
  function tcp_connect (t.c:3:5)
  tracepoint syscalls:sys_enter_openat (t.c:11:1)
";
    assert_eq!(found.to_string(), expected);
    assert!(found.needs_gpl());
    let document = found.to_markdown();
    for line in [
        "Linux 5.8 or newer with its types (BTF or headers); `CAP_BPF`, `CAP_PERFMON` (before Linux 5.8, `CAP_SYS_ADMIN`).",
        "| 5.17 | helper `bpf_loop`, where the kernel has it | 6 |",
        "| 5.8 | map type `BPF_MAP_TYPE_RINGBUF` | 1 |",
        "Only under a GPL-compatible licence: `bpf_probe_read_kernel` (line 4).",
        "Named in the program: function `tcp_connect`, tracepoint `syscalls:sys_enter_openat`.",
    ] {
        assert!(
            document.lines().any(|found| found == line),
            "{line}\n{document}"
        );
    }
}

/// One row per release: its map types, sections and helpers.
fn table() -> String {
    let tables = [versions::MAP_TYPES, versions::SECTIONS, versions::HELPERS];
    let mut releases: Vec<KernelVersion> = tables
        .iter()
        .flat_map(|table| table.iter())
        .map(|row| row.version)
        .collect();
    releases.sort_unstable();
    releases.dedup();
    let mut out = "| Linux | map types | sections | helpers |\n|---|---|---|---|\n".to_owned();
    for release in releases {
        let columns = tables.map(|table| {
            let rows = table.iter().filter(|row| row.version == release);
            let names = rows.map(|row| {
                let short = row.name.strip_prefix("BPF_MAP_TYPE_");
                format!(
                    "`{}`",
                    short.or(row.name.strip_prefix("bpf_")).unwrap_or(row.name)
                )
            });
            names.collect::<Vec<_>>().join(" ")
        });
        let _ = writeln!(out, "| {release} | {} |", columns.join(" | "));
    }
    out
}

/// The documentation lists what the table says.
#[test]
fn documentation_has_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/requirements.md");
    let text = std::fs::read_to_string(path).expect("the page is there");
    let (head, _) = text.split_once("| Linux |").unwrap_or((&text, ""));
    let expected = format!("{}\n\n{}", head.trim_end(), table());
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, &expected).expect("the page can be written");
    } else {
        assert_eq!(text, expected, "write it anew with BLESS=1");
    }
}
