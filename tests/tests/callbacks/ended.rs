//! Callbacks that end the poll which called them: what is left comes with the next one.

mod root {
    use crate::{load, outputs};
    use bcc_runtime::Bpf;
    use bcc_runtime::map::PerfBufferOpts;
    use bcc_tests::{send, stay_on_this_cpu, thread_id};
    use std::ops::ControlFlow;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::{Arc, Mutex};
    use std::time::{Duration, Instant};

    const SOON: Duration = Duration::from_secs(5);
    const NOW: Duration = Duration::ZERO;
    const GO_ON: ControlFlow<()> = ControlFlow::Continue(());
    const END: ControlFlow<()> = ControlFlow::Break(());

    /// What callbacks were called with, by the name of the map.
    type Got = Arc<Mutex<Vec<(&'static str, u64)>>>;

    /// A callback for a map, which ends the poll at each multiple of three.
    fn take(map: &'static str, got: &Got) -> impl FnMut(u64) -> ControlFlow<()> + Send + use<> {
        let got = Arc::clone(got);
        move |number| {
            got.lock().unwrap().push((map, number));
            if number % 3 == 0 { END } else { GO_ON }
        }
    }

    /// The numbers that came from a map.
    fn numbers(got: &Got, map: &str) -> Vec<u64> {
        let got = got.lock().unwrap();
        let of_map = got.iter().filter(|(name, _)| *name == map);
        of_map.map(|(_, number)| *number).collect()
    }

    /// A poll that is to end at once, and has been ended by a callback.
    fn ended(bpf: &mut outputs::Bpf) -> usize {
        let start = Instant::now();
        let handled = bpf.perf_buffer_poll(SOON).unwrap();
        assert!(bpf.stopped() && start.elapsed() < SOON / 2);
        handled
    }

    fn check_one_map(bpf: &mut outputs::Bpf, got: &Got, map: &str) {
        (1..=7).for_each(send);
        assert!(!bpf.stopped());
        assert_eq!(ended(bpf), 3);
        assert_eq!(numbers(got, map), [1, 2, 3]);
        // What comes now is not lost either, nor does it come before what was there.
        send(8);
        assert_eq!(ended(bpf), 3);
        assert_eq!(numbers(got, map), [1, 2, 3, 4, 5, 6]);
        assert_eq!(bpf.perf_buffer_poll(SOON).unwrap(), 2);
        assert!(!bpf.stopped());
        assert_eq!(numbers(got, map), [1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(bpf.perf_buffer_poll(NOW).unwrap(), 0);
        assert_eq!(bpf.lost(), 0);
    }

    /// Each poll gives what there is up to the end, and the next one goes on without a wait, for all
    /// kinds of buffer.
    #[test]
    #[ignore = "needs root"]
    fn the_next_poll_goes_on() {
        stay_on_this_cpu();
        for (map, ring) in [("perf", None), ("perf", Some(1 << 16)), ("ring", None)] {
            let (mut bpf, got) = (load(ring), Got::default());
            let mut callback = take(map, &got);
            if map == "ring" {
                let opened = bpf.maps.ring.open_ring_buffer(move |e| callback(e.number));
                opened.unwrap();
            } else {
                // No event is announced a second time by a timer.
                let opts = PerfBufferOpts::new().latency(Duration::MAX);
                let opts = if ring.is_none() {
                    opts.wakeup_events(1)
                } else {
                    opts
                };
                let opened = bpf
                    .maps
                    .perf
                    .open_perf_buffer_with_opts(opts, move |_cpu, e| callback(e.number));
                opened.unwrap();
                if ring.is_some() {
                    // Too few bytes to be announced: what is there is handed over when time is over.
                    (1..=3).for_each(send);
                    assert_eq!(bpf.perf_buffer_poll(NOW).unwrap(), 3);
                    assert!(bpf.stopped());
                    send(4);
                    assert_eq!(bpf.perf_buffer_consume().unwrap(), 1);
                    assert_eq!(numbers(&got, map), [1, 2, 3, 4]);
                    continue;
                }
            }
            check_one_map(&mut bpf, &got, map);
        }
    }

    /// Buffers of several maps: the end of one leaves what the others have for the next poll, and each
    /// has its turn however often one ends it.
    #[test]
    #[ignore = "needs root"]
    fn the_other_maps_go_on() {
        stay_on_this_cpu();
        let (mut bpf, got) = (load(None), Got::default());
        let mut callback = take("perf", &got);
        let opened = bpf.maps.perf.open_perf_buffer(move |_cpu, e| {
            let _goes_on = callback(e.number);
            END
        });
        opened.unwrap();
        let mut callback = take("other", &got);
        let opened = bpf.maps.other.open_perf_buffer(move |_cpu, e| {
            let _goes_on = callback(e.number);
        });
        opened.unwrap();
        let mut callback = take("ring", &got);
        let opened = bpf.maps.ring.open_ring_buffer(move |e| {
            let _goes_on = callback(e.number);
        });
        opened.unwrap();
        (1..=5).for_each(send);
        let polls: Vec<_> = std::iter::from_fn(|| {
            let handled = bpf.perf_buffer_consume().unwrap();
            (handled > 0).then_some((handled, bpf.stopped()))
        })
        .collect();
        assert_eq!(polls.iter().map(|(handled, _)| handled).sum::<usize>(), 15);
        // One event, then those of the other maps and the second one, then the rest one by one.
        let sizes: Vec<_> = polls.iter().map(|(handled, _)| *handled).collect();
        assert_eq!(sizes, [1, 11, 1, 1, 1]);
        assert!(polls.iter().all(|(_, stopped)| *stopped));
        assert!(!bpf.stopped());
        for map in ["perf", "other", "ring"] {
            assert_eq!(numbers(&got, map), [1, 2, 3, 4, 5], "{map}");
        }
    }

    /// A buffer that is closed, or has another callback, between two polls: what is left in a perf
    /// buffer goes with it, in a ring buffer it stays; the rest of the poll goes on.
    #[test]
    #[ignore = "needs root"]
    fn closed_buffers_are_left_out() {
        stay_on_this_cpu();
        let (mut bpf, got) = (load(None), Got::default());
        let mut callback = take("perf", &got);
        let opened = bpf
            .maps
            .perf
            .open_perf_buffer(move |_, e| callback(e.number));
        opened.unwrap();
        let mut callback = take("ring", &got);
        let opened = bpf.maps.ring.open_ring_buffer(move |e| callback(e.number));
        opened.unwrap();
        (1..=5).for_each(send);
        assert_eq!(bpf.perf_buffer_consume().unwrap(), 3);
        assert_eq!(numbers(&got, "perf"), [1, 2, 3]);
        assert!(bpf.maps.perf.close_perf_buffer());
        assert_eq!(ended(&mut bpf), 3);
        assert_eq!(numbers(&got, "ring"), [1, 2, 3]);
        let mut callback = take("again", &got);
        let opened = bpf.maps.ring.open_ring_buffer(move |e| callback(e.number));
        opened.unwrap();
        assert_eq!(bpf.perf_buffer_poll(NOW).unwrap(), 2);
        assert_eq!(numbers(&got, "again"), [4, 5]);
        assert_eq!(numbers(&got, "perf"), [1, 2, 3]);
        // A handle that outlives its program keeps nothing running.
        let mut map = bpf.maps.ring.clone();
        drop(bpf);
        assert!(map.close_ring_buffer());
    }

    /// A panic leaves what comes behind its event for the next poll, as an end does.
    #[test]
    #[ignore = "needs root"]
    fn a_panic_leaves_the_rest() {
        stay_on_this_cpu();
        let (mut bpf, got) = (load(None), Got::default());
        let mut callback = take("perf", &got);
        let opts = PerfBufferOpts::new().wakeup_events(1);
        let opened = bpf
            .maps
            .perf
            .open_perf_buffer_with_opts(opts, move |_cpu, e| {
                let flow = callback(e.number);
                assert!(flow.is_continue(), "three");
            });
        opened.unwrap();
        (1..=5).for_each(send);
        let poll = catch_unwind(AssertUnwindSafe(|| bpf.perf_buffer_poll(SOON)));
        assert_eq!(poll.unwrap_err().downcast_ref(), Some(&"three"));
        assert_eq!(bpf.perf_buffer_poll(SOON).unwrap(), 2);
        assert_eq!(numbers(&got, "perf"), [1, 2, 3, 4, 5]);
    }

    /// The callback for losses ends a poll as well.
    #[test]
    #[ignore = "needs root"]
    fn losses_end_polls() {
        stay_on_this_cpu();
        let mut bpf = load(None);
        let opts = PerfBufferOpts::new().pages(1).on_lost(|_cpu, _count| END);
        let opened = bpf.maps.perf.open_perf_buffer_with_opts(opts, |_, _| ());
        opened.unwrap();
        (0..1000).for_each(send);
        let fit = bpf.perf_buffer_poll(NOW).unwrap();
        assert!(0 < fit && fit < 1000, "{fit}");
        // The loss is told in front of the next event that fits.
        send(1000);
        assert_eq!(bpf.perf_buffer_poll(NOW).unwrap(), 0);
        assert!(bpf.stopped());
        assert_eq!(bpf.perf_buffer_poll(NOW).unwrap(), 1);
        assert_eq!(bpf.lost(), 1000 - fit as u64);
    }

    /// Callbacks of a text that came at run time, for both kinds of buffer.
    #[test]
    #[ignore = "needs root"]
    fn texts_end_polls() {
        stay_on_this_cpu();
        let text = format!(
            "BPF_PERF_OUTPUT(perf);
             BPF_RINGBUF_OUTPUT(ring, 8);
             TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {{
                 if ((u32)bpf_get_current_pid_tgid() != {}) return 0;
                 u64 number = (u32)args->who;
                 perf.perf_submit(args, &number, sizeof(number));
                 ring.ringbuf_output(&number, sizeof(number), 0);
                 return 0;
             }}",
            thread_id()
        );
        let mut bpf = Bpf::builder().text(text).load().unwrap();
        let end_at_two = |number: u64| if number == 2 { END } else { GO_ON };
        let perf = bpf.map("perf").unwrap();
        let opened = perf.open_perf_buffer(move |_cpu, n| end_at_two(n.as_u64().unwrap()));
        opened.unwrap();
        (1..=3).for_each(send);
        assert_eq!(bpf.perf_buffer_poll(NOW).unwrap(), 2);
        assert!(bpf.stopped());
        assert_eq!(bpf.perf_buffer_poll(NOW).unwrap(), 1);
        assert!(perf.close_buffer());
        let ring = bpf.map("ring").unwrap();
        let opened = ring.open_ring_buffer(move |n| end_at_two(n.as_u64().unwrap()));
        opened.unwrap();
        assert_eq!(bpf.ring_buffer_poll(NOW).unwrap(), 2);
        assert!(bpf.stopped());
        assert_eq!(bpf.ring_buffer_poll(NOW).unwrap(), 1);
    }
}
