//! Stacks, from their number to the names of their functions.

mod root {
    use bcc_runtime::map::BuildIdFrame;
    use bcc_runtime::{BuildIds, ErrorKind, Frame, SharedSymbols, Symbols, bpf_program};
    use bcc_tests::{send, thread_id};

    bpf_program! {
        mod stacks;

        const volatile u32 thread = 0;

        BPF_STACK_TRACE(plain, 4096);
        BPF_STACK_TRACE_BUILDID(by_file, 64);
        BPF_ARRAY(ids, s64, 3);

        static void note(int at, s64 id) {
            ids.update(&at, &id);
        }

        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            note(1, plain.get_stackid(args, BPF_F_USER_STACK));
            note(2, by_file.get_stackid(args, BPF_F_USER_STACK));
            return 0;
        }

        // A kernel's own stack is found here on all kernels.
        RAW_TRACEPOINT_PROBE(sys_enter) {
            if ((u32)bpf_get_current_pid_tgid() == thread && ctx->args[1] == 140)
                note(0, plain.get_stackid(ctx, 0));
            return 0;
        }
    }

    fn has(frames: &[Frame], name: &str) -> bool {
        let named = |frame: &Frame| {
            let symbol = frame.symbol.as_ref();
            symbol.is_ok_and(|symbol| symbol.name.contains(name))
        };
        frames.iter().any(named)
    }

    /// S53: a stack of the kernel, of a process and of files, from its number to names.
    #[test]
    #[ignore = "needs root"]
    fn s53_stacks_walked_to_names() {
        let thread = thread_id();
        let bpf = stacks::builder()
            .consts(move |consts| consts.thread = thread)
            .load()
            .unwrap();
        send(1);
        let id = |at| i32::try_from(bpf.maps.ids.get(at).unwrap()).unwrap();
        let symbols = Symbols::new();
        let (plain, by_file) = (&bpf.maps.plain, &bpf.maps.by_file);

        let frames = plain.walk_kernel(id(0), &symbols).unwrap();
        let addresses: Vec<u64> = frames.iter().map(|frame| frame.address).collect();
        assert_eq!(plain.walk(id(0)).unwrap(), addresses);
        assert!(has(&frames, "syscall"), "{frames:?}");

        let process = std::process::id();
        let frames = plain.walk_process(id(1), process, &symbols).unwrap();
        assert!(has(&frames, "thread_start"), "{frames:?}");

        // In another thread, by what threads can share.
        let shared = SharedSymbols::new().unwrap();
        let (own, of_process) = (shared.clone(), frames);
        let (map, at) = (plain.clone(), id(1));
        let walk = move || map.walk_process(at, process, &own).unwrap();
        assert_eq!(std::thread::spawn(walk).join().unwrap(), of_process);
        let of_kernel = plain.walk_kernel(id(0), &symbols).unwrap();
        assert_eq!(plain.walk_kernel(id(0), &shared).unwrap(), of_kernel);
        let address = shared.kernel_address("vfs_read").unwrap();
        assert_eq!(symbols.kernel_address("vfs_read").unwrap(), address);

        // Build ids hold without the process.
        let mut files = BuildIds::new();
        files.add_process(process).unwrap();
        let frames = by_file.walk_files(id(2), &files, &symbols).unwrap();
        assert_eq!(by_file.walk_files(id(2), &files, &shared).unwrap(), frames);
        assert!(has(&frames, "thread_start"), "{frames:?}");
        let raw = by_file.walk(id(2)).unwrap();
        let Some(BuildIdFrame::File { build_id, offset }) = raw.first() else {
            panic!("{raw:?}");
        };
        assert_eq!(frames[0].address, *offset);
        assert!(files.file(build_id).unwrap().is_file());
        let unknown = by_file.walk_files(id(2), &BuildIds::new(), &symbols);
        let unknown = unknown.unwrap();
        let reason = unknown[0].symbol.as_ref().unwrap_err().to_string();
        assert!(reason.starts_with("no file has the build id "), "{reason}");
    }

    /// S19: what `get_stackid` failed with is named, with what to do; a stack that went says so.
    #[test]
    #[ignore = "needs root"]
    fn s19_no_stack() {
        let thread = thread_id();
        let bpf = stacks::builder()
            .consts(move |consts| consts.thread = thread)
            .load()
            .unwrap();
        let plain = &bpf.maps.plain;
        let error = plain.walk(-17).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let expected = "-17 is no stack of map `plain`: `get_stackid` failed: -EEXIST, another \
                        stack has its place among the 4096; make the map larger with \
                        `.max_entries(\"plain\", n)` of the builder, or pass `BPF_F_REUSE_STACKID` \
                        to replace the other stack";
        assert_eq!(error.to_string(), expected);
        let error = bpf.maps.by_file.walk(-14).unwrap_err();
        assert!(error.to_string().contains("failed: -EFAULT, "), "{error}");

        assert_eq!(plain.ids().unwrap(), []);
        send(1);
        send(1);
        let mut ids = plain.ids().unwrap();
        assert!(ids.len() >= 2, "{ids:?}");
        let id = ids.pop().unwrap();
        assert!(!plain.walk(id).unwrap().is_empty());
        plain.clear().unwrap();
        bpf.maps.by_file.clear().unwrap();
        assert_eq!(plain.ids().unwrap(), []);
        assert_eq!(bpf.maps.by_file.ids().unwrap(), []);
        let error = plain.walk(id).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        let expected = format!("map `plain` has no stack {id}; it was never there");
        assert!(error.to_string().starts_with(&expected), "{error}");
    }
}
