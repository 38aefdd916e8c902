//! Mistakes that only the running kernel can find: what the user reads about them.

mod root {
    use bcc_runtime::{Error, ErrorKind, Evidence, bpf_program};
    use bcc_tests::kernel_version;

    /// `file:line` of the line of this file that ends in `// here: MARK`.
    fn place(mark: &str) -> String {
        let mark = format!("// here: {mark}");
        let line = include_str!("mistakes.rs")
            .lines()
            .position(|line| line.ends_with(&mark));
        format!("tests/tests/mistakes.rs:{}:", line.unwrap() + 1)
    }

    #[track_caller]
    fn assert_says(error: &Error, kind: ErrorKind, parts: &[&str]) {
        let (text, long) = (error.to_string(), format!("{error:?}"));
        assert_eq!(error.kind(), kind, "{long}");
        for part in parts {
            assert!(long.contains(part), "no `{part}` in:\n{long}");
        }
        assert!(!text.contains('\n'), "the first line stands alone: {text}");
    }

    bpf_program! {
        mod type_error;

        struct data_t { u32 pid; };

        int probe(struct pt_regs *ctx) {
            struct data_t data = {};
            data.pid = data; // here: type error
            return 0;
        }
    }

    #[test]
    #[ignore = "needs root"]
    fn a_type_error_points_to_the_rust_file() {
        let error = type_error::load().unwrap_err();
        let place = place("type error");
        assert_says(
            &error,
            ErrorKind::Compile,
            &[&place, "incompatible type", "data.pid = data;"],
        );
        assert!(matches!(error.evidence(), Some(Evidence::Compile(_))));
    }

    bpf_program! {
        mod missing_member;

        int probe(struct pt_regs *ctx) {
            struct task_struct *task = (struct task_struct *)bpf_get_current_task();
            return task->no_such_member; // here: missing member
        }
    }

    #[test]
    #[ignore = "needs root"]
    fn a_member_the_kernel_lacks_is_named() {
        let error = missing_member::load().unwrap_err();
        let place = place("missing member");
        let (major, minor) = kernel_version();
        let release = format!("{major}.{minor}");
        let parts = [&place, "`no_such_member`", "`struct task_struct`", &release];
        assert_says(&error, ErrorKind::Compile, &parts);
    }

    bpf_program! {
        mod unchecked;

        BPF_HASH(counts, u32, u64);

        int probe(struct pt_regs *ctx) {
            u32 key = 1;
            // What a member holds is not followed before the kernel does.
            struct { u64 *count; } found = { counts.lookup(&key) };
            return *found.count; // here: unchecked
        }
    }

    #[test]
    #[ignore = "needs root"]
    fn a_verifier_rejection_points_to_the_rust_file() {
        let error = unchecked::load().unwrap_err();
        let parts = [
            &place("unchecked"),
            "return *found.count;",
            "map_value_or_null",
            "lookup",
            "if (!",
        ];
        assert_says(&error, ErrorKind::Verifier, &parts);
        let Some(Evidence::Verifier(report)) = error.evidence() else {
            panic!("{error:?}")
        };
        assert!(format!("{report:?}").contains("probe"));
    }

    bpf_program! {
        mod unknown_tracepoint;

        TRACEPOINT_PROBE(syscalls, sys_enter_opennat) {
            return 0;
        }
    }

    #[test]
    #[ignore = "needs root"]
    fn an_unknown_tracepoint_gets_the_nearest_names() {
        let error = unknown_tracepoint::load().unwrap_err();
        let parts = ["`syscalls:sys_enter_opennat`", "sys_enter_openat"];
        assert_says(&error, ErrorKind::NotFound, &parts);
    }

    bpf_program! {
        mod plain;

        BPF_PERF_OUTPUT(events);
        BPF_HASH(small, u32, u32, 2);

        int probe(struct pt_regs *ctx) {
            u32 event = 1;
            events.perf_submit(ctx, &event, sizeof(event));
            return 0;
        }
    }

    #[test]
    #[ignore = "needs root"]
    fn wrong_page_counts_are_refused_before_anything_is_opened() {
        let mut bpf = plain::load().unwrap();
        for pages in [0, 3, usize::MAX] {
            let opts = bcc_runtime::map::PerfBufferOpts::new().pages(pages);
            let error = bpf
                .maps
                .events
                .open_perf_buffer_with_opts(opts, |_, _: &u32| {})
                .unwrap_err();
            assert_says(&error, ErrorKind::InvalidInput, &["power of two"]);
        }
        let error = bpf.perf_buffer_poll(Duration::ZERO).unwrap_err();
        assert_says(&error, ErrorKind::InvalidInput, &["open_perf_buffer"]);
    }

    #[test]
    #[ignore = "needs root"]
    fn a_full_map_names_its_size_and_the_way_out() {
        let bpf = plain::load().unwrap();
        bpf.maps.small.update(&1, &1).unwrap();
        bpf.maps.small.update(&2, &1).unwrap();
        let error = bpf.maps.small.update(&3, &1).unwrap_err();
        assert!(error.to_string().contains("`small`"), "{error}");
        assert!(format!("{error:#}").contains("max_entries"), "{error:#}");
        let larger = plain::builder().max_entries("small", 3).load().unwrap();
        for key in 1..=3 {
            larger.maps.small.update(&key, &1).unwrap();
        }
    }

    #[test]
    #[ignore = "needs root"]
    fn unknown_symbols_and_libraries_are_named() {
        let bpf = plain::load().unwrap();
        let error = bpf.progs.probe.attach_uprobe("c", "mallok").unwrap_err();
        assert_says(&error, ErrorKind::NotFound, &["`mallok`", "malloc"]);
        let error = bpf
            .progs
            .probe
            .attach_uprobe("no-such-library", "malloc")
            .unwrap_err();
        assert_says(&error, ErrorKind::NotFound, &["`no-such-library`"]);
    }

    #[test]
    #[ignore = "needs root"]
    fn a_missing_clang_is_named() {
        let error = plain::builder().clang("/no/such/clang").load().unwrap_err();
        assert_says(
            &error,
            ErrorKind::Compile,
            &["/no/such/clang", "apt-get install clang", "BCC_CLANG"],
        );
    }

    #[test]
    #[ignore = "needs root"]
    fn flags_reach_clang() {
        let error = plain::builder().cflags(["-Dprobe=@"]).load().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Compile);
    }
}
