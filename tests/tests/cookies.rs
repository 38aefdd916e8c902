//! Options of attachments by handle and by name, and the cookies that tell attachments apart.
//!
//! On a kernel without cookies the tests check what is said about that, and do not count as having run
//! there.

mod root {
    use bcc_runtime::attach::{KprobeOpts, PerfEventOpts, RegexOpts, TracepointOpts, UprobeOpts};
    use bcc_runtime::perf_event::{Sampling, Software};
    use bcc_runtime::{Bpf, ErrorKind, Preflight, Result, bpf_program};
    use bcc_tests::{kernel_version, needs, send, thread_id};
    use std::fs;
    use std::hint::black_box;
    use std::io::{Read as _, Seek as _, SeekFrom};
    use std::time::{Duration, Instant};

    bpf_program! {
        mod counts;

        const volatile u32 thread = 0;
        BPF_HASH(hits, u64, u64);

        int count(void *ctx) {
            if ((u32)bpf_get_current_pid_tgid() == thread)
                hits.increment(bpf_get_attach_cookie(ctx));
            return 0;
        }
    }

    bpf_program! {
        mod plain;

        BPF_PERF_ARRAY(cycles, 1024);

        int nothing(void *ctx) { return 0; }

        int arguments(struct pt_regs *ctx) {
            u64 number = 0;
            bpf_usdt_readarg(1, ctx, &number);
            return 0;
        }
    }

    bpf_program! {
        mod returns;

        const volatile u32 thread = 0;
        BPF_ARRAY(runs, u64, 1);

        TRACEPOINT_PROBE(syscalls, sys_exit_ioctl) { return 0; }

        int count(struct tracepoint__syscalls__sys_exit_ioctl *ctx) {
            if ((u32)bpf_get_current_pid_tgid() == thread)
                runs.atomic_increment(0);
            return 0;
        }
    }

    const OWN: &str = "/proc/self/exe";
    const SOON: Duration = Duration::from_secs(5);

    fn has_cookies() -> bool {
        kernel_version() >= (5, 15)
    }

    /// What a load gave of a program that asks for its cookie; `None` on a kernel that has none and
    /// says so.
    fn with_cookies<T>(
        loaded: Result<T>,
        preflight: impl FnOnce() -> Result<Preflight>,
    ) -> Option<T> {
        if has_cookies() {
            return Some(loaded.unwrap());
        }
        let error = loaded.err().expect("the kernel has no such helper");
        let text = format!("{error:?}");
        assert!(
            text.contains("older than that helper; `Builder::preflight`"),
            "{text}"
        );
        let report = preflight().unwrap().to_string();
        let expected = "this kernel has no bpf_get_attach_cookie, which came with Linux 5.15";
        assert!(report.contains(expected), "{report}");
        needs::note("cookies");
        None
    }

    fn load() -> Option<counts::Bpf> {
        let thread = thread_id();
        let builder = counts::builder().consts(move |consts| consts.thread = thread);
        with_cookies(builder.load(), || counts::builder().preflight())
    }

    /// How often the program ran with each of these cookies, and with no other one.
    fn hits<const N: usize>(bpf: &counts::Bpf, cookies: [u64; N]) -> [u64; N] {
        for entry in &bpf.maps.hits {
            let (cookie, _) = entry.unwrap();
            assert!(cookies.contains(&cookie), "{cookie}");
        }
        cookies.map(|cookie| bpf.maps.hits.get(&cookie).unwrap().unwrap_or_default())
    }

    #[unsafe(no_mangle)]
    #[inline(never)]
    extern "C" fn bcc_cookie_one(number: u64) -> u64 {
        black_box(number + 1)
    }

    #[unsafe(no_mangle)]
    #[inline(never)]
    extern "C" fn bcc_cookie_two(number: u64) -> u64 {
        black_box(number + 2)
    }

    fn call_both() {
        assert_eq!(black_box(bcc_cookie_two(bcc_cookie_one(40))), 43);
    }

    /// One function at several places of a binary, by handle and by name.
    #[test]
    #[ignore = "needs root"]
    fn uprobes_have_cookies() {
        let Some(mut bpf) = load() else { return };
        let opts = |cookie| UprobeOpts::new().pid(std::process::id()).cookie(cookie);
        let (one, two) = ("bcc_cookie_one", "bcc_cookie_two");
        let by_handle = bpf
            .progs
            .count
            .attach_uprobe_with_opts(OWN, one, &opts(1))
            .unwrap();
        bpf.attach_uprobe_with_opts(OWN, two, "count", &opts(2))
            .unwrap();
        bpf.attach_uretprobe_with_opts(OWN, one, "count", &opts(u64::MAX))
            .unwrap();
        let without = UprobeOpts::new().pid(std::process::id());
        bpf.attach_uretprobe_with_opts(OWN, two, "count", &without)
            .unwrap();
        call_both();
        assert_eq!(hits(&bpf, [1, 2, u64::MAX, 0]), [1; 4]);
        by_handle.detach().unwrap();
        assert_eq!(bpf.detach(|link| link.target().contains(two)), 2);
        call_both();
        assert_eq!(hits(&bpf, [1, 2, u64::MAX, 0]), [1, 1, 2, 1]);
    }

    /// Tracepoints and counters.
    #[test]
    #[ignore = "needs root"]
    fn tracepoints_and_counters_have_cookies() {
        let Some(mut bpf) = load() else { return };
        let opts = |cookie| TracepointOpts::new().cookie(cookie);
        let (enter, exit) = (
            "syscalls:sys_enter_getpriority",
            "syscalls:sys_exit_getpriority",
        );
        let count = &bpf.progs.count;
        let _link = count.attach_tracepoint_with_opts(enter, &opts(7)).unwrap();
        bpf.attach_tracepoint_with_opts(exit, "count", &opts(8))
            .unwrap();
        send(1);
        send(2);
        assert_eq!(hits(&bpf, [7, 8]), [2, 2]);
        let this_thread = PerfEventOpts::new().pid(thread_id()).cookie(9);
        let (clock, often) = (Software::CpuClock, Sampling::Frequency(1000));
        bpf.attach_perf_event_with_opts(clock, often, "count", &this_thread)
            .unwrap();
        let end = Instant::now() + SOON;
        while hits(&bpf, [7, 8, 9])[2] == 0 {
            assert!(Instant::now() < end);
        }
    }

    /// Kernel functions and their returns, by handle and by name; a return has no offset.
    #[test]
    #[ignore = "needs root"]
    fn kprobes_have_cookies() {
        let Some(mut bpf) = load() else { return };
        let opts = |cookie| KprobeOpts::new().cookie(cookie);
        let attached = bpf.attach_kprobe_with_opts("vfs_read", "count", &opts(1));
        let Some(attached) = needs::with_kprobes(attached) else {
            return;
        };
        attached.unwrap();
        bpf.attach_kretprobe_with_opts("vfs_read", "count", &opts(2))
            .unwrap();
        let count = &bpf.progs.count;
        let _entry = count.attach_kprobe_with_opts("vfs_open", &opts(3)).unwrap();
        let _return = count
            .attach_kretprobe_with_opts("vfs_open", &opts(4))
            .unwrap();
        fs::read("/proc/self/comm").unwrap();
        let [entered, left, opened, answered] = hits(&bpf, [1, 2, 3, 4]);
        // The kernel misses returns while too many calls are under way.
        assert!((1..=entered).contains(&left), "{entered} {left}");
        assert!((1..=opened).contains(&answered), "{opened} {answered}");
        let error = count
            .attach_kretprobe_with_opts("vfs_read", &opts(5).offset(4))
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let text = error.to_string();
        assert!(
            text.starts_with("the return of `vfs_read` has no offset"),
            "{text}"
        );
    }

    /// A cookie for each name that an expression stands for: functions of a binary, in one link where
    /// the kernel can do that, and tracepoints.
    #[test]
    #[ignore = "needs root"]
    fn expressions_have_cookies_by_name() {
        let Some(mut bpf) = load() else { return };
        let numbers = RegexOpts::new().cookies(|name| match name {
            "bcc_cookie_one" => 1,
            "bcc_cookie_two" => 2,
            "syscalls:sys_enter_getpriority" => 3,
            "syscalls:sys_exit_getpriority" => 4,
            _ => 0,
        });
        let expression = "bcc_cookie_(one|two)$";
        // In all processes there is one link since Linux 6.6, in this one since 6.10.
        for opts in [numbers.clone(), numbers.clone().pid(std::process::id())] {
            bpf.attach_uprobe_regex_with_opts(OWN, expression, "count", &opts)
                .unwrap();
        }
        call_both();
        assert_eq!(hits(&bpf, [1, 2]), [2, 2]);
        bpf.attach_tracepoint_regex_with_opts(
            "syscalls:sys_(enter|exit)_getpriority",
            "count",
            &numbers,
        )
        .unwrap();
        send(1);
        assert_eq!(hits(&bpf, [1, 2, 3, 4]), [2, 2, 1, 1]);
        assert_eq!(bpf.detach(|_| true), 3);
        let same = RegexOpts::new().cookie(5).pid(std::process::id());
        bpf.attach_uretprobe_regex_with_opts(OWN, expression, "count", &same)
            .unwrap();
        call_both();
        assert_eq!(hits(&bpf, [1, 2, 3, 4, 5]), [2, 2, 1, 1, 2]);
    }

    /// A cookie for each kernel function that an expression stands for, whatever the order in which
    /// the kernel keeps them.
    #[test]
    #[ignore = "needs root"]
    fn kernel_functions_have_cookies_by_name() {
        let Some(mut bpf) = load() else { return };
        let opts = RegexOpts::new().cookies(|name| match name {
            "vfs_read" => 1,
            "vfs_open" => 2,
            "vfs_fsync_range" => 3,
            _ => 0,
        });
        let expression = "vfs_(read|open|fsync_range)";
        let attached = bpf.attach_kprobe_regex_with_opts(expression, "count", &opts);
        let Some(attached) = needs::with_kprobes(attached) else {
            return;
        };
        attached.unwrap();
        assert_eq!(bpf.num_open_kprobes(), 3);
        let mut file = fs::File::open("/proc/self/comm").unwrap();
        let opened = hits(&bpf, [1, 2]);
        for _ in 0..5 {
            file.seek(SeekFrom::Start(0)).unwrap();
            assert!(file.read(&mut [0; 4]).unwrap() > 0);
        }
        let read = hits(&bpf, [1, 2]);
        assert!(opened[1] > 0, "{opened:?}");
        assert_eq!([read[0] - opened[0], read[1] - opened[1]], [5, 0]);
        assert_eq!(bpf.detach(|_| true), 1);
        let opts = RegexOpts::new().cookies(|name| name.len() as u64 * 100);
        bpf.attach_kretprobe_regex_with_opts("vfs_rea[d]", "count", &opts)
            .unwrap();
        assert!(fs::read("/proc/self/comm").unwrap().len() > 1);
        assert!(bpf.maps.hits.get(&800).unwrap() > Some(0));
    }

    /// A text that came at run time, by name.
    #[test]
    #[ignore = "needs root"]
    fn texts_have_cookies() {
        let text = format!(
            "BPF_HASH(hits, u64, u64);
             int count(void *ctx) {{
                 if ((u32)bpf_get_current_pid_tgid() == {})
                     hits.increment(bpf_get_attach_cookie(ctx));
                 return 0;
             }}",
            thread_id()
        );
        let builder = || Bpf::builder().text(text.clone());
        let loaded = with_cookies(builder().load(), || builder().preflight());
        let Some(mut bpf) = loaded else { return };
        let opts = UprobeOpts::new().pid(std::process::id()).cookie(77);
        bpf.attach_uprobe_with_opts(OWN, "bcc_cookie_one", "count", &opts)
            .unwrap();
        call_both();
        let hits = bpf.map("hits").unwrap();
        assert_eq!(hits.get(77).unwrap(), Some(1.into()));
        let error = bpf
            .attach_uprobe_with_opts(OWN, "bcc_cookie_one", "cont", &opts)
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(
            error.to_string().contains("nearest names: `count`"),
            "{error}"
        );
    }

    /// Where there are no cookies, attaching with one says so, whatever the target; without one it
    /// works.
    #[test]
    #[ignore = "needs root"]
    fn kernels_without_cookies_say_so() {
        let bpf = plain::load().unwrap();
        let nothing = &bpf.progs.nothing;
        let own = UprobeOpts::new().pid(std::process::id());
        let own_by_name = RegexOpts::new().pid(std::process::id());
        let tracepoint = "syscalls:sys_enter_getpriority";
        let (clock, often) = (Software::CpuClock, Sampling::Frequency(10));
        let attempts = [
            nothing.attach_uprobe_with_opts(OWN, "bcc_cookie_one", &own.clone().cookie(1)),
            nothing.attach_tracepoint_with_opts(tracepoint, &TracepointOpts::new().cookie(1)),
            nothing.attach_perf_event_with_opts(clock, often, &PerfEventOpts::new().cookie(1)),
            nothing.attach_uprobe_regex(OWN, "bcc_cookie_", &own_by_name.cookie(1)),
        ];
        for attempt in attempts {
            if has_cookies() {
                attempt.unwrap().detach().unwrap();
                continue;
            }
            let error = attempt.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error:?}");
            let text = error.to_string();
            assert!(
                text.contains(
                    ": attachments have cookies since Linux 5.15; for older kernels load"
                ),
                "{text}"
            );
        }
        let without = nothing.attach_uprobe_with_opts(OWN, "bcc_cookie_one", &own);
        without.unwrap().detach().unwrap();
    }

    /// What cannot be attached does not run, not even at the end of the call that was to attach it.
    #[test]
    #[ignore = "needs root"]
    fn kernels_without_cookies_run_nothing() {
        let thread = thread_id();
        let builder = returns::builder().consts(move |consts| consts.thread = thread);
        let bpf = builder.load().unwrap();
        let opts = TracepointOpts::new().cookie(1);
        let attached = bpf
            .progs
            .count
            .attach_tracepoint_with_opts("syscalls:sys_exit_ioctl", &opts);
        assert_eq!(attached.is_ok(), has_cookies());
        // The call that enables the event is one.
        assert_eq!(bpf.maps.runs.get(0).unwrap() > 0, has_cookies());
    }

    /// What finds the arguments of USDT probes by its cookie cannot have another one, and counters that
    /// are only read have none.
    #[test]
    #[ignore = "needs root"]
    fn some_can_have_no_cookie() {
        let bpf = plain::load().unwrap();
        let opts = UprobeOpts::new().pid(std::process::id()).cookie(1);
        let one = bpf
            .progs
            .arguments
            .attach_uprobe_with_opts(OWN, "bcc_cookie_one", &opts);
        let many = RegexOpts::new().pid(std::process::id()).cookie(1);
        let many = bpf
            .progs
            .arguments
            .attach_uprobe_regex(OWN, "bcc_cookie_", &many);
        for attempt in [one, many] {
            let error = attempt.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            let text = error.to_string();
            assert!(
                text.starts_with("`arguments` reads arguments of USDT probes"),
                "{text}"
            );
        }
        let opts = PerfEventOpts::new().cookie(1);
        let error = bpf
            .maps
            .cycles
            .open_perf_event_with_opts(Software::CpuClock, &opts)
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let text = error.to_string();
        assert!(
            text.ends_with("leave out `PerfEventOpts::cookie`"),
            "{text}"
        );
    }
}
