//! Failures that programs count by themselves: floods of small buffers and maps, with exact sums, and
//! the lines at which they happened.

mod root {
    use bcc_runtime::health::{Cause, Health, HealthOpts, HealthReport, SiteHealth};
    use bcc_runtime::map::PerfBufferOpts;
    use bcc_runtime::{Event, EventReader, bpf_program};
    use bcc_tests::{send, thread_id};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    bpf_program! {
        mod flood;

        const volatile u32 thread = 0;
        const volatile u32 what = 0;

        struct event_t { u64 number; u64 rest[7]; };
        BPF_PERF_OUTPUT(perf);
        BPF_RINGBUF_OUTPUT(ring, 1);
        BPF_HASH(updated, u32, u64, 16);
        BPF_HASH(inserted, u32, u64, 16);
        BPF_HASH(counted, u32, u64, 16);
        BPF_HASH(looked, u32, u64, 16);
        BPF_HISTOGRAM(slots);
        BPF_QUEUE(queue, u64, 16);
        BPF_STACK_TRACE(stacks, 1);
        BPF_PROG_ARRAY(programs, 4);

        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            struct event_t e = {};
            u32 key = args->who;
            u64 one = 1;
            e.number = key;
            switch (what) {
            case 0:
                perf.perf_submit(args, &e, sizeof(e));
                ring.ringbuf_output(&e, sizeof(e), 0);
                break;
            case 1: {
                struct event_t *place = ring.ringbuf_reserve(sizeof(e));
                if (!place)
                    return 0;
                *place = e;
                ring.ringbuf_submit(place, 0);
                break;
            }
            case 2:
                updated.update(&key, &one);
                inserted.insert(&key, &one);
                counted.increment(key);
                queue.push(&one, 0);
                slots.increment(key);
                looked.lookup_or_init(&key, &one);
                break;
            case 3:
                stacks.get_stackid(args, BPF_F_USER_STACK);
                break;
            case 4:
                programs.call(args, 3);
                break;
            case 5: {
                u64 value;
                bpf_probe_read_user(&value, sizeof(value), (void *)8);
                break;
            }
            }
            return 0;
        }

        TRACEPOINT_PROBE(syscalls, sys_enter_setpriority) {
            if ((u32)bpf_get_current_pid_tgid() == thread && what == 3)
                stacks.get_stackid(args, BPF_F_USER_STACK);
            return 0;
        }
    }

    fn builder(what: u32) -> flood::Builder {
        let thread = thread_id();
        flood::builder().consts(move |consts| {
            consts.thread = thread;
            consts.what = what;
        })
    }

    fn load(what: u32) -> flood::Bpf {
        builder(what).load().unwrap()
    }

    /// Line of this file that has `piece` first.
    fn line_of(piece: &str) -> u32 {
        let mut lines = include_str!("health.rs").lines();
        let line = lines.position(|line| line.contains(piece)).unwrap();
        u32::try_from(line + 1).unwrap()
    }

    fn site<'a>(report: &'a HealthReport, map: &str, method: &str) -> &'a SiteHealth {
        let mut sites = report.sites.iter();
        sites
            .find(|site| site.map == map && site.method == method)
            .unwrap()
    }

    /// Events received and lost, as a reader tells of them.
    fn take<T>(reader: &mut EventReader<T>, counts: &mut (u64, u64)) {
        for event in reader.try_iter() {
            match event.unwrap() {
                Event::Record(_) => counts.0 += 1,
                Event::Lost(count) => counts.1 += count,
            }
        }
    }

    const SENT: u64 = 5000;

    fn send_all(mut between: impl FnMut()) {
        for number in 0..u32::try_from(SENT).unwrap() {
            send(number);
            if number % 1000 == 999 {
                between();
            }
        }
    }

    /// NH7, P5: what is sent into a ring buffer of one page is received or lost, in the events, in the
    /// map's count, in the program's, and at the call.
    #[test]
    #[ignore = "needs root"]
    fn a_ring_of_one_page_counts_what_it_loses() {
        for (what, method) in [(0, "ringbuf_output"), (1, "ringbuf_reserve")] {
            let bpf = load(what);
            let mut reader = bpf.maps.ring.reader().unwrap();
            let mut counts = (0, 0);
            send_all(|| take(&mut reader, &mut counts));
            let (received, lost) = counts;
            assert!(received > 0 && lost > 0, "{received} {lost}");
            assert_eq!(received + lost, SENT);
            assert_eq!((reader.received(), reader.lost()), (received, lost));
            assert_eq!(bpf.maps.ring.lost(), Some(lost));
            let health = bpf.health().unwrap();
            let site = site(&health, "ring", method);
            assert_eq!(site.failures_by(Cause::Full), lost);
            assert_eq!(site.failures(), lost);
            assert_eq!(site.line, line_of(&format!("ring.{method}(")));
            assert_eq!(
                site.function.as_deref(),
                Some("tracepoint__syscalls__sys_enter_getpriority")
            );
            let text = health.to_string();
            let expected = format!(
                "`ring` is full (4096 bytes): {lost} calls of `{method}` failed at tests/tests/health.rs:{}; make it larger with `.max_entries(\"ring\", N)`, or read it more often",
                site.line
            );
            assert!(text.lines().any(|line| line == expected), "{text}");
            // A reader that comes later is not told what this one was.
            drop(reader);
            let mut second = bpf.maps.ring.reader().unwrap();
            let mut counts = (0, 0);
            take(&mut second, &mut counts);
            assert_eq!(counts, (0, 0));
        }
    }

    /// The same through callbacks.
    #[test]
    #[ignore = "needs root"]
    fn callbacks_of_a_ring_leave_its_losses_to_be_asked_for() {
        let mut bpf = load(1);
        let received = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&received);
        let ring = &mut bpf.maps.ring;
        ring.open_ring_buffer(move |_| {
            counter.fetch_add(1, Ordering::Relaxed);
        })
        .unwrap();
        send_all(|| {
            bpf.ring_buffer_consume().unwrap();
        });
        let received = received.load(Ordering::Relaxed);
        assert_eq!(received + bpf.lost(), SENT);
        let health = bpf.health().unwrap();
        let ring = health.events.iter().find(|events| events.map == "ring");
        let ring = ring.unwrap();
        assert_eq!(
            (ring.received, ring.lost),
            (received, Some(SENT - received))
        );
    }

    /// The kernel's count of a perf buffer of one page is that of the call.
    #[test]
    #[ignore = "needs root"]
    fn a_perf_buffer_of_one_page_fails_where_it_loses() {
        let bpf = load(0);
        let opts = PerfBufferOpts::new().bytes(1);
        let mut reader = bpf.maps.perf.reader_with_opts(opts).unwrap();
        let mut counts = (0, 0);
        send_all(|| take(&mut reader, &mut counts));
        let (received, lost) = counts;
        assert!(received > 0 && lost > 0, "{received} {lost}");
        assert_eq!(received + lost, SENT);
        let health = bpf.health().unwrap();
        let found = site(&health, "perf", "perf_submit");
        assert_eq!(found.failures_by(Cause::Full), lost);
        assert_eq!(found.line, line_of("perf.perf_submit("));
        drop(reader);
        send(1);
        let health = bpf.health().unwrap();
        let found = site(&health, "perf", "perf_submit");
        assert_eq!(found.failures_by(Cause::Missing), 1, "{health}");
    }

    /// NH7, P6: of 100 keys, 84 find no room in a map of 16.
    #[test]
    #[ignore = "needs root"]
    fn full_maps_are_counted_where_they_are_written_to() {
        let bpf = load(2);
        (0..100).for_each(send);
        (0..4).for_each(send);
        let health = bpf.health().unwrap();
        for (map, method, failures) in [
            ("updated", "update", 84),
            // That a key is there already is an answer.
            ("inserted", "insert", 84),
            ("counted", "increment", 84),
            ("looked", "lookup_or_init", 84),
            ("queue", "push", 88),
        ] {
            let found = site(&health, map, method);
            assert_eq!(found.failures(), failures, "{map}\n{health}");
            assert_eq!(found.failures_by(Cause::Full), failures, "{map}");
            assert_eq!(found.line, line_of(&format!("{map}.{method}(")));
            assert_eq!(found.max_entries, Some(16));
        }
        // A histogram has 64 slots.
        let found = site(&health, "slots", "increment");
        assert_eq!(found.failures_by(Cause::Missing), 36);
        assert_eq!(health.failures(), 4 * 84 + 88 + 36);
        let expected = format!(
            "`counted` is full (16 entries): 84 calls of `increment` failed at tests/tests/health.rs:{}; make it larger with `.max_entries(\"counted\", N)`",
            line_of("counted.increment(")
        );
        let text = health.to_string();
        assert!(text.lines().any(|line| line == expected), "{text}");
        let larger = builder(2).max_entries("counted", 128).load().unwrap();
        (0..100).for_each(send);
        let health = larger.health().unwrap();
        assert_eq!(site(&health, "counted", "increment").failures(), 0);
    }

    /// P18: a stack that has no place of its own.
    #[test]
    #[ignore = "needs root"]
    fn stacks_that_collide_are_counted() {
        let bpf = load(3);
        send(1);
        for _ in 0..3 {
            let who = rustix::process::Pid::from_raw(1 << 22);
            // Fails, for there is no such process group; it is of no interest.
            let _answer = rustix::process::setpriority_pgrp(who, 0);
        }
        let health = bpf.health().unwrap();
        assert_eq!(health.failures(), 3, "{health}");
        let failed: Vec<_> = health.failed_sites().collect();
        let [found] = failed[..] else {
            panic!("{health}")
        };
        assert_eq!(found.failures_by(Cause::Taken), 3);
        assert_eq!(found.causes[0].errno, Some(17));
        assert!(found.line > line_of("sys_enter_setpriority)"));
    }

    /// A tail call that comes back found nothing in the slot.
    #[test]
    #[ignore = "needs root"]
    fn tail_calls_into_nothing_are_counted() {
        let bpf = load(4);
        (0..5).for_each(send);
        let health = bpf.health().unwrap();
        let found = site(&health, "programs", "call");
        assert_eq!(found.failures_by(Cause::Missing), 5);
        assert_eq!(found.line, line_of("programs.call("));
        assert_eq!(health.failures(), 5);
    }

    /// Reads are counted if asked for, by line.
    #[test]
    #[ignore = "needs root"]
    fn reads_that_fault_are_counted_on_request() {
        let bpf = load(5);
        send(1);
        assert_eq!(bpf.health().unwrap().faults(), None);
        let bpf = builder(5).health(Health::CallsAndReads).load().unwrap();
        (0..7).for_each(send);
        let health = bpf.health().unwrap();
        let reads = health.reads.as_deref().unwrap();
        let found: Vec<_> = reads.iter().map(|read| (read.line, read.faults)).collect();
        assert_eq!(found, [(Some(line_of("bpf_probe_read_user(")), 7)]);
    }

    /// Nothing is counted if that is off, and nothing else changes; maps tell how full they are.
    #[test]
    #[ignore = "needs root"]
    fn without_counts_there_are_none() {
        let bpf = builder(2).health(Health::Off).load().unwrap();
        (0..100).for_each(send);
        let health = bpf.health().unwrap();
        assert!(health.sites.is_empty());
        assert_eq!(health.failures(), 0);
        assert_eq!(bpf.maps.ring.lost(), None);
        assert_eq!(bpf.maps.counted.iter().count(), 16);
        let text = health.to_string();
        assert_eq!(text.lines().count(), 4, "{text}");
        for line in text.lines() {
            assert!(line.contains("` is full: 16 of 16 entries, "), "{text}");
        }
    }

    /// N7: run counts and times while they are asked for, and what the verifier did.
    #[test]
    #[ignore = "needs root"]
    fn n7_functions_tell_what_they_cost() {
        let bpf = load(2);
        let stats = bcc_runtime::system::measure_run_time().unwrap();
        (0..100).for_each(send);
        drop(stats);
        let health = bpf.health().unwrap();
        let mut programs = health.programs.iter();
        let name = "tracepoint__syscalls__sys_enter_getpriority";
        let program = programs.find(|program| program.name == name).unwrap();
        assert!(program.runs >= 100, "{program:?}");
        assert!(program.mean_run_time().unwrap().as_nanos() > 0);
        // `None` where the kernel does not tell.
        assert_ne!(program.verified_instructions, Some(0), "{program:?}");
    }

    bpf_program! {
        mod rooms;

        BPF_HASH(some, u32, u64, 16);
        BPF_TABLE("lru_hash", u32, u64, newest, 64);
        BPF_TABLE("percpu_hash", u32, u64, each, 8);
        BPF_HASH(large, u32, u64, 20000);
        BPF_ARRAY(always, u64, 4);

        TRACEPOINT_PROBE(syscalls, sys_enter_setpriority) {
            u32 key = 0;
            always.lookup(&key);
            some.lookup(&key);
            newest.lookup(&key);
            each.lookup(&key);
            large.lookup(&key);
            return 0;
        }
    }

    /// How full maps are; of a large one only if asked to, of none if asked not to.
    #[test]
    #[ignore = "needs root"]
    fn maps_tell_how_full_they_are() {
        let bpf = rooms::load().unwrap();
        let entries = |report: &HealthReport| -> Vec<(String, Option<u32>, u32)> {
            let maps = report.maps.iter();
            maps.map(|it| (it.map.clone(), it.entries, it.max_entries))
                .collect()
        };
        let row = |map: &str, entries, room| (map.to_owned(), entries, room);
        for key in 0..20 {
            bpf.maps.large.update(&key, &1).unwrap();
        }
        for key in 0..15 {
            bpf.maps.some.update(&key, &1).unwrap();
        }
        let report = bpf.health().unwrap();
        let expected = [
            row("each", Some(0), 8),
            row("large", None, 20000),
            row("newest", Some(0), 64),
            row("some", Some(15), 16),
        ];
        let mut found = entries(&report);
        found.sort();
        assert_eq!(found, expected);
        assert_eq!(report.to_string(), "no failures");

        bpf.maps.some.update(&15, &1).unwrap();
        assert!(bpf.maps.some.update(&16, &1).is_err());
        for key in 0..1000 {
            bpf.maps.newest.update(&key, &1).unwrap();
        }
        let report = bpf.health_with_opts(&HealthOpts::new().count_up_to(20000));
        let report = report.unwrap();
        let found = entries(&report);
        assert!(found.contains(&row("some", Some(16), 16)), "{found:?}");
        assert!(found.contains(&row("large", Some(20), 20000)), "{found:?}");
        let newest = report.maps.iter().find(|it| it.map == "newest").unwrap();
        assert!(newest.evicts && newest.entries.unwrap() > 32, "{newest:?}");
        let text = report.to_string();
        let line = "`some` is full: 16 of 16 entries, new ones are refused; make it larger with \
                    `.max_entries(\"some\", N)`";
        assert!(text.lines().any(|it| it == line), "{text}");

        let report = bpf.health_with_opts(&HealthOpts::new().count_up_to(0));
        let report = report.unwrap();
        assert!(report.maps.iter().all(|it| it.entries.is_none()));
        assert_eq!(report.to_string(), "no failures");
    }
}
