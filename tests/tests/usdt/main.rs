//! USDT probes, on the running kernel: S39.
//!
//! The tests compile a program with probes of all sorts, `target.c`, and watch it.

mod root {
    use bcc_runtime::attach::{Usdt, UsdtOpts};
    use bcc_runtime::{Error, ErrorKind, bpf_program};
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::path::{Path, PathBuf};
    use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
    use std::sync::LazyLock;

    /// The compiled program; its library is next to it.
    static TARGET: LazyLock<PathBuf> = LazyLock::new(|| {
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/usdt/target.c");
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("usdt");
        std::fs::create_dir_all(&directory).unwrap();
        let (target, library) = (directory.join("target"), directory.join(LIBRARY));
        let compile = |arguments: &[&str], output: &Path| {
            let mut command = Command::new("cc");
            command.args(["-O1", "-o"]).arg(output).arg(source);
            let status = command.args(arguments).status().unwrap();
            assert!(status.success(), "{command:?}");
        };
        compile(&["-DLIBRARY", "-shared", "-fPIC"], &library);
        let path = format!("-Wl,-rpath,{}", directory.display());
        compile(&[library.to_str().unwrap(), &path], &target);
        target
    });

    const LIBRARY: &str = "libbcc_usdt_test.so";
    /// The second argument of `usdt_test:places`.
    const STACK: i64 = 3_000_000_000;

    /// The running program; dropping it ends it.
    struct Target {
        process: Child,
        input: ChildStdin,
        output: BufReader<ChildStdout>,
    }

    impl Target {
        fn start() -> Self {
            Self::run(&mut Command::new(&*TARGET))
        }

        fn run(command: &mut Command) -> Self {
            let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
            let mut process = command.spawn().unwrap();
            let mut target = Self {
                input: process.stdin.take().unwrap(),
                output: BufReader::new(process.stdout.take().unwrap()),
                process,
            };
            // Before that, its files need not be mapped.
            assert_eq!(target.answer(), "ready");
            target
        }

        fn pid(&self) -> u32 {
            self.process.id()
        }

        /// Makes it pass all its probes once, and returns what it answers.
        fn pass(&mut self) -> String {
            self.input.write_all(b"\n").unwrap();
            self.answer()
        }

        fn answer(&mut self) -> String {
            let mut answer = String::new();
            self.output.read_line(&mut answer).unwrap();
            answer.trim_end().to_owned()
        }
    }

    impl Drop for Target {
        fn drop(&mut self) {
            // It may have ended by itself.
            let _ended = self.process.kill();
            let _status = self.process.wait();
        }
    }

    bpf_program! {
        mod numbers;

        struct numbers_t {
            u8 a; s8 b; u16 c; s16 d; u32 e; s32 f; u64 g; s64 h;
            u64 unsigned_wide[8];
            s64 signed_wide[8];
            u8 low;
            s64 missing;
            u64 missing_value;
        };
        BPF_ARRAY(seen, struct numbers_t, 1);

        int on_numbers(struct pt_regs *ctx) {
            int zero = 0;
            struct numbers_t *n = seen.lookup(&zero);
            if (!n)
                return 0;
            bpf_usdt_readarg(1, ctx, &n->a);
            bpf_usdt_readarg(2, ctx, &n->b);
            bpf_usdt_readarg(3, ctx, &n->c);
            bpf_usdt_readarg(4, ctx, &n->d);
            bpf_usdt_readarg(5, ctx, &n->e);
            bpf_usdt_readarg(6, ctx, &n->f);
            bpf_usdt_readarg(7, ctx, &n->g);
            bpf_usdt_readarg(8, ctx, &n->h);
            bpf_usdt_readarg(1, ctx, &n->unsigned_wide[0]);
            bpf_usdt_readarg(2, ctx, &n->unsigned_wide[1]);
            bpf_usdt_readarg(3, ctx, &n->unsigned_wide[2]);
            bpf_usdt_readarg(4, ctx, &n->unsigned_wide[3]);
            bpf_usdt_readarg(5, ctx, &n->unsigned_wide[4]);
            bpf_usdt_readarg(6, ctx, &n->unsigned_wide[5]);
            bpf_usdt_readarg(7, ctx, &n->unsigned_wide[6]);
            bpf_usdt_readarg(8, ctx, &n->unsigned_wide[7]);
            bpf_usdt_readarg(1, ctx, &n->signed_wide[0]);
            bpf_usdt_readarg(2, ctx, &n->signed_wide[1]);
            bpf_usdt_readarg(3, ctx, &n->signed_wide[2]);
            bpf_usdt_readarg(4, ctx, &n->signed_wide[3]);
            bpf_usdt_readarg(5, ctx, &n->signed_wide[4]);
            bpf_usdt_readarg(6, ctx, &n->signed_wide[5]);
            bpf_usdt_readarg(7, ctx, &n->signed_wide[6]);
            bpf_usdt_readarg(8, ctx, &n->signed_wide[7]);
            bpf_usdt_readarg(7, ctx, &n->low);
            n->missing_value = 1;
            n->missing = bpf_usdt_readarg(9, ctx, &n->missing_value);
            return 0;
        }
    }

    /// S39: each width and sign, into its own type and into eight bytes. bcc leaves the variable
    /// alone where its size is not the argument's.
    #[test]
    #[ignore = "needs root"]
    fn s39_usdt_arguments_convert_to_the_declared_type() {
        let bpf = numbers::load().unwrap();
        let mut target = Target::start();
        let link = bpf
            .progs
            .on_numbers
            .attach_usdt(&*TARGET, "usdt_test:numbers")
            .unwrap();
        assert_eq!(
            link.target(),
            format!("USDT probe `usdt_test:numbers` in `{}`", TARGET.display())
        );
        target.pass();
        let n = bpf.maps.seen.get(0).unwrap();
        assert_eq!((n.a, n.b, n.c, n.d), (200, -3, 60000, -1234));
        assert_eq!((n.e, n.f), (4_000_000_000, -5));
        assert_eq!((n.g, n.h), (0x1122_3344_5566_7788, -7));
        let wide = [
            200,
            -3,
            60000,
            -1234,
            4_000_000_000,
            -5,
            0x1122_3344_5566_7788,
            -7,
        ];
        assert_eq!(n.signed_wide, wide);
        assert_eq!(n.unsigned_wide, wide.map(i64::cast_unsigned));
        assert_eq!(n.low, 0x88);
        assert_eq!((n.missing, n.missing_value), (-2, 0));
    }

    bpf_program! {
        mod places;

        struct places_t { u64 element; u32 stack; s32 negative; s64 constant; u8 small; s32 count; };
        BPF_ARRAY(seen, struct places_t, 1);

        int on_places(struct pt_regs *ctx) {
            int zero = 0;
            struct places_t p = {};
            bpf_usdt_readarg(1, ctx, &p.element);
            bpf_usdt_readarg(2, ctx, &p.stack);
            bpf_usdt_readarg(3, ctx, &p.negative);
            bpf_usdt_readarg(4, ctx, &p.constant);
            bpf_usdt_readarg(5, ctx, &p.small);
            p.count = bpf_usdt_arg_cnt(ctx);
            seen.update(&zero, &p);
            return 0;
        }
    }

    /// S39: arguments in memory, in an array and in the note itself.
    #[test]
    #[ignore = "needs root"]
    fn s39_usdt_arguments_in_memory_and_constants() {
        let bpf = places::load().unwrap();
        let mut target = Target::start();
        // The text names the probe alone: only one provider has it.
        let _link = bpf.progs.on_places.attach_usdt(&*TARGET, "places").unwrap();
        target.pass();
        let p = bpf.maps.seen.get(0).unwrap();
        assert_eq!((i64::from(p.stack), p.negative), (STACK, -2));
        assert_eq!((p.element, p.constant), (0xfedc_ba98_7654_3210, -9));
        assert_eq!((p.small, p.count), (7, 5));
    }

    bpf_program! {
        mod texts;

        struct request { char path[24]; int method; };
        struct request_t { char path[24]; char copied[24]; int method; int through; s64 failed; u64 none; };
        BPF_PERF_OUTPUT(events);

        int on_request(struct pt_regs *ctx) {
            struct request_t event = {};
            struct request *request;
            event.none = 1;
            bpf_usdt_readarg_p(1, ctx, &event.path, sizeof(event.path));
            bpf_usdt_readarg(1, ctx, &request);
            bpf_probe_read_user_str(event.copied, sizeof(event.copied), request->path);
            event.through = request->method;
            bpf_usdt_readarg(2, ctx, &event.method);
            event.failed = bpf_usdt_readarg_p(3, ctx, &event.none, sizeof(event.none));
            events.perf_submit(ctx, &event, sizeof(event));
            return 0;
        }
    }

    /// S39: memory of the process through `bpf_usdt_readarg_p`, and through a pointer that is
    /// followed like others.
    #[test]
    #[ignore = "needs root"]
    fn s39_usdt_texts_and_structs_of_the_process() {
        let mut bpf = texts::load().unwrap();
        let mut target = Target::start();
        bpf.attach_usdt(&*TARGET, "usdt_test:request", "on_request")
            .unwrap();
        let (sender, receiver) = std::sync::mpsc::channel();
        bpf.maps
            .events
            .open_perf_buffer(move |_, event: &texts::RequestT| sender.send(*event).unwrap())
            .unwrap();
        target.pass();
        bpf.perf_buffer_poll(std::time::Duration::from_secs(5))
            .unwrap();
        let event = receiver.try_recv().unwrap();
        assert_eq!(event.path.to_str(), Ok("/index.html"));
        assert_eq!(event.copied.to_str(), Ok("/index.html"));
        assert_eq!((event.method, event.through), (3, 3));
        assert_eq!((event.failed, event.none), (-2, 0));
    }

    bpf_program! {
        mod sums;

        BPF_HASH(sums, u64, s64);
        BPF_HASH(results, u64, s64);

        static void add(struct pt_regs *ctx, s64 number) {
            u64 cookie = bpf_usdt_cookie(ctx);
            s64 zero = 0;
            s64 *sum = sums.lookup_or_try_init(&cookie, &zero);
            if (sum)
                lock_xadd(sum, number);
        }

        int on_last(struct pt_regs *ctx) {
            s64 first = 0, second = 0;
            bpf_usdt_readarg(1, ctx, &first);
            u64 place = bpf_usdt_readarg(2, ctx, &second) ? 1 : 2;
            add(ctx, place == 1 ? first : second);
            return 0;
        }

        int anywhere(void *ctx) {
            s64 number = 0;
            u64 key = 0;
            s64 result = bpf_usdt_readarg(1, ctx, &number);
            results.update(&key, &result);
            return 0;
        }
    }

    /// S39: two places of one probe with other arguments, and other probes of other arguments, run
    /// one function; the cookie tells the probes apart.
    #[test]
    #[ignore = "needs root"]
    fn s39_one_function_at_several_probes() {
        let bpf = sums::load().unwrap();
        let mut target = Target::start();
        let attach = |binary: &Path, probe, cookie| {
            let opts = UsdtOpts::new().cookie(cookie);
            bpf.progs
                .on_last
                .attach_usdt_with_opts(binary, probe, &opts)
                .unwrap()
        };
        let library = TARGET.with_file_name(LIBRARY);
        let twice = attach(&TARGET, "twice", 1);
        let _places = attach(&TARGET, "places", 2);
        let _ping = attach(&library, "usdt_library:ping", 3);
        let sum = |cookie: u64| bpf.maps.sums.get(&cookie).unwrap();
        target.pass();
        assert_eq!((sum(1), sum(2), sum(3)), (Some(1), Some(STACK), Some(-21)));
        // The numbers of lists that are free again are used again.
        drop(twice);
        let _numbers = attach(&TARGET, "numbers", 4);
        target.pass();
        assert_eq!(
            (sum(1), sum(2), sum(3)),
            (Some(1), Some(2 * STACK), Some(-42))
        );
        assert_eq!(sum(4), Some(-3));
    }

    /// S39: a link lives on when the program that made it is gone, and on any thread.
    #[test]
    #[ignore = "needs root"]
    fn s39_links_outlive_their_program() {
        let mut target = Target::start();
        let bpf = sums::load().unwrap();
        let link = bpf.progs.on_last.attach_usdt(&*TARGET, "twice").unwrap();
        let sums = bpf.maps.sums.clone();
        drop(bpf);
        target.pass();
        assert_eq!(sums.get(&0).unwrap(), Some(1));
        std::thread::spawn(move || link.detach()).join().unwrap();
        target.pass();
        assert_eq!(sums.get(&0).unwrap(), Some(1));
    }

    /// S39: on a plain uprobe there are no arguments, which the program hears.
    #[test]
    #[ignore = "needs root"]
    fn s39_no_arguments_on_a_uprobe() {
        let bpf = sums::load().unwrap();
        let mut target = Target::start();
        // Takes the first list of arguments, which the uprobe must not use.
        let _twice = bpf.progs.on_last.attach_usdt(&*TARGET, "twice").unwrap();
        let library = TARGET.with_file_name(LIBRARY);
        let uprobe = bpf
            .progs
            .anywhere
            .attach_uprobe(&library, "pass_library")
            .unwrap();
        target.pass();
        assert_eq!(bpf.maps.results.get(&0).unwrap(), Some(-3));
        drop(uprobe);
        let _usdt = bpf.progs.anywhere.attach_usdt(&*TARGET, "twice").unwrap();
        target.pass();
        assert_eq!(bpf.maps.results.get(&0).unwrap(), Some(0));
    }

    bpf_program! {
        mod counts;

        BPF_HASH(counts, u32, u64);

        int count(struct pt_regs *ctx) {
            counts.increment(bpf_get_current_pid_tgid() >> 32);
            return 0;
        }
    }

    bpf_program! {
        mod guarded;

        BPF_HASH(seen, u32, u32);

        int on_guarded(struct pt_regs *ctx) {
            u32 pid = bpf_get_current_pid_tgid() >> 32, number = 0;
            bpf_usdt_readarg(1, ctx, &number);
            seen.update(&pid, &number);
            return 0;
        }
    }

    /// S39: a probe behind a semaphore fires only while somebody is attached, of which the kernel
    /// keeps count; with arguments and without.
    #[test]
    #[ignore = "needs root"]
    fn s39_semaphores() {
        let mut target = Target::start();
        let pid = target.pid();
        assert_eq!(target.pass(), "0");
        let bpf = guarded::load().unwrap();
        let link = bpf
            .progs
            .on_guarded
            .attach_usdt(&*TARGET, "guarded")
            .unwrap();
        assert_eq!(target.pass(), "1");
        assert_eq!(bpf.maps.seen.get(&pid).unwrap(), Some(77));

        let other = counts::load().unwrap();
        let counting = other
            .progs
            .count
            .attach_usdt_by_pid(pid, "guarded")
            .unwrap();
        assert_eq!(target.pass(), "1");
        assert_eq!(other.maps.counts.get(&pid).unwrap(), Some(1));
        drop((link, counting));
        assert_eq!(target.pass(), "0");
        assert_eq!(other.maps.counts.get(&pid).unwrap(), Some(1));
    }

    /// S39: only one process, of its binary or its library, given by pid alone or with the file;
    /// with and without arguments.
    #[test]
    #[ignore = "needs root"]
    fn s39_one_process_only() {
        let (mut wanted, mut other) = (Target::start(), Target::start());
        let bpf = counts::load().unwrap();
        let sums = sums::load().unwrap();
        let opts = UsdtOpts::new().pid(wanted.pid());
        let count = &bpf.progs.count;
        let _ping = count
            .attach_usdt_by_pid(wanted.pid(), "usdt_library:ping")
            .unwrap();
        let _twice = count
            .attach_usdt_with_opts(&*TARGET, "twice", &opts)
            .unwrap();
        let library = TARGET.with_file_name(LIBRARY);
        let on_last = &sums.progs.on_last;
        let _sum = on_last
            .attach_usdt_with_opts(library, "ping", &opts)
            .unwrap();
        wanted.pass();
        other.pass();
        assert_eq!(bpf.maps.counts.get(&wanted.pid()).unwrap(), Some(3));
        assert_eq!(bpf.maps.counts.get(&other.pid()).unwrap(), None);
        assert_eq!(sums.maps.sums.get(&0).unwrap(), Some(-21));
    }

    /// J16, G5, G11: probes of a file and of a process, enabled before the program is loaded or
    /// attached after.
    #[test]
    #[ignore = "needs root"]
    fn j16_probes_are_listed_and_enabled() {
        let mut target = Target::start();
        let mut usdt = Usdt::from_pid(target.pid()).unwrap();
        let names: Vec<_> = usdt.probes().iter().map(ToString::to_string).collect();
        for name in [
            "usdt_test:numbers",
            "usdt_other:shared",
            "usdt_library:ping",
        ] {
            assert!(names.contains(&name.to_owned()), "{names:?}");
        }
        let [twice] = &usdt.find("twice").unwrap()[..] else {
            panic!("{names:?}");
        };
        assert_eq!((twice.provider(), twice.name()), ("usdt_test", "twice"));
        assert!(twice.path().ends_with("usdt/target"), "{:?}", twice.path());
        let types = twice.locations().iter().map(|place| {
            let types = place
                .arguments()
                .iter()
                .map(|argument| argument.ctype().unwrap());
            types.collect::<Vec<_>>()
        });
        let types: Vec<_> = types.collect();
        assert_eq!(types, [vec!["int32_t"], vec!["uint8_t", "uint64_t"]]);
        assert!(!twice.has_semaphore());
        assert!(usdt.find("guarded").unwrap()[0].has_semaphore());

        usdt.enable_probe("usdt_test:twice", "count").unwrap();
        usdt.enable_probe("ping", "count").unwrap();
        let bpf = counts::builder().usdt(usdt.clone()).load().unwrap();
        target.pass();
        assert_eq!(bpf.maps.counts.get(&target.pid()).unwrap(), Some(3));
        assert_eq!(bpf.links().len(), 2);
        let mut later = counts::load().unwrap();
        later.attach_usdts(&usdt).unwrap();
        target.pass();
        assert_eq!(later.maps.counts.get(&target.pid()).unwrap(), Some(3));

        let probe = &Usdt::from_path(&*TARGET).unwrap().find("numbers").unwrap()[0];
        let later = counts::load().unwrap();
        let opts = UsdtOpts::new();
        let _link = later.progs.count.attach_usdt_probe(probe, &opts).unwrap();
        target.pass();
        assert_eq!(later.maps.counts.get(&target.pid()).unwrap(), Some(1));
    }

    /// A probe, a provider, a process, a list of probes that does not exist.
    #[test]
    #[ignore = "needs root"]
    fn s39_what_cannot_be_attached() {
        let bpf = sums::load().unwrap();
        let target = Target::start();
        let attach = |probe| bpf.progs.on_last.attach_usdt(&*TARGET, probe);
        let check = |error: Error, kind, text: &str| {
            assert_eq!(error.kind(), kind, "{error}");
            assert!(error.to_string().contains(text), "{error}");
        };
        let place = TARGET.display();
        check(
            attach("usdt_test:nunbers").unwrap_err(),
            ErrorKind::NotFound,
            &format!(
                "`{place}` has no USDT probe `usdt_test:nunbers`; nearest names: \
                 `usdt_test:numbers`"
            ),
        );
        check(
            attach("shared").unwrap_err(),
            ErrorKind::InvalidInput,
            "several providers have a probe `shared`; write `usdt_other:shared` or \
             `usdt_test:shared`",
        );
        check(
            bpf.progs
                .on_last
                .attach_usdt("/proc/self/exe", "x:y")
                .unwrap_err(),
            ErrorKind::NotFound,
            "`/proc/self/exe` has no USDT probes (no section `.note.stapsdt`)",
        );
        check(
            bpf.progs
                .on_last
                .attach_usdt("/no/such/file", "x:y")
                .unwrap_err(),
            ErrorKind::NotFound,
            "there is no file `/no/such/file`",
        );
        check(
            bpf.progs.on_last.attach_usdt_by_pid(0, "x:y").unwrap_err(),
            ErrorKind::NotFound,
            "there is no process 0",
        );
        let error = bpf
            .progs
            .on_last
            .attach_usdt_by_pid(target.pid(), "pong")
            .unwrap_err();
        let text = format!(
            "what process {} has mapped has no USDT probe `pong`; nearest names: `ping`",
            target.pid()
        );
        check(error, ErrorKind::NotFound, &text);
        let error = Usdt::from_path(&*TARGET)
            .unwrap()
            .enable_probe("x:y", "on_last");
        check(
            error.unwrap_err(),
            ErrorKind::NotFound,
            "no USDT probe `x:y`",
        );
    }

    /// S39: more lists of arguments than there is room for, and the way out.
    #[test]
    #[ignore = "needs root"]
    fn s39_room_for_lists_of_arguments() {
        let load = |room| {
            let flag = format!("-DBPF_USDT_MAX_SPEC_CNT={room}");
            sums::builder().cflags([flag]).load().unwrap()
        };
        let bpf = load(1);
        let error = bpf
            .progs
            .on_last
            .attach_usdt(&*TARGET, "twice")
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Attach);
        assert!(
            error.to_string().contains("BPF_USDT_MAX_SPEC_CNT"),
            "{error:?}"
        );
        // Nothing of the failure stays.
        let _ping = bpf
            .progs
            .on_last
            .attach_usdt(TARGET.with_file_name(LIBRARY), "ping")
            .unwrap();
        let bpf = load(2);
        let _twice = bpf.progs.on_last.attach_usdt(&*TARGET, "twice").unwrap();
    }

    /// Arguments in a form that libbpf takes for another: it says so, and what needs no arguments
    /// attaches all the same.
    #[test]
    #[ignore = "needs root"]
    fn s39_arguments_that_libbpf_cannot_find() {
        let bpf = sums::load().unwrap();
        let error = bpf
            .progs
            .on_last
            .attach_usdt(&*TARGET, "strange")
            .unwrap_err();
        let text = "libbpf does not know where its arguments are (`4@name+8(%rip)`)";
        assert!(error.to_string().contains(text), "{error:?}");
        let bpf = counts::load().unwrap();
        let mut target = Target::start();
        let _link = bpf.progs.count.attach_usdt(&*TARGET, "strange").unwrap();
        target.pass();
        assert_eq!(bpf.maps.counts.get(&target.pid()).unwrap(), Some(1));
    }

    bpf_program! {
        mod collections;

        BPF_HASH(seen, u32, int);

        int on_start(struct pt_regs *ctx) {
            u32 pid = bpf_get_current_pid_tgid() >> 32;
            int generation = -1;
            bpf_usdt_readarg(1, ctx, &generation);
            seen.update(&pid, &generation);
            return 0;
        }
    }

    /// S39: a program that others built, whose probes hide behind semaphores.
    #[test]
    #[ignore = "needs root"]
    fn s39_probes_of_python() {
        const PYTHON: &str = "/usr/bin/python3";
        let has_probes = Usdt::from_path(PYTHON).is_ok_and(|usdt| usdt.find("gc__start").is_ok());
        if !has_probes {
            std::io::stderr()
                .write_all(b"needs python3 with USDT probes\n")
                .unwrap();
            return;
        }
        let code = "import gc\nprint('ready', flush=True)\n\
                    while True:\n input()\n gc.collect(1)\n print(flush=True)";
        let mut python = Target::run(Command::new(PYTHON).args(["-c", code]));
        let bpf = collections::load().unwrap();
        let _link = bpf
            .progs
            .on_start
            .attach_usdt_by_pid(python.pid(), "python:gc__start")
            .unwrap();
        python.pass();
        assert_eq!(bpf.maps.seen.get(&python.pid()).unwrap(), Some(1));
    }
}
