//! Targets that the kernel does not have.

mod root {
    use bcc_runtime::{Bpf, Builder, ErrorKind, MissingProbes, bpf_program, support};
    use bcc_tests::needs::{note, with_kprobes};
    use bcc_tests::{child, is_child};

    bpf_program! {
        mod several;

        TRACEPOINT_PROBE(syscalls, sys_enter_getpid) { return 0; }
        TRACEPOINT_PROBE(syscalls, sys_enter_opena) { return args->filename != 0; }
        TRACEPOINT_PROBE(sched, sched_swich) { return args->prev_pid; }
        RAW_TRACEPOINT_PROBE(sched_wakeupp) { return 0; }
    }

    /// One error names all that is missing, with the line of each, and nothing is attached.
    #[test]
    #[ignore = "needs root"]
    fn all_that_is_missing_is_named_at_once() {
        let error = several::load().expect_err("the kernel has none of them");
        let text = error.to_string();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error:?}");
        let first = "3 programs of `several` cannot be attached, and nothing was loaded:\n";
        assert!(text.starts_with(first), "{text}");
        for part in [
            "missing.rs:12: `tracepoint__syscalls__sys_enter_opena`: tracepoint",
            "`syscalls:sys_enter_openat`",
            "missing.rs:13: `tracepoint__sched__sched_swich`: tracepoint",
            "`sched:sched_switch`",
            "missing.rs:14: `raw_tracepoint__sched_wakeupp`: raw tracepoint `sched_wakeupp` does not",
            "nearest names: `sched_wakeup`",
        ] {
            assert!(text.contains(part), "no `{part}` in `{text}`");
        }
        assert!(!text.contains("getpid"), "{text}");
    }

    /// Programs may be missing: all of them, or some; the others run, and the reason is kept.
    #[test]
    #[ignore = "needs root"]
    fn programs_that_may_be_missing() {
        let bpf = several::builder()
            .missing_probes(MissingProbes::Ignore)
            .load()
            .expect("all may be missing");
        assert_eq!(bpf.links().len(), 1, "{:?}", bpf.links());
        let skipped = bpf.skipped();
        assert_eq!(skipped.len(), 3, "{skipped:?}");
        assert_eq!(skipped[0].program, "tracepoint__syscalls__sys_enter_opena");
        assert_eq!(skipped[0].kind, ErrorKind::NotFound);
        let text = skipped[2].to_string();
        let start = "`raw_tracepoint__sched_wakeupp` is not attached: raw tracepoint `sched_wakeupp` \
                     does not exist";
        assert!(text.starts_with(start), "{text}");
        let some = |builder: Builder<several::Module>| {
            builder
                .optional_probe("tracepoint__sched__sched_swich")
                .optional_probe("tracepoint__syscalls__sys_enter_opena")
        };
        let error = some(several::builder()).load().expect_err("one is missing");
        let text = error.to_string();
        assert!(text.starts_with("raw tracepoint `sched_wakeupp`"), "{text}");
        let bpf = some(several::builder())
            .optional_probe("raw_tracepoint__sched_wakeupp")
            .load();
        assert_eq!(bpf.expect("all may be missing").skipped().len(), 3);
        let error = several::builder().optional_probe("sched_swich").load();
        let error = error.expect_err("there is no such program");
        let start = "`optional_probe` names `sched_swich`, which is no program of the program text";
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.to_string().starts_with(start), "{error}");
    }

    /// K4: programs that nobody wants are not looked for, nor loaded; their handles say so.
    #[test]
    #[ignore = "needs root"]
    fn k4_programs_that_are_not_wanted() {
        let wanted = "tracepoint__syscalls__sys_enter_getpid";
        let others = [
            "tracepoint__syscalls__sys_enter_opena",
            "tracepoint__sched__sched_swich",
            "raw_tracepoint__sched_wakeupp",
        ];
        let without = |names: &[&str]| {
            let builder = several::builder();
            names
                .iter()
                .fold(builder, |builder, name| builder.without(*name))
                .load()
        };
        let report = others
            .iter()
            .fold(several::builder(), |builder, name| builder.without(*name))
            .preflight()
            .expect("a report");
        assert!(report.is_ok(), "{report}");
        assert!(!several::builder().preflight().expect("a report").is_ok());
        let bpf = without(&others).expect("the one left has its target");
        assert_eq!(bpf.links().len(), 1);
        assert_eq!((bpf.links()[0].program(), bpf.skipped().len()), (wanted, 0));
        let progs = &bpf.progs;
        assert!(
            progs
                .tracepoint__syscalls__sys_enter_getpid
                .instructions()
                .is_ok()
        );
        let error = progs
            .raw_tracepoint__sched_wakeupp
            .attach_raw_tracepoint("sched_switch");
        let error = error.expect_err("it is not loaded");
        assert_eq!(error.kind(), ErrorKind::NotFound);
        let start = "`raw_tracepoint__sched_wakeupp` is not loaded: ";
        assert!(error.to_string().starts_with(start), "{error}");
        assert!(progs.raw_tracepoint__sched_wakeupp.instructions().is_err());

        let error = without(&["sched_swich"]).expect_err("there is no such program");
        let start = "`without` names `sched_swich`, which is no program of the program text";
        assert!(error.to_string().starts_with(start), "{error}");
        let all: Vec<_> = others.iter().chain([&wanted]).copied().collect();
        assert!(without(&all).expect("nothing is left").links().is_empty());
    }

    /// A warning is one line on standard error.
    #[test]
    #[ignore = "needs root"]
    fn warns_of_what_is_missing() {
        if is_child() {
            let bpf = several::builder().missing_probes(MissingProbes::Warn);
            drop(bpf.load().expect("all may be missing"));
            return;
        }
        let output = child("missing::root::warns_of_what_is_missing").output();
        let output = output.expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr);
        let start = "warning: `tracepoint__sched__sched_swich` is not attached: tracepoint";
        let lines = said.lines().filter(|line| line.starts_with("warning: "));
        assert_eq!(lines.count(), 3, "{said}");
        assert!(said.contains(start), "{said}");
    }

    const KPROBES: &str = "
        BPF_ARRAY(seen, u64, 1);
        int kprobe__do_sys_openat2(struct pt_regs *ctx) { seen.increment(0); return 0; }
        int kprobe__do_sys_openat3(struct pt_regs *ctx) { return 0; }
        int kretprobe__vfs_raed(struct pt_regs *ctx) { return 0; }";

    /// Functions that do not exist, all named; and without them.
    #[test]
    #[ignore = "needs root"]
    fn kernel_functions_that_do_not_exist() {
        let Some(loaded) = with_kprobes(Bpf::builder().text(KPROBES).load()) else {
            return;
        };
        let error = loaded.expect_err("two do not exist");
        let text = error.to_string();
        assert!(text.starts_with("2 programs of `text` cannot"), "{text}");
        for part in [
            "<text>:4: `kprobe__do_sys_openat3`: this kernel has no function `do_sys_openat3`",
            "`do_sys_openat2`",
            "<text>:5: `kretprobe__vfs_raed`: this kernel has no function `vfs_raed`",
            "nearest names: `vfs_read`",
        ] {
            assert!(text.contains(part), "no `{part}` in `{text}`");
        }
        let bpf = Bpf::builder()
            .text(KPROBES)
            .missing_probes(MissingProbes::Ignore)
            .load()
            .expect("they may be missing");
        assert_eq!((bpf.links().len(), bpf.skipped().len()), (1, 2));
    }

    /// A function that the kernel has and does not let be probed: the reason.
    #[test]
    #[ignore = "needs root"]
    fn kernel_functions_that_cannot_be_probed() {
        let text = "int kprobe__kprobe_ftrace_handler(struct pt_regs *ctx) { return 0; }
                    int kprobe__do_int3(struct pt_regs *ctx) { return 0; }";
        let Some(loaded) = with_kprobes(Bpf::builder().text(text).load()) else {
            return;
        };
        let text = loaded.expect_err("probes need them").to_string();
        assert!(
            text.contains("is on the kernel's kprobe blacklist"),
            "{text}"
        );
    }

    /// A hook, where there may be none: a kprobe or a tracepoint takes its place.
    #[test]
    #[ignore = "needs root"]
    fn hooks_that_may_be_missing() {
        let text = "
            KFUNC_PROBE(vfs_open) { return 0; }
            KFUNC_PROBE(vfs_oepn) { return 0; }
            TRACEPOINT_PROBE(syscalls, sys_enter_getpid) { return 0; }";
        let bpf = Bpf::builder()
            .text(text)
            .optional_probe("kfunc__vmlinux__vfs_open")
            .optional_probe("kfunc__vmlinux__vfs_oepn")
            .load()
            .expect("hooks may be missing");
        let missing = &bpf.skipped().last().expect("one does not exist").reason;
        assert!(missing.contains("`vfs_oepn`"), "{missing}");
        let Err(reason) = support::kfunc() else {
            assert_eq!((bpf.links().len(), bpf.skipped().len()), (2, 1));
            return;
        };
        assert_eq!((bpf.links().len(), bpf.skipped().len()), (1, 2));
        assert_eq!(bpf.skipped()[0].reason, reason.to_string());
        note("hooks");
    }
}
