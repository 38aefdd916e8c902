//! Callbacks that get many events at once.

mod root {
    use crate::{load, outputs};
    use bcc_runtime::map::{PerfBufferOpts, RingBufferOpts};
    use bcc_tests::{go_to_cpu, needs, send, stay_on_this_cpu};
    use std::ops::ControlFlow;
    use std::sync::{Arc, Mutex};
    use std::time::{Duration, Instant};

    const NOW: Duration = Duration::ZERO;
    const EVENTS: u32 = 3000;
    /// More than are handed over at once.
    const MOST: usize = 1024;

    /// The numbers of each call of a callback.
    type Got = Arc<Mutex<Vec<Vec<u64>>>>;

    /// Opens a map with a callback that ends the poll at each call, or never.
    fn open(bpf: &mut outputs::Bpf, is_ring: bool, ends: bool) -> Got {
        let got = Got::default();
        let calls = Arc::clone(&got);
        let take = move |events: &[outputs::EventT]| {
            let numbers = events.iter().map(|event| event.number).collect();
            calls.lock().unwrap().push(numbers);
            if ends {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let opened = if is_ring {
            let ring = &mut bpf.maps.ring;
            ring.open_ring_buffer_batched(RingBufferOpts::new(), take)
        } else {
            let perf = &mut bpf.maps.perf;
            perf.open_perf_buffer_batched(PerfBufferOpts::new(), move |_cpu, events| take(events))
        };
        opened.unwrap();
        got
    }

    fn kinds() -> [(bool, Option<u32>); 3] {
        [(true, None), (false, None), (false, Some(1 << 18))]
    }

    /// One poll hands over all that is there, in order, in parts that are not too long.
    #[test]
    #[ignore = "needs root"]
    fn all_events_come_in_parts() {
        stay_on_this_cpu();
        for (is_ring, perf_over_ring) in kinds() {
            let mut bpf = load(perf_over_ring);
            let got = open(&mut bpf, is_ring, false);
            for round in 0..2 {
                (0..EVENTS).for_each(send);
                let handled = bpf.perf_buffer_poll(NOW).unwrap();
                assert_eq!(handled, EVENTS as usize, "{is_ring} {round}");
                let calls = std::mem::take(&mut *got.lock().unwrap());
                let sizes: Vec<usize> = calls.iter().map(Vec::len).collect();
                assert_eq!(sizes, [MOST, MOST, EVENTS as usize - 2 * MOST]);
                assert!(calls.concat().into_iter().eq(0..u64::from(EVENTS)));
            }
            assert_eq!(bpf.perf_buffer_poll(NOW).unwrap(), 0);
            assert!(got.lock().unwrap().is_empty());
            assert_eq!(bpf.lost(), 0);
        }
    }

    /// A callback that ends the poll has had its events; the others come with the next one.
    #[test]
    #[ignore = "needs root"]
    fn the_next_poll_goes_on() {
        stay_on_this_cpu();
        for (is_ring, perf_over_ring) in kinds() {
            let mut bpf = load(perf_over_ring);
            let got = open(&mut bpf, is_ring, true);
            (0..EVENTS).for_each(send);
            let mut polls = Vec::new();
            loop {
                let handled = bpf.perf_buffer_consume().unwrap();
                if handled == 0 {
                    break;
                }
                assert!(bpf.stopped());
                polls.push(handled);
            }
            assert_eq!(polls, [MOST, MOST, EVENTS as usize - 2 * MOST]);
            let calls = got.lock().unwrap();
            assert!(calls.concat().into_iter().eq(0..u64::from(EVENTS)));
        }
    }

    /// Events that a callback has put off with the CPU of others come with the next poll, which does not
    /// wait for more.
    #[test]
    #[ignore = "needs root"]
    fn events_of_two_cpus_stay_apart() {
        if std::thread::available_parallelism().unwrap().get() < 2 {
            needs::note("two CPUs");
            return;
        }
        let mut bpf = load(Some(1 << 18));
        let got = open(&mut bpf, false, true);
        go_to_cpu(0);
        (0..3).for_each(send);
        go_to_cpu(1);
        (3..5).for_each(send);
        let polls: Vec<usize> = std::iter::from_fn(|| {
            let start = Instant::now();
            let handled = bpf.perf_buffer_poll(if got.lock().unwrap().len() < 2 {
                Duration::from_secs(5)
            } else {
                NOW
            });
            assert!(start.elapsed() < Duration::from_secs(2));
            Some(handled.unwrap()).filter(|handled| *handled > 0)
        })
        .collect();
        assert_eq!(polls, [3, 2]);
        assert_eq!(*got.lock().unwrap(), [vec![0, 1, 2], vec![3, 4]]);
    }

    /// A callback may ask what its own map has lost.
    #[test]
    #[ignore = "needs root"]
    fn callbacks_ask_for_losses() {
        stay_on_this_cpu();
        let mut bpf = load(None);
        let (perf, ring) = (bpf.maps.perf.clone(), bpf.maps.ring.clone());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (one, other) = (Arc::clone(&asked), Arc::clone(&asked));
        let opened = bpf
            .maps
            .perf
            .open_perf_buffer_batched(PerfBufferOpts::new(), move |_, _| {
                one.lock().unwrap().push(perf.lost());
            });
        opened.unwrap();
        let opened = bpf
            .maps
            .ring
            .open_ring_buffer_batched(RingBufferOpts::new(), move |_| {
                other.lock().unwrap().push(ring.lost().unwrap());
            });
        opened.unwrap();
        (0..4).for_each(send);
        assert_eq!(bpf.perf_buffer_poll(NOW).unwrap(), 8);
        assert_eq!(*asked.lock().unwrap(), [0, 0]);
    }
}
