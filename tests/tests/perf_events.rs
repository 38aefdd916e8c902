//! Counters: programs that run when one has grown, and programs that read them.
//!
//! Counters of the processor are absent where the tests usually run; there the tests check what is
//! said about that.

mod root {
    use bcc_runtime::attach::PerfEventOpts;
    use bcc_runtime::perf_event::{
        Cache, CacheOperation, CacheResult, CacheUnit, Counter, Hardware, Sampling, Software,
    };
    use bcc_runtime::{Error, ErrorKind, bpf_program};
    use bcc_tests::{needs, send, stay_on_this_cpu, thread_id};
    use std::time::{Duration, Instant};

    bpf_program! {
        mod readers;

        const volatile u32 thread = 0;

        struct read_t { u64 counter; struct bpf_perf_event_value value; s64 result; };
        BPF_PERF_ARRAY(counters, 256);
        BPF_HASH(reads, u32, struct read_t);

        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            u32 who = args->who;
            struct read_t read = {};
            read.counter = counters.perf_read(CUR_CPU_IDENTIFIER);
            read.result = counters.perf_counter_value(CUR_CPU_IDENTIFIER, &read.value, sizeof(read.value));
            reads.update(&who, &read);
            return 0;
        }
    }

    fn load() -> readers::Bpf {
        let thread = thread_id();
        readers::builder()
            .consts(move |consts| consts.thread = thread)
            .load()
            .unwrap()
    }

    fn read(bpf: &readers::Bpf, who: u32) -> readers::ReadT {
        send(who);
        bpf.maps.reads.get(&who).unwrap().unwrap()
    }

    /// S20, G22: a clock of the CPU grows between two reads; `perf_read` has the same count as
    /// `perf_counter_value`. Before it is opened and after it is closed, both say that there is
    /// none.
    #[test]
    #[ignore = "needs root"]
    fn s20_g22_a_clock_is_read() {
        let bpf = load();
        stay_on_this_cpu();
        let none = -i64::from(libc::ENOENT);
        let before = read(&bpf, 0);
        assert_eq!((before.counter.cast_signed(), before.result), (none, none));

        let start = Instant::now();
        bpf.maps
            .counters
            .open_perf_event(Software::CpuClock)
            .unwrap();
        std::thread::sleep(Duration::from_millis(20));
        let first = read(&bpf, 1);
        assert_eq!(first.result, 0);
        assert!(first.counter <= first.value.counter, "{first:?}");
        std::thread::sleep(Duration::from_millis(20));
        let second = read(&bpf, 2);
        let most = u64::try_from(start.elapsed().as_nanos()).unwrap();
        assert!(first.counter > 15_000_000, "{first:?}");
        assert!(second.counter > first.value.counter, "{first:?} {second:?}");
        assert!(second.value.counter <= most, "{second:?} in {most}");
        assert_eq!(second.value.enabled, second.value.running);

        bpf.maps.counters.close_perf_event().unwrap();
        assert_eq!(read(&bpf, 3).result, none);
    }

    /// S20: counters of one thread: its page faults, its switches.
    #[test]
    #[ignore = "needs root"]
    fn s20_counters_of_a_thread() {
        let bpf = load();
        let own = PerfEventOpts::new().pid(thread_id());
        let open = |counter: Software| {
            let counters = &bpf.maps.counters;
            counters.open_perf_event_with_opts(counter, &own).unwrap();
        };
        stay_on_this_cpu();
        open(Software::PageFaults);
        let before = read(&bpf, 0).value.counter;
        // More than the allocator ever keeps; with large pages it has 32 of them.
        let mut memory = vec![0_u8; 64 << 20];
        memory.iter_mut().step_by(4096).for_each(|byte| *byte = 1);
        drop(std::hint::black_box(memory));
        let faults = read(&bpf, 1).value.counter - before;
        assert!((32..=20_000).contains(&faults), "{faults}");
        open(Software::ContextSwitches);
        let before = read(&bpf, 2).value.counter;
        (0..10).for_each(|_| std::thread::sleep(Duration::from_millis(1)));
        let switches = read(&bpf, 3).value.counter - before;
        assert!((10..=500).contains(&switches), "{switches}");
    }

    bpf_program! {
        mod small;

        BPF_PERF_ARRAY(counters, 1);

        int on_event(struct bpf_perf_event_data *ctx) {
            return counters.perf_read(0);
        }
    }

    /// G22: a CPU without an entry, and a counter that this machine has not.
    #[test]
    #[ignore = "needs root"]
    fn g22_counters_that_cannot_be_opened() {
        let bpf = small::load().unwrap();
        let cpu = PerfEventOpts::new().cpu(1);
        let error = bpf
            .maps
            .counters
            .open_perf_event_with_opts(Software::CpuClock, &cpu)
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(
            error.to_string(),
            "map `counters` has entries for 1 CPUs, and this machine has a CPU 1; make it larger \
             in the program text or with `.max_entries(\"counters\", 2)` of the builder"
        );
        let bpf = load();
        let error = bpf
            .maps
            .counters
            .open_perf_event(Counter::new(12_345, 0))
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        let expected = "this machine cannot count perf event 12345:0 for map `counters`: the \
                        kernel does not know it, or not in this use";
        assert_eq!(error.to_string(), expected);
        if let Err(error) = bpf.maps.counters.open_perf_event(Hardware::Instructions) {
            check_absent(&error);
        }
    }

    bpf_program! {
        mod samples;

        BPF_HASH(hits, u32, u64);
        BPF_HASH(cpus, u32, u64);

        int on_event(struct bpf_perf_event_data *ctx) {
            u32 thread = bpf_get_current_pid_tgid();
            hits.increment(thread);
            cpus.increment(bpf_get_smp_processor_id());
            return 0;
        }
    }

    /// Keeps this thread busy for so long.
    fn work(duration: Duration) {
        let end = Instant::now() + duration;
        while Instant::now() < end {
            std::hint::black_box(end);
        }
    }

    /// J3: by period and by frequency, for one thread: others do not count.
    #[test]
    #[ignore = "needs root"]
    fn j3_period_and_frequency_of_one_thread() {
        let bpf = samples::load().unwrap();
        let own = PerfEventOpts::new().pid(thread_id());
        let other = std::thread::spawn(|| work(Duration::from_millis(500)));
        for sampling in [Sampling::Period(1_000_000), Sampling::Frequency(1000)] {
            let attach = &bpf.progs.on_event;
            let link = attach
                .attach_perf_event_with_opts(Software::TaskClock, sampling, &own)
                .unwrap();
            work(Duration::from_millis(200));
            drop(link);
            let hits = bpf.maps.hits.items().unwrap();
            let [(thread, count)] = hits[..] else {
                panic!("{hits:?}");
            };
            assert_eq!(thread, thread_id());
            // About one a millisecond of the time that the thread really ran.
            assert!((5..=400).contains(&count), "{count}");
            bpf.maps.hits.clear().unwrap();
        }
        other.join().unwrap();
    }

    /// J3: one CPU only.
    #[test]
    #[ignore = "needs root"]
    fn j3_one_cpu() {
        let bpf = samples::load().unwrap();
        let first = PerfEventOpts::new().cpu(0);
        let program = &bpf.progs.on_event;
        let counter = Software::CpuClock;
        let _link = program
            .attach_perf_event_with_opts(counter, Sampling::Period(1_000_000), &first)
            .unwrap();
        work(Duration::from_millis(100));
        let cpus = bpf.maps.cpus.items().unwrap();
        assert!(matches!(cpus[..], [(0, 1..)]), "{cpus:?}");
        let far = PerfEventOpts::new().cpu(9999);
        let error = program
            .attach_perf_event_with_opts(counter, Sampling::Period(1), &far)
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Attach, "{error:?}");
    }

    /// J3: counters of the processor work where there are some, and are told to be absent where
    /// there are none.
    #[test]
    #[ignore = "needs root"]
    fn j3_counters_of_the_processor() {
        let bpf = samples::load().unwrap();
        let misses = Cache {
            unit: CacheUnit::LastLevel,
            operation: CacheOperation::Read,
            result: CacheResult::Misses,
        };
        assert_eq!(Counter::from(misses), Counter::new(3, 0x1_0002));
        let counters = [
            Counter::from(Hardware::CpuCycles),
            Counter::from(misses),
            Counter::raw(0x3c),
        ];
        let attempts = counters.map(|counter| {
            let program = &bpf.progs.on_event;
            program.attach_perf_event(counter, Sampling::Period(1_000_000))
        });
        let errors: Vec<_> = attempts.into_iter().filter_map(Result::err).collect();
        errors.iter().for_each(check_absent);
        if !errors.is_empty() {
            needs::note("counters of the processor");
        }
    }

    /// What is said of a counter that the processor lacks.
    fn check_absent(error: &Error) {
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        let text = "counters of the processor are often absent in virtual machines";
        assert!(error.to_string().contains(text), "{error}");
    }
}
