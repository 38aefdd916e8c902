//! Programs that must not start, and what their errors say.

mod root {
    use super::super::{CHILD, failure, spec, try_start};
    use crate::compile::compile;
    use crate::error::{ErrorKind, Evidence};
    use crate::load::lines::Lines;
    use crate::load::{DebugOutput, StartOptions, VerifierReport, start};
    use crate::phases::Phases;
    use crate::spec::LayoutSpec;
    use std::borrow::Cow;
    use std::os::unix::process::CommandExt as _;
    use std::process::Command;

    /// The place in the user's file, clang's words, the line and the hint.
    #[test]
    #[ignore = "needs root"]
    fn reports_a_missing_member() {
        let text = "SEC(\"uprobe\")\nint probe(struct task_struct *t)\n{\n    return t->no_such_member;\n}\n";
        let error = failure(&spec(text, &["task_struct"], &["no_such_member"]));
        assert_eq!(error.kind(), ErrorKind::Compile);
        let message = error.to_string();
        let start = "failed to compile `demo`: src/main.rs:8:15: no member named 'no_such_member' \
                     in 'struct task_struct'; the running kernel (";
        assert!(message.starts_with(start), "{message}");
        let end = ") has no `no_such_member` in `struct task_struct`; what only some kernels have can \
                   be asked for with `bpf_core_field_exists`";
        assert!(message.ends_with(end), "{message}");
        let report = format!("{error:?}");
        assert!(
            report.contains("   8 |     return t->no_such_member;"),
            "{report}"
        );
        assert!(report.contains(" -target bpf "), "{report}");
        assert!(!error.to_string().contains('\n'), "{error}");
    }

    /// A name nobody knows, a function nobody has, and a syntax error: each with its place.
    #[test]
    #[ignore = "needs root"]
    fn reports_each_mistake() {
        let text = "SEC(\"uprobe\")\nint probe(void *ctx)\n{\n    kfree(ctx);\n    return NO_SUCH;\n}\nint x = ;\n";
        let error = failure(&spec(text, &["kfree", "NO_SUCH"], &[]));
        let Some(Evidence::Compile(report)) = error.evidence() else {
            panic!("{error:?}")
        };
        let places: Vec<_> = report.errors().map(|one| (&*one.file, one.line)).collect();
        assert_eq!(
            places,
            [("src/main.rs", 8), ("src/main.rs", 9), ("src/main.rs", 11)]
        );
        let hints: Vec<_> = report
            .errors()
            .map(|one| one.hint.clone().unwrap_or_default())
            .collect();
        assert!(
            hints[0].starts_with("`kfree` is no BPF helper"),
            "{hints:?}"
        );
        assert!(hints[1].starts_with("`NO_SUCH` is neither"), "{hints:?}");
        assert!(
            error.to_string().ends_with("(and 2 more errors)"),
            "{error}"
        );
    }

    /// Kernel types that are not where the caller says.
    #[test]
    #[ignore = "needs root"]
    fn reports_missing_kernel_types() {
        let path = Some("/nowhere/btf".into());
        let options = StartOptions {
            btf_path: path,
            ..StartOptions::default()
        };
        let error = start(&spec("", &[], &[]), &options, &mut |_| Ok(())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::KernelTypes);
        assert_eq!(
            error.to_string(),
            "failed to read the kernel's types from `/nowhere/btf`"
        );
    }

    /// A tracepoint that does not exist is named, with its neighbours.
    #[test]
    #[ignore = "needs root"]
    fn reports_an_unknown_tracepoint() {
        let text = "SEC(\"tp\") int f(struct tracepoint__sched__sched_swich *args) \
                    { return args->prev_pid; }";
        let mut spec = spec(text, &[], &[]);
        spec.tracepoints = Cow::Owned(vec![("sched".into(), "sched_swich".into())]);
        let error = failure(&spec);
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(
            error.to_string().contains("`sched:sched_switch`"),
            "{error}"
        );
    }

    const LOOKUP: &str = r#"struct { __uint(type, BPF_MAP_TYPE_HASH); __type(key, int); __type(value, long); __uint(max_entries, 4); } m SEC(".maps");
SEC("uprobe")
int probe(void *ctx)
{
    int k = 1;
    long *v = bpf_map_lookup_elem(&m, &k);
    return *v;
}
"#;

    /// A rejection: the program, the line of the .rs file, the decisive words, the hint, the log.
    #[test]
    #[ignore = "needs root"]
    fn reports_a_rejection() {
        let error = failure(&spec(LOOKUP, &["BPF_MAP_TYPE_HASH"], &[]));
        assert_eq!(error.kind(), ErrorKind::Verifier);
        let message = error.to_string();
        let expected = "the kernel's verifier rejects `probe` of `demo`: src/main.rs:11: \
                        R0 invalid mem access 'map_value_or_null'; test the result of `lookup` \
                        before using it: `if (!v) return 0;`";
        assert_eq!(message, expected);
        let Some(Evidence::Verifier(report)) = error.evidence() else {
            panic!("{error:?}")
        };
        assert!(
            report.log.contains("call bpf_map_lookup_elem#1"),
            "{}",
            report.log
        );
        assert_eq!(
            report.source_line.as_deref().map(str::trim),
            Some("return *v;")
        );
    }

    /// What clang's back end or the verifier says to common mistakes, and our hint. Each row is the body of a program.
    #[test]
    #[ignore = "needs root"]
    fn s57_hints_at_common_mistakes() {
        let cases = [
            (
                "return *(int *)bpf_get_current_task();",
                "read it with `bpf_probe_read_kernel`",
            ),
            (
                "volatile char b[600]; for (int i = 0; i < 600; i++) b[i] = i; return b[0];",
                "over 512 bytes",
            ),
            (
                "return (int)bpf_ktime_get_ns() / (int)bpf_get_prandom_u32();",
                "operands unsigned",
            ),
            (
                "for (volatile int i = 0;;) i++; return 0;",
                "no end the verifier can see",
            ),
            (
                "char b[8] = {}; long n = bpf_ktime_get_ns(); bpf_probe_read_user(b, n, ctx); return 0;",
                "a size",
            ),
        ];
        for (body, hint) in cases {
            let text = format!("SEC(\"uprobe\")\nint probe(void *ctx)\n{{\n    {body}\n}}\n");
            let error = failure(&spec(&text, &[], &[]));
            assert!(error.to_string().contains(hint), "{body}: {error:?}");
        }
    }

    /// Instructions lead to their lines, for kernels whose log does not name them.
    #[test]
    #[ignore = "needs root"]
    fn finds_lines_by_instruction() {
        let spec = spec(LOOKUP, &["BPF_MAP_TYPE_HASH"], &[]);
        let (options, debug) = (StartOptions::default(), DebugOutput::default());
        let object = compile(&spec, &options, debug, &mut Phases::default()).expect("it compiles");
        let lines = Lines::read(&object);
        let (file, line) = lines.find("probe", 0).expect("there is a line");
        assert!(file.ends_with("src/main.rs"), "{file}");
        assert_eq!(line, 7);
        assert_eq!(lines.find("probe", 100_000), None);
        assert_eq!(lines.find("other", 0), None);
        let said = "prog 'probe': -- BEGIN PROG LOAD LOG --\n; \n0: (b7) r1 = 1\nsorry\n\
             -- END PROG LOAD LOG --\n";
        let report = VerifierReport::from_log(&spec, &object, said).expect("there is a log");
        assert_eq!(report.place, Some(("src/main.rs".to_owned(), 7)));
        assert_eq!(report.source_line.as_deref(), Some("int probe(void *ctx)"));
    }

    /// Without rights, nothing is compiled or loaded, and the message says what to do.
    #[test]
    #[ignore = "needs root"]
    fn reports_missing_rights() {
        const NOBODY: u32 = 65534;
        let run = Command::new("/proc/self/exe")
            .args([
                "--exact",
                "load::tests::without_rights",
                "--include-ignored",
                "--nocapture",
            ])
            .env(CHILD, "1")
            .uid(NOBODY)
            .gid(NOBODY)
            .output()
            .expect("this test runs again");
        let said = String::from_utf8_lossy(&run.stderr);
        assert!(
            said.contains("PermissionDenied: no right to load BPF programs; run as root"),
            "{said}"
        );
    }

    /// A layout that is not clang's: the type, the member and both numbers.
    #[test]
    #[ignore = "needs root"]
    fn refuses_another_layout() {
        let text = "struct d { int a; union { char b; long c; }; };\nstruct d shared;\n\
                    SEC(\"uprobe\")\nint probe(void *ctx)\n{\n    return shared.a;\n}\n";
        let layout = |size, members: &[(&'static str, u64, u64)]| LayoutSpec {
            name: "struct d".into(),
            size,
            members: members
                .iter()
                .map(|(name, at, bits)| ((*name).into(), *at, *bits))
                .collect(),
        };
        let cases = [
            (
                layout(16, &[("a", 0, 32), ("b", 64, 8), ("c", 64, 64)]),
                None,
            ),
            (
                layout(12, &[]),
                Some("`struct d` has 16 bytes in C and 12 in Rust"),
            ),
            (
                layout(16, &[("c", 32, 64)]),
                Some("`c` of `struct d` is at bit 64 in C and 32 in Rust"),
            ),
            (
                layout(16, &[("b", 64, 16)]),
                Some("`b` of `struct d` has 8 bits in C and 16 in Rust"),
            ),
            (
                layout(16, &[("x", 0, 8)]),
                Some("`struct d` has no member `x` in C but one in Rust"),
            ),
        ];
        for (layout, expected) in cases {
            let mut spec = spec(text, &[], &[]);
            let unused = LayoutSpec {
                name: "struct unused".into(),
                size: 1,
                members: Cow::Borrowed(&[]),
            };
            spec.layouts = Cow::Owned(vec![unused, layout]);
            match (try_start(&spec), expected) {
                (Ok(_), None) => {}
                (Err(error), Some(expected)) => {
                    assert_eq!(error.kind(), ErrorKind::Layout);
                    assert!(error.to_string().starts_with(expected), "{error}");
                }
                (result, expected) => panic!("{expected:?}: {result:?}"),
            }
        }
    }

    /// A map the kernel does not take: not the verifier's fault, and libbpf's words are kept.
    #[test]
    #[ignore = "needs root"]
    fn reports_a_map_that_cannot_be() {
        let text = LOOKUP.replace("__uint(max_entries, 4)", "__uint(max_entries, 0)");
        let text = text.replace("return *v;", "return v ? *v : 0;");
        let error = failure(&spec(&text, &["BPF_MAP_TYPE_HASH"], &[]));
        assert_eq!(error.kind(), ErrorKind::Load);
        assert!(
            error
                .to_string()
                .starts_with("failed to load `demo` (map 'm': failed to create"),
            "{error}"
        );
    }
}
