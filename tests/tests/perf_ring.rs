//! `BPF_PERF_OUTPUT` that is carried over a ring buffer: the same events, and losses counted exactly.

mod root {
    use bcc_runtime::health::Health;
    use bcc_runtime::map::{PerfBufferOpts, PerfEventArray, RingBuf};
    use bcc_runtime::{Bpf, ErrorKind, Event, bpf_program};
    use bcc_tests::{go_to_cpu, send, thread_id};
    use std::sync::{Arc, Mutex};
    use std::time::{Duration, Instant};

    bpf_program! {
        mod outputs;

        const volatile u32 thread = 0;
        u64 refused = 0;

        struct event_t { u64 number; u64 rest[7]; };
        struct large_t { u64 number; char text[1000]; };
        BPF_PERCPU_ARRAY(scratch, struct large_t, 1);
        BPF_PERF_OUTPUT(events);
        BPF_PERF_OUTPUT(large);
        BPF_PERF_OUTPUT(sized);

        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            struct event_t e = {};
            e.number = (u32)args->who;
            int status = events.perf_submit(args, &e, sizeof(e));
            if (status == -28)
                refused++;
            u32 size = e.number ? sizeof(e) : 4;
            sized.perf_submit(args, &e, size);
            int zero = 0;
            struct large_t *l = scratch.lookup(&zero);
            if (!l)
                return 0;
            l->number = e.number;
            l->text[999] = 'x';
            large.perf_submit(args, l, sizeof(*l));
            return 0;
        }
    }

    const NOW: Duration = Duration::ZERO;

    fn load(bytes: Option<u32>) -> outputs::Bpf {
        let thread = thread_id();
        let builder = outputs::builder().consts(move |consts| consts.thread = thread);
        match bytes {
            Some(bytes) => builder.perf_over_ring(bytes).load().unwrap(),
            None => builder.load().unwrap(),
        }
    }

    /// What callbacks get of the same calls, on both CPUs in turns.
    fn called(bytes: Option<u32>) -> Vec<(u32, u64)> {
        let mut bpf = load(bytes);
        assert_eq!(bpf.maps.events.is_ring(), bytes.is_some());
        let got = Arc::new(Mutex::new(Vec::new()));
        let list = Arc::clone(&got);
        let callback = move |cpu, e: &outputs::EventT| list.lock().unwrap().push((cpu, e.number));
        bpf.maps.events.open_perf_buffer(callback).unwrap();
        for number in 1..9 {
            go_to_cpu(number as usize % 2);
            send(number);
            // The rings of a perf buffer are in no order with each other.
            bpf.perf_buffer_consume().unwrap();
        }
        let got = got.lock().unwrap();
        got.clone()
    }

    /// Events, order and CPUs are those of a perf buffer.
    #[test]
    #[ignore = "needs root"]
    fn perf_ring_gives_the_same_events() {
        let ring = called(Some(65536));
        assert_eq!(ring.len(), 8);
        assert!(
            ring.iter()
                .all(|(cpu, number)| u64::from(*cpu) == number % 2)
        );
        assert_eq!(ring, called(None));
    }

    /// Events too large to be copied in place arrive whole; a map with events of any size stays a perf
    /// buffer, and works.
    #[test]
    #[ignore = "needs root"]
    fn perf_ring_leaves_other_maps() {
        let bpf = load(Some(65536));
        assert!(bpf.maps.large.is_ring() && !bpf.maps.sized.is_ring());
        let mut large = bpf
            .maps
            .large
            .reader_with_cpu(PerfBufferOpts::new())
            .unwrap();
        let mut sized = bpf.maps.sized.reader().unwrap();
        go_to_cpu(1);
        send(7);
        let (cpu, event) = large.try_next().unwrap().unwrap().record().unwrap();
        assert_eq!((cpu, event.number), (1, 7));
        assert_eq!(event.text.as_bytes().len(), 0);
        let event = sized.try_next().unwrap().unwrap().record().unwrap();
        assert_eq!(event.number, 7);
    }

    /// What is sent is received or lost, for readers and callbacks, and the program sees `-ENOSPC`.
    #[test]
    #[ignore = "needs root"]
    fn perf_ring_counts_losses() {
        const SENT: u64 = 5_000;
        let mut bpf = load(Some(1));
        let mut reader = bpf.maps.events.reader().unwrap();
        let (mut received, mut lost) = (0, 0);
        for number in 0..SENT {
            send(u32::try_from(number).unwrap());
            if number % 1000 == 999 {
                for event in reader.try_iter() {
                    match event.unwrap() {
                        Event::Record(_) => received += 1,
                        Event::Lost(count) => lost += count,
                    }
                }
            }
        }
        assert_eq!(received + lost, SENT);
        // A page holds 51 records of 80 bytes.
        assert_eq!(received, 5 * 51);
        assert_eq!(bpf.maps.events.lost(), lost);
        assert_eq!(bpf.globals.refused.get(), lost);
        drop(reader);
        let callback = |_, _: &outputs::EventT| {};
        bpf.maps.events.open_perf_buffer(callback).unwrap();
        (0..100).for_each(send);
        assert_eq!(bpf.perf_buffer_consume().unwrap(), 51);
        assert_eq!(bpf.maps.events.lost(), lost + 49);
    }

    /// A quarter of the ring ends a wait; one event waits for the latency, even if a perf buffer would
    /// have announced it.
    #[test]
    #[ignore = "needs root"]
    fn perf_ring_waits() {
        let bpf = load(Some(4096));
        let opts = PerfBufferOpts::new().wakeup_events(1);
        let opts = opts.latency(Duration::from_secs(2));
        let mut reader = bpf.maps.events.reader_with_opts(opts).unwrap();
        let start = Instant::now();
        (0..16).for_each(send);
        assert!(
            reader
                .next_timeout(Duration::from_secs(1))
                .unwrap()
                .is_some()
        );
        assert!(start.elapsed() < Duration::from_secs(1));
        assert_eq!(reader.try_iter().count(), 15);
        send(1);
        let wait = Duration::from_millis(50);
        let opts = PerfBufferOpts::new().latency(wait);
        drop(reader);
        let mut reader = bpf.maps.events.reader_with_opts(opts).unwrap();
        assert!(
            reader
                .next_timeout(Duration::from_secs(1))
                .unwrap()
                .is_some()
        );
    }

    /// What cannot be is refused with a reason.
    #[test]
    #[ignore = "needs root"]
    fn perf_ring_refuses() {
        for bytes in [0, u32::MAX] {
            let error = outputs::builder().perf_over_ring(bytes).load().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        }
        let off = outputs::builder().health(Health::Off).perf_over_ring(4096);
        let error = off.load().unwrap_err();
        assert!(error.to_string().contains("Health::Calls"), "{error}");
        let mut bpf = load(Some(4096));
        let opts = PerfBufferOpts::new().on_lost(|_, _| {});
        let callback = |_, _: &outputs::EventT| {};
        let events = &mut bpf.maps.events;
        let error = events
            .open_perf_buffer_with_opts(opts, callback)
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    }

    /// Texts that come at run time; uses of the map by hand keep the perf buffer.
    #[test]
    #[ignore = "needs root"]
    fn perf_ring_of_texts() {
        let text = |send: &str| {
            format!(
                "BPF_PERF_OUTPUT(events); TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {{ \
                 u64 e = args->who; if ((u32)bpf_get_current_pid_tgid() == {}) {send}; return 0; }}",
                thread_id()
            )
        };
        let load = |send| {
            let builder = Bpf::builder().text(text(send)).perf_over_ring(4096);
            builder.load().unwrap()
        };
        let bpf = load("events.perf_submit(args, &e, sizeof(e))");
        let map = bpf.map("events").unwrap();
        assert!(map.is_ring());
        assert_eq!(
            map.open_as::<RingBuf<u64>>().unwrap_err().kind(),
            ErrorKind::Layout
        );
        assert!(map.open_as::<PerfEventArray<u64>>().unwrap().is_ring());
        let mut reader = map.reader().unwrap();
        send(5);
        let event = reader
            .next_timeout(Duration::from_secs(1))
            .unwrap()
            .unwrap();
        assert_eq!(event.record().unwrap().to_string(), "5");
        let by_hand = "bpf_perf_event_output(args, &events, BPF_F_CURRENT_CPU, &e, sizeof(e))";
        let bpf = load(by_hand);
        let map = bpf.map("events").unwrap();
        assert!(!map.is_ring());
        let mut reader = map.reader().unwrap();
        send(6);
        assert!(reader.next_timeout(NOW).unwrap().is_some());
    }
}
