//! Events without a callback: one by one, for what is there, by a task, of several maps together;
//! losses between them; when a waiting reader is woken.

mod root {
    use bcc_runtime::map::{PerfBufferOpts, RingBufferOpts};
    use bcc_runtime::{ErrorKind, Event, EventReader, bpf_program};
    use bcc_tests::{is_readable_within, send, thread_id};
    use std::future::poll_fn;
    use std::os::fd::AsFd as _;
    use std::pin::pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Poll, Wake, Waker};
    use std::time::{Duration, Instant};
    use tokio::io::Interest;
    use tokio::io::unix::AsyncFd;

    bpf_program! {
        mod outputs;

        const volatile u32 thread = 0;

        struct event_t { u64 number; u64 rest[7]; };
        BPF_PERF_OUTPUT(perf);
        BPF_PERF_OUTPUT(shorts);
        BPF_RINGBUF_OUTPUT(ring, 8);

        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            struct event_t e = {};
            e.number = (u32)args->who;
            perf.perf_submit(args, &e, sizeof(e));
            ring.ringbuf_output(&e, sizeof(e), 0);
            return 0;
        }

        TRACEPOINT_PROBE(syscalls, sys_enter_setpriority) {
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            struct event_t e = {};
            e.number = (u32)args->who;
            u32 size = e.number ? sizeof(e) : 4;
            shorts.perf_submit(args, &e, size);
            return 0;
        }
    }

    const SOON: Duration = Duration::from_secs(5);
    const NOW: Duration = Duration::ZERO;

    fn load() -> outputs::Bpf {
        let thread = thread_id();
        outputs::builder()
            .consts(move |consts| consts.thread = thread)
            .load()
            .unwrap()
    }

    fn number(event: Event<outputs::EventT>) -> u64 {
        event.record().unwrap().number
    }

    /// J9, N3: a wait for one event, a list of what is there, and nothing when time is over, for
    /// both kinds of buffer.
    #[test]
    #[ignore = "needs root"]
    fn j9_readers_wait_and_list() {
        let bpf = load();
        waits_and_lists(bpf.maps.perf.reader().unwrap());
        while bpf
            .maps
            .ring
            .reader()
            .unwrap()
            .try_next()
            .unwrap()
            .is_some()
        {}
        waits_and_lists(bpf.maps.ring.reader().unwrap());
    }

    fn waits_and_lists(mut reader: EventReader<outputs::EventT>) {
        assert_eq!(reader.try_next().unwrap(), None);
        send(1);
        assert_eq!(reader.next_timeout(SOON).unwrap().map(number), Some(1));
        (2..5).for_each(send);
        let there = reader.try_iter().map(|event| number(event.unwrap()));
        assert_eq!(there.collect::<Vec<_>>(), [2, 3, 4]);
        assert_eq!(reader.try_iter().count(), 0);
        (5..7).for_each(send);
        let start = Instant::now();
        let more = reader.iter(Duration::from_millis(150));
        let more: Vec<_> = more.map(|event| number(event.unwrap())).collect();
        assert_eq!(more, [5, 6]);
        assert!(start.elapsed() >= Duration::from_millis(150));
        assert_eq!(reader.lost(), 0);
    }

    /// What is sent is received or lost, also with nothing sent after the loss, and the losses come
    /// between the events.
    #[test]
    #[ignore = "needs root"]
    fn n3_losses_come_in_band() {
        const SENT: u64 = 20_000;
        let bpf = load();
        let opts = PerfBufferOpts::new().bytes(1);
        let mut reader = bpf.maps.perf.reader_with_opts(opts).unwrap();
        let mut counts = (0, 0);
        let mut take = |reader: &mut EventReader<outputs::EventT>| {
            for event in reader.try_iter() {
                match event.unwrap() {
                    Event::Record(_) => counts.0 += 1,
                    Event::Lost(count) => counts.1 += count,
                }
            }
        };
        for number in 0..u32::try_from(SENT).unwrap() {
            send(number);
            if number % 5000 == 0 {
                take(&mut reader);
            }
        }
        take(&mut reader);
        let (received, lost) = counts;
        assert!(received > 0 && lost > 0, "{received} {lost}");
        assert_eq!(received + lost, SENT);
        assert_eq!((reader.received(), reader.lost()), (received, lost));
        assert_eq!(bpf.maps.perf.lost(), lost);
    }

    /// A record that is too short is an error, and the next one comes all the same.
    #[test]
    #[ignore = "needs root"]
    fn short_records_are_errors() {
        let bpf = load();
        let mut reader = bpf.maps.shorts.reader().unwrap();
        for who in [0, 1] {
            // Fails, for there is no such process group; it is of no interest.
            let who = rustix::process::Pid::from_raw(who);
            let _answer = rustix::process::setpriority_pgrp(who, 0);
        }
        let error = reader.next_timeout(SOON).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        let expected =
            "an event of map `shorts` has 4 bytes, too few for its type; submit a whole struct";
        assert_eq!(error.to_string(), expected);
        assert_eq!(reader.next_timeout(SOON).unwrap().map(number), Some(1));
        assert_eq!((reader.received(), reader.malformed()), (2, 1));
    }

    /// A map has one reader, or a callback; the reader goes on without its `Bpf`.
    #[test]
    #[ignore = "needs root"]
    fn one_reader_for_a_map() {
        struct Tool {
            bpf: outputs::Bpf,
            reader: EventReader<outputs::EventT>,
        }
        let mut bpf = load();
        bpf.maps.perf.open_perf_buffer(|_, _| {}).unwrap();
        let reader = bpf.maps.perf.reader().unwrap();
        let mut tool = Tool { bpf, reader };
        let again = tool.bpf.maps.perf.reader().unwrap_err();
        let expected = "map `perf` has a reader already; drop that one first";
        assert_eq!(again.to_string(), expected);
        assert_eq!(again.kind(), ErrorKind::AlreadyExists);
        let callback = tool.bpf.maps.perf.open_perf_buffer(|_, _| {});
        assert_eq!(callback.unwrap_err().kind(), ErrorKind::AlreadyExists);
        send(1);
        let Tool { bpf, mut reader } = tool;
        drop(bpf);
        let thread = std::thread::spawn(move || {
            let events = reader.try_iter().map(|event| number(event.unwrap()));
            events.collect::<Vec<_>>()
        });
        assert_eq!(thread.join().unwrap(), [1]);
        let mut bpf = load();
        drop(bpf.maps.perf.reader().unwrap());
        bpf.maps.perf.open_perf_buffer(|_, _| {}).unwrap();
        send(3);
        assert_eq!(bpf.perf_buffer_poll(SOON).unwrap(), 1);
    }

    /// Several maps together, as one type.
    #[test]
    #[ignore = "needs root"]
    fn k7_readers_together() {
        let bpf = load();
        let opts = || PerfBufferOpts::new().wakeup_events(1);
        let perf = bpf.maps.perf.reader_with_cpu(opts()).unwrap();
        let ring = bpf.maps.ring.reader().unwrap();
        let perf = perf.map(|(cpu, event)| ("perf", cpu < 4096, event.number));
        let ring = ring.map(|event| ("ring", true, event.number));
        let mut both = ring.and(perf).unwrap();
        assert_eq!(format!("{both:?}"), "EventReader([\"ring\", \"perf\"])");
        send(7);
        let next = |reader: &mut EventReader<_>| {
            let event = reader.next_timeout(SOON).unwrap();
            event.and_then(Event::record)
        };
        // Only the perf buffer announces its event at once.
        assert_eq!(next(&mut both), Some(("perf", true, 7)));
        assert_eq!(next(&mut both), Some(("ring", true, 7)));
        assert_eq!(both.try_next().unwrap(), None);
        let shorts = bpf.maps.shorts.reader().unwrap();
        send(8);
        assert!(next(&mut both).is_some());
        let shorts = shorts.map(|event| ("short", true, event.number));
        let mut three = both.and(shorts).unwrap();
        assert!(next(&mut three).is_some(), "one was read, one was not");
        assert_eq!(three.try_next().unwrap(), None);
    }

    /// No event waits for more than the latency, though nothing announces it; the descriptor tells.
    #[test]
    #[ignore = "needs root"]
    fn no_event_is_stuck() {
        let mut bpf = load();
        let mut perf = bpf.maps.perf.reader().unwrap();
        let mut ring = bpf.maps.ring.reader().unwrap();
        send(1);
        for reader in [&mut perf, &mut ring] {
            let start = Instant::now();
            let event = reader.next_timeout(Duration::MAX).unwrap();
            assert_eq!(event.map(number), Some(1));
            assert!(start.elapsed() < Duration::from_secs(1));
        }
        send(2);
        for reader in [&mut perf, &mut ring] {
            assert!(is_readable_within(reader, Duration::from_secs(1)));
            assert_eq!(reader.try_next().unwrap().map(number), Some(2));
        }
        drop((perf, ring));
        bpf.maps.ring.open_ring_buffer(|_| {}).unwrap();
        send(3);
        assert_eq!(bpf.ring_buffer_poll(Duration::MAX).unwrap(), 1);
    }

    /// A quarter of the buffer ends a wait; less does not.
    #[test]
    #[ignore = "needs root"]
    fn a_quarter_wakes() {
        let bpf = load();
        let opts = PerfBufferOpts::new().pages(128).latency(Duration::MAX);
        let mut reader = bpf.maps.perf.reader_with_opts(opts).unwrap();
        bcc_tests::stay_on_this_cpu();
        // An event takes 64 bytes, its size and a header, 80 in all.
        let quarter = 128 * 4096 / 4 / 80;
        (0..quarter - 2).for_each(send);
        assert!(!is_readable_within(&reader, NOW));
        (0..4).for_each(send);
        assert!(is_readable_within(&reader, NOW));
        let expected = usize::try_from(quarter + 2).unwrap();
        assert_eq!(reader.try_iter().count(), expected);
    }

    bpf_program! {
        mod either;

        const volatile u32 thread = 0;

        struct open_t { u64 flags; };
        struct close_t { u32 fd; };
        struct event_t { u32 kind; union { struct open_t open; struct close_t close; }; };
        BPF_RINGBUF_OUTPUT(events, 1);

        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            struct event_t e = {};
            e.kind = args->who;
            if (e.kind == 1)
                e.open.flags = 0x11;
            else
                e.close.fd = 22;
            events.ringbuf_output(&e, sizeof(e), 0);
            return 0;
        }
    }

    #[derive(Debug, PartialEq)]
    enum Either {
        Open(u64),
        Close(u32),
        Unknown(u32),
    }

    /// Two kinds of events on one map become an enum. The size of a ring buffer is rounded up.
    #[test]
    #[ignore = "needs root"]
    fn x74_two_kinds_as_an_enum() {
        let thread = thread_id();
        let bpf = either::builder()
            .consts(move |consts| consts.thread = thread)
            .max_entries("events", 5000)
            .load()
            .unwrap();
        let mut reader = bpf
            .maps
            .events
            .reader()
            .unwrap()
            .map(|event| match event.kind {
                1 => Either::Open(event.open().flags),
                2 => Either::Close(event.close().fd),
                other => Either::Unknown(other),
            });
        (1..4).for_each(send);
        let events = reader
            .try_iter()
            .map(|event| event.unwrap().record().unwrap());
        let expected = [Either::Open(0x11), Either::Close(22), Either::Unknown(3)];
        assert_eq!(events.collect::<Vec<_>>(), expected);
        // 8192 bytes, 24 for each event; what does not fit is told behind them.
        (0..400).for_each(send);
        let mut events: Vec<_> = reader.try_iter().map(|event| event.unwrap()).collect();
        assert_eq!(events.pop(), Some(Event::Lost(400 - 8192 / 24)));
        assert_eq!(events.len(), 8192 / 24);
    }

    struct Unpark(std::thread::Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    /// L2: a reactor as small as can be: it asks the descriptor again and again.
    #[test]
    #[ignore = "needs root"]
    fn l2_any_reactor() {
        let bpf = load();
        let mut reader = bpf.maps.ring.reader().unwrap();
        let fd = reader.as_fd().try_clone_to_owned().unwrap();
        let readable = |cx: &mut Context<'_>| {
            let fd = rustix::event::PollFd::new(&fd, rustix::event::PollFlags::IN);
            if rustix::event::poll(&mut [fd], Some(&Duration::ZERO.try_into().unwrap())).unwrap()
                == 1
            {
                return Poll::Ready(Ok(()));
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        };
        send(11);
        send(12);
        let mut task = pin!(async {
            let mut numbers = Vec::new();
            while numbers.len() < 2 {
                let event = poll_fn(|cx| reader.poll_next(cx, readable)).await;
                numbers.push(number(event.unwrap()));
            }
            numbers
        });
        let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
        let mut cx = Context::from_waker(&waker);
        let numbers = loop {
            match task.as_mut().poll(&mut cx) {
                Poll::Ready(numbers) => break numbers,
                Poll::Pending => std::thread::park_timeout(Duration::from_millis(10)),
            }
        };
        assert_eq!(numbers, [11, 12]);
    }

    fn add(count: &AtomicUsize) {
        count.fetch_add(1, Ordering::Relaxed);
    }

    /// N3: what programs send to a paused buffer is lost and counted; afterwards they send again.
    #[test]
    #[ignore = "needs root"]
    fn n3_readers_pause() {
        let bpf = load();
        let mut reader = bpf.maps.perf.reader().unwrap();
        send(1);
        reader.pause().unwrap();
        (2..5).for_each(send);
        let there = |reader: &mut EventReader<outputs::EventT>| {
            let events = reader.try_iter().map(Result::unwrap);
            events
                .filter_map(Event::record)
                .map(|event| event.number)
                .collect::<Vec<_>>()
        };
        assert_eq!(there(&mut reader), [1]);
        reader.resume().unwrap();
        send(5);
        assert_eq!(there(&mut reader), [5]);
        assert_eq!((reader.received(), reader.lost()), (2, 3));
        let mut ring = bpf.maps.ring.reader().unwrap();
        let error = ring.pause().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error:#}");
    }

    /// K7: one descriptor for all callbacks, before and after buffers are opened; it is readable
    /// once for each time there is something.
    #[test]
    #[ignore = "needs root"]
    fn k7_events_have_a_descriptor() {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let mut bpf = load();
        let fd = bpf.events_fd().unwrap();
        let is_readable = |seconds| {
            let mut fds = [PollFd::new(&fd, PollFlags::IN)];
            let time = Timespec {
                tv_sec: seconds,
                tv_nsec: 0,
            };
            poll(&mut fds, Some(&time)).unwrap() > 0
        };
        assert!(!is_readable(0));
        let count = Arc::new(AtomicUsize::new(0));
        let opts = PerfBufferOpts::new().wakeup_events(1);
        let counted = Arc::clone(&count);
        let callback = move |_cpu, _event: &_| add(&counted);
        let perf = &mut bpf.maps.perf;
        perf.open_perf_buffer_with_opts(opts, callback).unwrap();
        let opts = RingBufferOpts::new().latency(Duration::from_millis(20));
        let counted = Arc::clone(&count);
        let callback = move |_event: &_| add(&counted);
        let ring = &mut bpf.maps.ring;
        ring.open_ring_buffer_with_opts(opts, callback).unwrap();
        bpf.perf_buffer_consume().unwrap();
        let mut fastest = Duration::MAX;
        for round in 1..4 {
            send(7);
            let start = Instant::now();
            while count.load(Ordering::Relaxed) < 2 * round {
                assert!(is_readable(5));
                bpf.perf_buffer_consume().unwrap();
            }
            fastest = fastest.min(start.elapsed());
        }
        // The ring buffer announces nothing so small, so it is its own latency that counts.
        assert!(fastest < Duration::from_millis(90), "{fastest:?}");
        drop(bpf);
        assert!(!is_readable(0));
    }

    /// The same descriptor on tokio.
    #[test]
    #[ignore = "needs root"]
    fn k7_callbacks_on_tokio() {
        let mut bpf = load();
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        let callback = move |_cpu, _event: &_| add(&counted);
        bpf.maps.perf.open_perf_buffer(callback).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let fd = bpf.events_fd().unwrap();
            // SAFETY: an `OwnedFd` is open until it is dropped, and always gives the same number.
            let fd = unsafe { AsyncFd::register_with_interest(fd, Interest::READABLE) }.unwrap();
            send(1);
            while count.load(Ordering::Relaxed) == 0 {
                let readable = tokio::time::timeout(SOON, fd.readable()).await;
                readable.unwrap().unwrap().clear_ready();
                bpf.perf_buffer_consume().unwrap();
            }
        });
    }
}
