//! Perf buffers: events, losses, options, panics.

program! {
    mod output;
    maps { events: PerfEventArray<[u64; 2]>, raw_events: PerfEventArray<Bytes> }
    progs {
        send: Registers = AttachSpec::Registers,
        send_raw: Registers = AttachSpec::Registers,
        send_short: Registers = AttachSpec::Registers,
    }
    r#"
#define OUTPUT(name) struct { __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY); __uint(key_size, 4); \
    __uint(value_size, 4); } name SEC(".maps");
OUTPUT(events)
OUTPUT(raw_events)

SEC("kprobe") int send(struct pt_regs *ctx)
{
    u64 data[2] = { PT_REGS_PARM1(ctx), bpf_get_current_pid_tgid() >> 32 };
    bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, data, sizeof(data));
    return 0;
}
SEC("kprobe") int send_raw(struct pt_regs *ctx)
{
    char data[5] = "abcd";
    bpf_perf_event_output(ctx, &raw_events, BPF_F_CURRENT_CPU, data, sizeof(data));
    return 0;
}
SEC("kprobe") int send_short(struct pt_regs *ctx)
{
    u32 data = 7;
    bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &data, sizeof(data));
    return 0;
}
"#
}

mod root {
    use super::output;
    use crate::common::{SELF, call};
    use bcc_runtime::ErrorKind;
    use bcc_runtime::map::PerfBufferOpts;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::mpsc;
    use std::time::{Duration, Instant};

    targets!(
        events_plain events_lost events_batched events_short events_panic events_raw events_reopen
        events_thread
    );

    const SOON: Duration = Duration::from_secs(5);

    /// Polls until so many events came.
    fn poll_for(bpf: &mut output::Bpf, count: usize) {
        let deadline = Instant::now() + SOON;
        let mut seen = 0;
        while seen < count && Instant::now() < deadline {
            seen += bpf.perf_buffer_poll(Duration::from_millis(100)).unwrap();
        }
        assert_eq!(seen, count);
    }

    /// Events arrive typed, in order, from the CPU they were sent on.
    #[test]
    #[ignore = "needs root"]
    fn delivers_events() {
        let mut bpf = output::load().unwrap();
        let (sender, events) = mpsc::channel();
        let callback = move |cpu, event: &[u64; 2]| sender.send((cpu, *event)).unwrap();
        bpf.maps.events.open_perf_buffer(callback).unwrap();
        bpf.attach_uprobe(SELF, "events_plain", "send").unwrap();
        assert_eq!(bpf.perf_buffer_poll(Duration::ZERO).unwrap(), 0);
        call(events_plain, 0..10);
        poll_for(&mut bpf, 10);
        let mut events: Vec<_> = events.try_iter().map(|(_, event)| event).collect();
        events.sort_unstable();
        let pid = u64::from(std::process::id());
        let expected: Vec<_> = (0..10).map(|number| [number, pid]).collect();
        assert_eq!(events, expected);
        assert_eq!((bpf.lost(), bpf.maps.events.lost()), (0, 0));
    }

    /// Polling without an open buffer says what to do; so do options that cannot work.
    #[test]
    #[ignore = "needs root"]
    fn refuses_misuse() {
        let mut bpf = output::load().unwrap();
        let expected = "no buffer of events is open; call `open_perf_buffer` or `open_ring_buffer` on their map first";
        for error in [
            bpf.perf_buffer_poll(SOON).unwrap_err(),
            bpf.perf_buffer_consume().unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert_eq!(error.to_string(), expected);
        }
        let opts = PerfBufferOpts::new().pages(6);
        let error = bpf
            .maps
            .events
            .open_perf_buffer_with_opts(opts, |_, _| {})
            .unwrap_err();
        let expected = "the pages of a perf buffer must be a power of two, not 6; try `.pages(8)`";
        assert_eq!(error.to_string(), expected);
        assert!(bpf.perf_buffer_poll(SOON).is_err(), "nothing was opened");
    }

    /// What is sent is received or lost, nothing else.
    #[test]
    #[ignore = "needs root"]
    fn s52_accounts_for_losses() {
        const SENT: u64 = 20_000;
        let mut bpf = output::load().unwrap();
        let (lost_sender, lost) = mpsc::channel();
        let (event_sender, events) = mpsc::channel();
        let opts = PerfBufferOpts::new()
            .pages(1)
            .on_lost(move |_cpu, count| lost_sender.send(count).unwrap());
        let callback = move |_cpu, event: &[u64; 2]| event_sender.send(event[0]).unwrap();
        bpf.maps
            .events
            .open_perf_buffer_with_opts(opts, callback)
            .unwrap();
        bpf.attach_uprobe(SELF, "events_lost", "send").unwrap();
        call(events_lost, 0..SENT);
        while bpf.perf_buffer_poll(Duration::from_millis(50)).unwrap() > 0 {}
        let received = events.try_iter().count() as u64;
        assert!(received > 0 && received < SENT, "{received}");
        assert_eq!(received + bpf.maps.events.lost(), SENT);
        assert_eq!(bpf.lost(), bpf.maps.events.lost());
        let reported: u64 = lost.try_iter().sum();
        assert!(reported <= bpf.lost(), "{reported} of {}", bpf.lost());
    }

    /// With `wakeup_events`, fewer events come when the wait is over, or after the latency.
    #[test]
    #[ignore = "needs root"]
    fn batches_wakeups() {
        let mut bpf = output::load().unwrap();
        let opts = PerfBufferOpts::new()
            .wakeup_events(1000)
            .latency(Duration::MAX);
        bpf.maps
            .events
            .open_perf_buffer_with_opts(opts, |_, _| {})
            .unwrap();
        bpf.attach_uprobe(SELF, "events_batched", "send").unwrap();
        call(events_batched, 0..3);
        let start = Instant::now();
        assert_eq!(bpf.perf_buffer_poll(Duration::from_millis(200)).unwrap(), 3);
        assert!(start.elapsed() >= Duration::from_millis(200));
        call(events_batched, 0..3);
        assert_eq!(bpf.perf_buffer_consume().unwrap(), 3);

        let opts = PerfBufferOpts::new()
            .wakeup_events(1000)
            .latency(Duration::from_millis(50));
        bpf.maps
            .events
            .open_perf_buffer_with_opts(opts, |_, _| {})
            .unwrap();
        call(events_batched, 0..3);
        let start = Instant::now();
        assert_eq!(bpf.perf_buffer_poll(Duration::MAX).unwrap(), 3);
        assert!(start.elapsed() < SOON);
    }

    /// An event shorter than its type is an error and a count; the next one is fine.
    #[test]
    #[ignore = "needs root"]
    fn refuses_short_events() {
        let mut bpf = output::load().unwrap();
        bpf.maps.events.open_perf_buffer(|_, _| {}).unwrap();
        let short = bpf
            .progs
            .send_short
            .attach_uprobe(SELF, "events_short")
            .unwrap();
        events_short(1);
        let error = bpf.perf_buffer_poll(SOON).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        let expected =
            "an event of map `events` has 4 bytes, too few for its type; submit a whole struct";
        assert_eq!(error.to_string(), expected);
        assert_eq!(bpf.maps.events.malformed(), 1);
        short.detach().unwrap();
        bpf.attach_uprobe(SELF, "events_short", "send").unwrap();
        events_short(1);
        poll_for(&mut bpf, 1);
    }

    /// Events of unknown type come as bytes, padded by the kernel.
    #[test]
    #[ignore = "needs root"]
    fn delivers_bytes() {
        let mut bpf = output::load().unwrap();
        let (sender, events) = mpsc::channel();
        let callback = move |_, event: &[u8]| sender.send(event.to_vec()).unwrap();
        bpf.maps.raw_events.open_perf_buffer(callback).unwrap();
        bpf.attach_uprobe(SELF, "events_raw", "send_raw").unwrap();
        events_raw(1);
        poll_for(&mut bpf, 1);
        let event = events.recv().unwrap();
        assert_eq!(&event[..5], b"abcd\0");
        assert!(event.len() < 5 + 8, "{event:?}");
    }

    /// A panic of a callback comes out of the poll, not out of C; the buffer goes on.
    #[test]
    #[ignore = "needs root"]
    fn carries_panics() {
        let mut bpf = output::load().unwrap();
        let callback = |_, event: &[u64; 2]| assert!(event[0] != 3, "no threes");
        bpf.maps.events.open_perf_buffer(callback).unwrap();
        bpf.attach_uprobe(SELF, "events_panic", "send").unwrap();
        events_panic(3);
        let panic = catch_unwind(AssertUnwindSafe(|| bpf.perf_buffer_poll(SOON))).unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&"no threes"));
        events_panic(4);
        poll_for(&mut bpf, 1);
    }

    /// Opening again replaces the callback; closing stops events.
    #[test]
    #[ignore = "needs root"]
    fn reopens() {
        let mut bpf = output::load().unwrap();
        let (sender, events) = mpsc::channel();
        bpf.maps
            .events
            .open_perf_buffer(|_, _| panic!("replaced"))
            .unwrap();
        let callback = move |_, event: &[u64; 2]| sender.send(event[0]).unwrap();
        bpf.maps.events.open_perf_buffer(callback).unwrap();
        bpf.attach_uprobe(SELF, "events_reopen", "send").unwrap();
        events_reopen(5);
        poll_for(&mut bpf, 1);
        assert_eq!(events.recv().unwrap(), 5);
        assert!(bpf.maps.events.close_perf_buffer());
        assert!(!bpf.maps.events.close_perf_buffer());
        assert!(events.recv().is_err(), "the callback is gone");
    }

    /// A program moves to another thread with its buffers, and two maps are polled together.
    #[test]
    #[ignore = "needs root"]
    fn polls_in_another_thread() {
        let mut bpf = output::load().unwrap();
        let (sender, events) = mpsc::channel();
        let raw_sender = sender.clone();
        let callback = move |_, _: &[u64; 2]| sender.send("typed").unwrap();
        bpf.maps.events.open_perf_buffer(callback).unwrap();
        let callback = move |_, _: &[u8]| raw_sender.send("raw").unwrap();
        bpf.maps.raw_events.open_perf_buffer(callback).unwrap();
        bpf.attach_uprobe(SELF, "events_thread", "send").unwrap();
        bpf.attach_uprobe(SELF, "events_thread", "send_raw")
            .unwrap();
        let thread = std::thread::spawn(move || poll_for(&mut bpf, 2));
        events_thread(1);
        thread.join().unwrap();
        let mut seen: Vec<_> = events.iter().collect();
        seen.sort_unstable();
        assert_eq!(seen, ["raw", "typed"]);
    }
}
