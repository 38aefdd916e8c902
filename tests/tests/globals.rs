//! Variables at file scope, shared with programs on the running kernel.

mod root {
    use bcc_runtime::{Bpf, ErrorKind, Value, bpf_program};
    use bcc_tests::{send, thread_id};

    bpf_program! {
        mod shared;

        enum mode { OFF, ON = 3 };
        struct pair_t { u32 a; u64 b; };
        typedef struct { s16 x, y; } point_t;

        const volatile u32 thread = 0;
        const volatile enum mode mode = OFF;
        const volatile bool enabled = false;
        const volatile struct pair_t limits = { .a = 1, .b = 2 };
        const volatile u32 wanted[3] = { 1, 2, 3 };
        const volatile char label[8] = "none";
        static const volatile s64 hidden_step = 1;

        u64 counter;
        u32 started = 5;
        s8 small = -1;
        struct pair_t last;
        point_t points[2];
        char name[16];
        enum mode state = ON;
        bool flag;
        static volatile u32 polled;
        static u64 own;

        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            static u32 calls;
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            calls++;
            own += 2;
            polled++;
            counter += hidden_step;
            started = calls;
            last.a = limits.a + wanted[2];
            last.b = own + limits.b;
            points[1].x = args->who;
            name[0] = label[0];
            flag = enabled;
            if (mode == ON)
                state = OFF;
            small--;
            return 0;
        }
    }

    /// Variables are read and written while the program runs, each by itself and by value.
    #[test]
    #[ignore = "needs root"]
    fn s59_variables_are_shared() {
        let thread = thread_id();
        let builder = shared::builder().consts(move |consts| consts.thread = thread);
        let bpf = builder.load().unwrap();
        let globals = &bpf.globals;
        assert_eq!((globals.counter.get(), globals.started.get()), (0, 5));
        assert_eq!(
            (globals.small.get(), globals.state.get()),
            (-1, shared::Mode::ON)
        );
        send(7);
        send(8);
        assert_eq!((globals.counter.get(), globals.started.get()), (2, 2));
        assert_eq!(globals.polled.get(), 2);
        assert_eq!(globals.small.get(), -3);
        let last = globals.last.get();
        // A static variable and one of a function keep their values between runs.
        assert_eq!((last.a, last.b), (4, 6));
        assert_eq!(globals.points.get()[1].x, 8);
        assert_eq!(globals.name.get(), "n");
        assert!(!globals.flag.get().get());
        assert_eq!(globals.state.get(), shared::Mode::ON);

        globals.counter.set(100);
        globals.last.set(shared::PairT {
            b: 9,
            ..Default::default()
        });
        assert_eq!(globals.last.get().b, 9);
        send(1);
        assert_eq!(globals.counter.get(), 101);
        assert_eq!(globals.counter.name(), "counter");

        let counter = globals.counter.clone();
        drop(bpf);
        counter.set(1);
        assert_eq!(counter.get(), 1);
    }

    /// Constants of each type, and the values with which variables start, are set before load.
    #[test]
    #[ignore = "needs root"]
    fn values_are_set_before_load() {
        let thread = thread_id();
        let bpf = shared::builder()
            .consts(move |consts| {
                assert_eq!((consts.limits.a, consts.wanted), (1, [1, 2, 3]));
                assert_eq!(consts.label, "none");
                consts.thread = thread;
                consts.mode = shared::Mode::ON;
                consts.enabled = true.into();
                consts.limits = shared::PairT {
                    a: 10,
                    b: 20,
                    ..Default::default()
                };
                consts.wanted[2] = 30;
                consts.label = "yes".try_into().unwrap();
                consts.hidden_step = 7;
            })
            .globals(|globals| {
                assert_eq!((globals.started, globals.small), (5, -1));
                globals.counter = 1000;
                globals.small = 5;
                globals.points[0].y = -2;
            })
            .load()
            .unwrap();
        let globals = &bpf.globals;
        assert_eq!((globals.counter.get(), globals.small.get()), (1000, 5));
        send(4);
        assert_eq!(globals.counter.get(), 1007);
        let last = globals.last.get();
        assert_eq!((last.a, last.b), (40, 22));
        assert_eq!(globals.points.get()[0].y, -2);
        assert_eq!(globals.name.get(), "y");
        assert!(globals.flag.get().get());
        assert_eq!(globals.state.get(), shared::Mode::OFF);
    }

    /// A scalar is never seen half written, whoever writes it.
    #[test]
    #[ignore = "needs root"]
    fn scalars_are_whole() {
        let bpf = shared::builder().auto_attach(false).load().unwrap();
        let (counter, writer) = (&bpf.globals.counter, bpf.globals.counter.clone());
        let writing = std::thread::spawn(move || {
            (0..200_000_u32).for_each(|turn| writer.set(if turn % 2 == 0 { 0 } else { u64::MAX }));
        });
        while !writing.is_finished() {
            let seen = counter.get();
            assert!(seen == 0 || seen == u64::MAX, "{seen:x}");
        }
        writing.join().unwrap();
    }

    const TEXT: &str = "
        enum mode { OFF, ON = 3 };
        struct pair_t { u32 a; u64 b; };
        const volatile u32 thread;
        const volatile enum mode mode;
        const volatile struct pair_t limits = { .a = 1, .b = 2 };
        const volatile char label[8] = \"none\";
        const volatile bool unused;
        u64 counter = 3;
        struct pair_t last;
        char name[16];
        static u64 own;
        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            static u32 calls;
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            counter++;
            last.a = ++calls + (mode == ON ? 10 : 0);
            last.b = limits.b + own++;
            name[0] = label[0];
            return 0;
        }";

    /// The same by name, for a text that came at run time.
    #[test]
    #[ignore = "needs root"]
    fn variables_by_name() {
        let bpf = Bpf::builder()
            .text(TEXT)
            .set_const("thread", thread_id())
            .set_const("mode", "ON")
            .set_const("limits", (5, 6))
            .set_const("label", "yes")
            .set_const("unused", true)
            .set_global("counter", 40)
            .load()
            .unwrap();
        send(1);
        let get = |name: &str| bpf.global(name).unwrap().get().unwrap();
        assert_eq!(get("counter"), 41);
        assert_eq!(get("last").to_string(), "{a: 11, b: 6}");
        assert_eq!(get("name"), "y");
        assert_eq!(get("mode"), "ON");
        let last = bpf.global("last").unwrap();
        last.set(Value::record([("b", 9)])).unwrap();
        assert_eq!(get("last").to_string(), "{a: 0, b: 9}");
        let error = bpf.global("mode").unwrap().set("OFF").unwrap_err();
        let expected = "`mode` is constant since the program was loaded; set it with the builder";
        assert_eq!(error.to_string(), expected);
        let error = last.set((1, -1)).unwrap_err();
        let expected = "the value of variable `last` cannot be made: `b` of `struct pair_t`: `-1`, \
                        an integer, does not fit into an unsigned integer of 64 bits";
        assert_eq!(error.to_string(), expected);
        // The program's own.
        assert_eq!(bpf.global("own").unwrap_err().kind(), ErrorKind::NotFound);
    }

    /// Settings that cannot be are told before anything is loaded.
    #[test]
    #[ignore = "needs root"]
    fn wrong_settings() {
        let builder = || Bpf::builder().text(TEXT);
        let errors = [
            builder().set_const("threads", 1),
            builder().set_const("counter", 1),
            builder().set_global("mode", 1),
            builder().set_const("mode", "MAYBE"),
            builder().set_const("thread", u64::MAX),
            builder().set_const("limits", 7),
        ]
        .map(|builder| builder.load().unwrap_err());
        let expected = [
            "the program text has no `const volatile` variable `threads`; nearest names: `thread`",
            "variable `counter` is not `const volatile`; use `set_global` of the builder",
            "variable `mode` is `const volatile`; use `set_const` of the builder",
            "the value of variable `mode` cannot be made: `enum mode` has no constant `MAYBE`",
            "the value of variable `thread` cannot be made: `18446744073709551615`, an integer, does \
             not fit into an unsigned integer of 32 bits",
            "the value of variable `limits` cannot be made: a value by names of members is needed, \
             not an integer",
        ];
        assert_eq!(errors.map(|error| error.to_string()), expected);
    }
}
