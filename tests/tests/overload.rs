//! Programs that send faster than anyone reads: what is sent is received or counted as lost, whatever
//! carries it. And how much it takes until something is lost.

mod root {
    use bcc_runtime::map::{PerfBufferOpts, RingBufferOpts};
    use bcc_runtime::{Event, EventReader, Result, bpf_program};
    use bcc_tests::thread_id;
    use bcc_tests::{child, give_up, is_child, is_readable_within, needs, send, stay_on_this_cpu};
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    use rustix::thread::CapabilitySet;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
    use std::thread::{available_parallelism, scope, sleep};
    use std::time::Duration;

    bpf_program! {
        mod outputs;

        const volatile u32 thread = 0;

        struct event_t { u64 number; u64 rest[7]; };
        BPF_PERF_OUTPUT(perf);
        BPF_RINGBUF_OUTPUT(ring, 1);

        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            struct event_t e = {};
            e.number = (u32)args->who;
            perf.perf_submit(args, &e, sizeof(e));
            ring.ringbuf_output(&e, sizeof(e), 0);
            return 0;
        }
    }

    const SENT: u32 = 100_000;
    /// What an event of a perf buffer takes: a header, its size, and 64 bytes.
    const RECORD: usize = 80;

    fn load(ring_bytes: Option<u32>) -> outputs::Bpf {
        let thread = thread_id();
        let builder = outputs::builder().consts(move |consts| consts.thread = thread);
        match ring_bytes {
            Some(bytes) => builder.perf_over_ring(bytes).load().unwrap(),
            None => builder.load().unwrap(),
        }
    }

    /// Sends while another thread reads, which is late each time, and once more when all has been read:
    /// before Linux 6.0 a perf buffer tells of a loss with the next event that fits.
    fn overload(mut read: impl FnMut() + Send) {
        let over = AtomicBool::new(false);
        scope(|scope| {
            scope.spawn(|| {
                while !over.load(Ordering::SeqCst) {
                    read();
                    sleep(Duration::from_millis(1));
                }
                read();
            });
            (1..SENT).for_each(send);
            over.store(true, Ordering::SeqCst);
        });
        send(0);
        read();
    }

    type Reader = EventReader<outputs::EventT>;
    type Count = Arc<AtomicU64>;
    /// What carries the events, the bytes of a ring that is to carry those of the perf buffer, and how
    /// to open it.
    type Case<T> = (&'static str, Option<u32>, T);
    type ReaderCase = Case<fn(&outputs::Bpf) -> Result<Reader>>;
    type CallbackCase = Case<fn(&mut outputs::Bpf, Count) -> Result<()>>;

    fn tiny() -> PerfBufferOpts {
        PerfBufferOpts::new().bytes(1)
    }

    /// Readers of a page each, while it is written to.
    #[test]
    #[ignore = "needs root"]
    fn overload_of_readers_is_counted() {
        let cases: [ReaderCase; 3] = [
            ("perf", None, |bpf| bpf.maps.perf.reader_with_opts(tiny())),
            ("perf over a ring", Some(1), |bpf| bpf.maps.perf.reader()),
            ("ring", None, |bpf| bpf.maps.ring.reader()),
        ];
        for (what, ring_bytes, open) in cases {
            let bpf = load(ring_bytes);
            let mut reader = open(&bpf).unwrap();
            let (mut received, mut lost) = (0, 0);
            overload(|| {
                for event in reader.try_iter() {
                    match event.unwrap() {
                        Event::Record(_) => received += 1,
                        Event::Lost(count) => lost += count,
                    }
                }
            });
            assert!(received > 0 && lost > 0, "{what}: {received} {lost}");
            assert_eq!(received + lost, u64::from(SENT), "{what}");
            let counted = (reader.received(), reader.lost());
            assert_eq!(counted, (received, lost), "{what}");
        }
    }

    /// The same with callbacks.
    #[test]
    #[ignore = "needs root"]
    fn overload_of_callbacks_is_counted() {
        fn add(count: &Count) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        let cases: [CallbackCase; 3] = [
            ("perf", None, |bpf, count| {
                let perf = &mut bpf.maps.perf;
                perf.open_perf_buffer_with_opts(tiny(), move |_, _| add(&count))
            }),
            ("perf over a ring", Some(1), |bpf, count| {
                bpf.maps.perf.open_perf_buffer(move |_, _| add(&count))
            }),
            ("ring", None, |bpf, count| {
                bpf.maps.ring.open_ring_buffer(move |_| add(&count))
            }),
        ];
        for (what, ring_bytes, open) in cases {
            let mut bpf = load(ring_bytes);
            let count = Count::default();
            open(&mut bpf, Arc::clone(&count)).unwrap();
            overload(|| {
                bpf.perf_buffer_consume().unwrap();
            });
            let received = count.load(Ordering::Relaxed);
            let lost = match what {
                "ring" => bpf.maps.ring.lost().unwrap(),
                _ => bpf.maps.perf.lost(),
            };
            assert!(received > 0 && lost > 0, "{what}: {received} {lost}");
            assert_eq!(received + lost, u64::from(SENT), "{what}");
        }
    }

    /// Bytes that a CPU has by default.
    fn default_bytes() -> usize {
        let cpus = available_parallelism().unwrap().get();
        let share = ((16 << 20) / cpus).clamp(512 << 10, 4 << 20);
        1 << share.ilog2()
    }

    /// Sends so many events while nobody reads; how many came then, and how many were lost.
    fn send_unread(reader: &mut Reader, count: usize) -> (usize, usize) {
        stay_on_this_cpu();
        (0..count).for_each(|number| send(u32::try_from(number).unwrap()));
        let received = reader.try_iter().map(Result::unwrap);
        let received = received.filter_map(Event::record).count();
        (received, usize::try_from(reader.lost()).unwrap())
    }

    /// A perf buffer with the defaults holds what comes while its reader gets no CPU.
    #[test]
    #[ignore = "needs root"]
    fn overload_takes_long_by_default() {
        let bpf = load(None);
        let mut reader = bpf.maps.perf.reader().unwrap();
        let fits = default_bytes() / RECORD - 1;
        assert_eq!(send_unread(&mut reader, fits), (fits, 0));
        let (received, lost) = send_unread(&mut reader, fits + 100);
        assert!(lost > 0);
        assert_eq!(received + lost, fits + 100);
    }

    /// Who may not lock that much memory has half of it by default; a size that was asked for is refused.
    #[test]
    #[ignore = "needs root"]
    fn overload_comes_sooner_without_memory() {
        let bytes = default_bytes();
        if bytes < 2 << 20 {
            // With so many CPUs the default is what everyone may lock.
            needs::note("eight CPUs or fewer");
            return;
        }
        if !is_child() {
            let name = "root::overload_comes_sooner_without_memory";
            assert!(child(name).status().unwrap().success());
            return;
        }
        let bpf = load(None);
        let cpus = available_parallelism().unwrap().get();
        let allowed = u64::try_from(cpus * (bytes / 2 + 65536)).unwrap();
        let before = getrlimit(Resource::Memlock);
        let limit = Rlimit {
            current: Some(allowed),
            ..before
        };
        setrlimit(Resource::Memlock, limit).unwrap();
        give_up(CapabilitySet::IPC_LOCK);
        let asked = bpf
            .maps
            .perf
            .reader_with_opts(PerfBufferOpts::new().bytes(bytes));
        assert!(asked.is_err());
        let mut reader = bpf.maps.perf.reader().unwrap();
        let fits = bytes / 2 / RECORD - 1;
        assert_eq!(send_unread(&mut reader, fits), (fits, 0));
        let (received, lost) = send_unread(&mut reader, 2 * fits);
        assert!(lost > 0 && received >= fits, "{received} {lost}");
    }

    bpf_program! {
        mod sizes;

        const volatile u32 thread = 0;

        struct large_t { u64 number; char rest[4080]; };
        BPF_RINGBUF_OUTPUT(ring, 16);

        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            if (args->who == 0) {
                char small[400] = {};
                ring.ringbuf_output(small, sizeof(small), BPF_RB_NO_WAKEUP);
                ring.ringbuf_output(small, sizeof(small), BPF_RB_NO_WAKEUP);
                return 0;
            }
            struct large_t *e = ring.ringbuf_reserve(sizeof(*e));
            if (!e)
                return 0;
            e->number = args->who;
            ring.ringbuf_submit(e, 0);
            return 0;
        }
    }

    /// Records of a sixteenth of a ring buffer, all of which begin far from where a sixteenth begins, end
    /// a wait before it is full.
    #[test]
    #[ignore = "needs root"]
    fn large_records_wake() {
        let thread = thread_id();
        let builder = sizes::builder().consts(move |consts| consts.thread = thread);
        let bpf = builder.load().unwrap();
        let opts = RingBufferOpts::new().latency(Duration::MAX);
        let reader = bpf.maps.ring.reader_with_opts(opts).unwrap();
        send(0);
        (1..11).for_each(send);
        assert!(!is_readable_within(&reader, Duration::ZERO));
        (11..16).for_each(send);
        assert!(is_readable_within(&reader, Duration::ZERO));
        assert_eq!(bpf.maps.ring.lost(), Some(0));
    }
}
