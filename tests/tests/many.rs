//! Probes by regular expression: S49, J8.

mod root {
    use bcc_runtime::attach::{
        RegexOpts, get_kprobe_functions, get_tracepoints, get_user_addresses, get_user_functions,
        tracepoint_exists,
    };
    use bcc_runtime::{ErrorKind, bpf_program};
    use bcc_tests::{needs, send, thread_id};
    use std::path::{Path, PathBuf};
    use std::process::Command;
    use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
    use std::{fs, io};

    bpf_program! {
        mod counts;

        const volatile u32 thread = 0;
        BPF_HASH(hits, u32, u64);
        BPF_HASH(returns, u32, s64);

        int count(void *ctx) {
            u32 slot = 0;
            if ((u32)bpf_get_current_pid_tgid() == thread)
                hits.increment(slot);
            return 0;
        }

        int on_return(struct pt_regs *ctx) {
            u32 slot = 0;
            s64 result = PT_REGS_RC(ctx);
            if ((u32)bpf_get_current_pid_tgid() == thread)
                returns.update(&slot, &result);
            return 0;
        }
    }

    fn load() -> counts::Bpf {
        let thread = thread_id();
        counts::builder()
            .consts(move |consts| consts.thread = thread)
            .load()
            .unwrap()
    }

    fn hits(bpf: &counts::Bpf) -> u64 {
        bpf.maps.hits.get(&0).unwrap().unwrap_or_default()
    }

    /// Held by tests that attach to functions of files, since one of them counts links.
    fn alone() -> MutexGuard<'static, ()> {
        static ATTACHING: Mutex<()> = Mutex::new(());
        ATTACHING.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Links of this process to many functions at once: of the kernel (`'k'`) or of files (`'u'`).
    /// Their type is `kprobe_multi` or, for returns and on some kernels, `kretprobe_multi`.
    fn multi_links(kind: char) -> usize {
        let infos = fs::read_dir("/proc/self/fdinfo").unwrap();
        let infos = infos.filter_map(|info| fs::read_to_string(info.unwrap().path()).ok());
        let is_multi = |info: &String| {
            let mut types = info
                .lines()
                .filter_map(|line| line.strip_prefix("link_type:"));
            types.any(|name| name.trim().starts_with(kind) && name.ends_with("probe_multi"))
        };
        infos.filter(is_multi).count()
    }

    /// Whether the kernel has a function.
    fn kernel_has(function: &str) -> bool {
        let symbols = fs::read_to_string("/proc/kallsyms").unwrap();
        let named = format!(" {function}");
        symbols.lines().any(|line| line.ends_with(&named))
    }

    /// S49, G30: entries and returns of all functions that match; they are counted, and gone when
    /// they are detached.
    #[test]
    #[ignore = "needs root"]
    fn s49_g30_kprobes_by_expression() {
        let mut bpf = load();
        let attached = bpf.attach_kprobe_regex("vfs_(read|write|getattr)", "count");
        let Some(attached) = needs::with_kprobes(attached) else {
            return;
        };
        attached.unwrap();
        let target = "3 kernel functions that match `vfs_(read|write|getattr)`";
        assert_eq!(bpf.links()[0].target(), target);
        assert_eq!(bpf.num_open_kprobes(), 3);
        let at_once = kernel_has("register_fprobe_ips");
        assert_eq!(multi_links('k'), usize::from(at_once));
        let text = fs::read("/proc/self/comm").unwrap();
        let entered = hits(&bpf);
        assert!(entered >= 2, "{entered}");
        bpf.attach_kretprobe_regex("vfs_rea[d]", "on_return")
            .unwrap();
        assert_eq!(bpf.num_open_kprobes(), 4);
        let read = io::Read::read(
            &mut fs::File::open("/proc/self/comm").unwrap(),
            &mut [0; 64],
        );
        assert_eq!(read.unwrap(), text.len());
        let length = i64::try_from(text.len()).unwrap();
        assert_eq!(bpf.maps.returns.get(&0).unwrap(), Some(length));
        assert_eq!(bpf.detach(|_| true), 2);
        assert_eq!(bpf.num_open_kprobes(), 0);
        let entered = hits(&bpf);
        fs::read("/proc/self/comm").unwrap();
        assert_eq!(hits(&bpf), entered);
    }

    /// S49: the whole name must match; too many are an error, and so is no match.
    #[test]
    #[ignore = "needs root"]
    fn s49_expressions_without_an_answer() {
        let bpf = load();
        let opts = RegexOpts::new();
        let attach = |expression| bpf.progs.count.attach_kprobe_regex(expression, &opts);
        let error = attach("vfs_(").unwrap_err();
        assert_eq!(error.to_string(), "`vfs_(` is no regular expression");
        let Some(attempt) = needs::with_kprobes(attach("vfs_rea")) else {
            return;
        };
        let error = attempt.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        let expected = "no kernel functions that can be probed match `vfs_rea`";
        assert_eq!(error.to_string(), expected);
        let error = attach(".*").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let text = error.to_string();
        assert!(text.contains("match `.*`, and 1000 is the limit"), "{text}");
    }

    /// J8, S49: which functions there are, without those that cannot be probed.
    #[test]
    #[ignore = "needs root"]
    fn j8_s49_lists_of_functions() {
        let functions = get_kprobe_functions("(vfs|perf)_(read|event_read).*").unwrap();
        assert!(functions.contains(&"vfs_read".to_owned()), "{functions:?}");
        assert!(
            functions.iter().all(|name| name.starts_with("vfs_")),
            "{functions:?}"
        );
        assert!(functions.is_sorted());
        assert_eq!(get_kprobe_functions("fs_read").unwrap(), [""; 0]);

        let names = get_user_functions("c", "getp(id|pid)$").unwrap();
        assert_eq!(names, ["getpid", "getppid"]);
        assert_eq!(get_user_addresses("c", "getp(id|pid)$").unwrap().len(), 2);
        let error = get_user_functions("nosuchlib", "x").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);

        let tracepoints = get_tracepoints("syscalls:sys_enter_getpr").unwrap();
        assert_eq!(tracepoints, ["syscalls:sys_enter_getpriority"]);
        assert!(tracepoint_exists("sched", "sched_switch").unwrap());
        assert!(!tracepoint_exists("sched", "sched_swich").unwrap());
    }

    /// S49: tracepoints, by the start of their names.
    #[test]
    #[ignore = "needs root"]
    fn s49_tracepoints_by_expression() {
        let mut bpf = load();
        let expression = "syscalls:sys_(enter|exit)_getpri";
        bpf.attach_tracepoint_regex(expression, "count").unwrap();
        send(1);
        assert_eq!(hits(&bpf), 2);
        let one = RegexOpts::new().limit(1);
        let attempt = bpf.progs.count.attach_tracepoint_regex(expression, &one);
        let text = attempt.unwrap_err().to_string();
        assert!(text.starts_with("2 tracepoints match"), "{text}");
        let error = bpf.attach_tracepoint_regex("getpri", "count").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }

    /// A library with functions to find, and one that is nowhere in the file.
    static LIBRARY: LazyLock<PathBuf> = LazyLock::new(|| {
        const SOURCE: &str = "
            int bcc_test_one(int n) { return n + 1; }
            int bcc_test_two(int n) { return n + 2; }
            int also_two(int n) __attribute__((alias(\"bcc_test_two\")));
            __asm__(\".globl bcc_test_nowhere\\n.type bcc_test_nowhere, @function\\n\"
                    \".set bcc_test_nowhere, 0x7000000\\n\");";
        let directory =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("many-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let (source, library) = (
            directory.join("functions.c"),
            directory.join("functions.so"),
        );
        fs::write(&source, SOURCE).unwrap();
        let mut command = Command::new("cc");
        command
            .args(["-O1", "-shared", "-fPIC", "-o"])
            .arg(&library)
            .arg(&source);
        assert!(command.status().unwrap().success(), "{command:?}");
        library
    });

    /// S49: functions of a library; one that cannot be probed is left out, unless it is the only
    /// one. Two names of one place are one probe.
    #[test]
    #[ignore = "needs root"]
    fn s49_uprobes_by_expression() {
        let _alone = alone();
        let bpf = load();
        let attach = |expression| {
            let opts = RegexOpts::new();
            bpf.progs
                .count
                .attach_uprobe_regex(&*LIBRARY, expression, &opts)
        };
        let link = attach("(bcc_test|also)_").unwrap();
        let expected = format!(
            "2 functions of `{}` that match `(bcc_test|also)_`, without 1 more",
            LIBRARY.display()
        );
        assert_eq!(link.target(), expected);
        let error = attach("bcc_test_no").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Attach);
        let text = error.to_string();
        assert!(
            text.ends_with("; the first is `bcc_test_nowhere`"),
            "{text}"
        );
        assert_eq!(attach("test_one").unwrap_err().kind(), ErrorKind::NotFound);
    }

    /// K5: many functions of a file are one link where the kernel can do that: for all processes
    /// since Linux 6.6, for one since 6.10.
    #[test]
    #[ignore = "needs root"]
    fn k5_uprobes_by_expression_at_once() {
        let _alone = alone();
        let bpf = load();
        let opts = RegexOpts::new();
        let (count, on_return) = (&bpf.progs.count, &bpf.progs.on_return);
        let entries = count
            .attach_uprobe_regex("c", "getp(pid|gid)$", &opts)
            .unwrap();
        let returns = on_return
            .attach_uretprobe_regex("c", "getppid$", &opts)
            .unwrap();
        let at_once = kernel_has("bpf_uprobe_multi_link_attach");
        assert_eq!(multi_links('u'), 2 * usize::from(at_once));
        let parent = i64::from(std::hint::black_box(std::os::unix::process::parent_id()));
        assert_eq!(hits(&bpf), 1);
        assert_eq!(bpf.maps.returns.get(&0).unwrap(), Some(parent));
        drop((entries, returns));
        assert_eq!(multi_links('u'), 0);
        std::hint::black_box(std::os::unix::process::parent_id());
        assert_eq!(hits(&bpf), 1);
    }

    /// K5: a function that the dynamic linker chose for this machine is the one that runs, among
    /// many as well.
    #[test]
    #[ignore = "needs root"]
    fn k5_chosen_functions_by_expression() {
        let _alone = alone();
        let bpf = load();
        let opts = RegexOpts::new().pid(std::process::id());
        let on_return = &bpf.progs.on_return;
        let link = on_return
            .attach_uretprobe_regex("c", "(strnlen|getppid)$", &opts)
            .unwrap();
        let text = std::hint::black_box(c"seven c");
        // SAFETY: a C string of seven characters.
        let length = unsafe { libc::strnlen(text.as_ptr(), 100) };
        drop(link);
        assert_eq!(length, 7);
        assert_eq!(bpf.maps.returns.get(&0).unwrap(), Some(7));
    }

    /// S49: entries and returns of functions that this thread calls.
    #[test]
    #[ignore = "needs root"]
    fn s49_uprobes_by_expression_run() {
        let _alone = alone();
        let bpf = load();
        let opts = RegexOpts::new().pid(std::process::id());
        let own = "/proc/self/exe";
        let count = &bpf.progs.count;
        let _entries = count
            .attach_uprobe_regex(own, "bcc_many_(one|two)$", &opts)
            .unwrap();
        let on_return = &bpf.progs.on_return;
        let _returns = on_return
            .attach_uretprobe_regex(own, "bcc_many_two$", &opts)
            .unwrap();
        let called = std::hint::black_box(bcc_many_two(bcc_many_one(40)));
        assert_eq!(called, 42 + 1);
        assert_eq!(hits(&bpf), 2);
        assert_eq!(bpf.maps.returns.get(&0).unwrap(), Some(43));
    }

    #[unsafe(no_mangle)]
    #[inline(never)]
    extern "C" fn bcc_many_one(number: i64) -> i64 {
        std::hint::black_box(number + 1)
    }

    #[unsafe(no_mangle)]
    #[inline(never)]
    extern "C" fn bcc_many_two(number: i64) -> i64 {
        std::hint::black_box(number + 2)
    }
}
