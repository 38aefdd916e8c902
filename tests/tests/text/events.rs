//! Events, read by their types.

mod root {
    use crate::common::load;
    use bcc_runtime::{ErrorKind, Value};
    use bcc_tests::send;
    use std::fs;
    use std::sync::mpsc;
    use std::time::Duration;

    /// Events of a struct with members of all sorts, through a perf buffer.
    #[test]
    #[ignore = "needs root"]
    fn s46_events_are_read_by_their_struct() {
        let mut bpf = load(text!(
            "enum color { RED = 1, GREEN };
             struct inner_t { s16 a[3]; };
             struct event_t {
                 u32 pid; char comm[TASK_COMM_LEN]; bool yes; enum color color, other;
                 struct inner_t inner; union { u64 all; u32 low; }; unsigned __int128 wide;
                 s8 small : 3; u32 bits : 9; double real; void *where; u8 raw[2];
             };
             BPF_PERF_OUTPUT(events);
             TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
                 if (OTHERS) return 0;
                 struct event_t event = {};
                 event.pid = args->who;
                 bpf_get_current_comm(&event.comm, sizeof(event.comm));
                 event.yes = 1;
                 event.color = GREEN;
                 event.other = 7;
                 event.inner.a[1] = -2;
                 event.all = 0x100000005ULL;
                 event.wide = (unsigned __int128)1 << 100;
                 event.small = -3;
                 event.bits = 300;
                 event.where = (void *)0xfff0ULL;
                 event.raw[1] = 9;
                 events.perf_submit(args, &event, sizeof(event));
                 return 0;
             }"
        ));
        let (sender, receiver) = mpsc::channel();
        let events = bpf.map("events").unwrap();
        events
            .open_perf_buffer(move |_cpu, event| sender.send(event.clone()).unwrap())
            .unwrap();
        send(42);
        assert_eq!(bpf.perf_buffer_poll(Duration::from_secs(5)).unwrap(), 1);
        let event = receiver.try_recv().unwrap();
        let expected: [(&str, Value); 12] = [
            ("pid", 42.into()),
            ("yes", true.into()),
            ("color", 2.into()),
            ("other", 7.into()),
            ("all", 0x1_0000_0005_u64.into()),
            ("low", 5.into()),
            ("wide", (1_u128 << 100).into()),
            ("small", (-3).into()),
            ("bits", 300.into()),
            ("real", 0.0.into()),
            ("where", 0xfff0.into()),
            ("raw", vec![0, 9].into()),
        ];
        for (name, value) in expected {
            assert_eq!(event[name], value, "{name}");
        }
        assert_eq!(event["color"], "GREEN");
        assert_eq!(event["other"].as_str(), None);
        assert_eq!(event["inner"]["a"][1], -2);
        let comm = fs::read_to_string("/proc/thread-self/comm").unwrap();
        assert_eq!(event["comm"], comm.trim_end());
        assert_eq!(event.as_record().unwrap().type_name(), "struct event_t");
        assert_eq!(events.lost().unwrap(), 0);
        assert!(events.close_buffer() && !events.close_buffer());
    }

    /// S18: a ring buffer by name; an event of a plain number.
    #[test]
    #[ignore = "needs root"]
    fn s18_ring_buffer_by_name() {
        let mut bpf = load(text!(
            "BPF_RINGBUF_OUTPUT(ring, 1);
             TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
                 if (OTHERS) return 0;
                 u64 who = args->who;
                 ring.ringbuf_output(&who, sizeof(who), 0);
                 return 0;
             }"
        ));
        let (sender, receiver) = mpsc::channel();
        let ring = bpf.map("ring").unwrap();
        ring.open_ring_buffer(move |event| sender.send(event.as_u64()).unwrap())
            .unwrap();
        send(5);
        send(6);
        assert_eq!(bpf.ring_buffer_poll(Duration::from_secs(5)).unwrap(), 2);
        assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [Some(5), Some(6)]);
        let error = ring.open_perf_buffer(|_, _| ()).unwrap_err();
        let expected = "map `ring` is a RingBuf, which carries no events through perf buffers";
        assert_eq!(error.to_string(), expected);
    }

    /// Events of other types than structs; a type inside a function has no name outside.
    #[test]
    #[ignore = "needs root"]
    fn events_of_other_types() {
        let mut bpf = load(text!(
            "enum color { RED, GREEN = 5 };
             typedef struct { u16 n; } pair_t;
             BPF_PERF_OUTPUT(colors);
             BPF_PERF_OUTPUT(pairs);
             BPF_PERF_OUTPUT(numbers);
             BPF_PERF_OUTPUT(locals);
             BPF_PERF_OUTPUT(local_enums);
             TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
                 if (OTHERS) return 0;
                 enum inner { X = 3 } inner = X;
                 struct local_t { u32 a; } local = { 7 };
                 enum color color = GREEN;
                 pair_t pair = { 6 };
                 s32 numbers_of[2] = { -1, 2 };
                 colors.perf_submit(args, &color, sizeof(color));
                 pairs.perf_submit(args, &pair, sizeof(pair));
                 numbers.perf_submit(args, &numbers_of, sizeof(numbers_of));
                 locals.perf_submit(args, &local, sizeof(local));
                 local_enums.perf_submit(args, &inner, sizeof(inner));
                 return 0;
             }"
        ));
        let (sender, receiver) = mpsc::channel();
        for (name, map) in bpf.maps.iter() {
            let (name, sender) = (name.to_owned(), sender.clone());
            map.open_perf_buffer(move |_, event| sender.send(format!("{name} {event}")).unwrap())
                .unwrap();
        }
        send(1);
        bpf.perf_buffer_poll(Duration::from_secs(5)).unwrap();
        bpf.perf_buffer_consume().unwrap();
        let mut events: Vec<String> = receiver.try_iter().collect();
        events.sort();
        let expected = [
            "colors GREEN",
            "local_enums 03 00 00 00",
            "locals 07 00 00 00",
            "numbers [-1, 2]",
            "pairs {n: 6}",
        ];
        assert_eq!(events, expected);
    }

    /// An event that is too short for its type is an error, never a wrong value.
    #[test]
    #[ignore = "needs root"]
    fn short_events_are_refused() {
        let mut bpf = load(text!(
            "struct event_t { u64 a, b, c; };
             BPF_PERF_OUTPUT(events);
             TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
                 if (OTHERS) return 0;
                 struct event_t event = {};
                 events.perf_submit(args, &event, 4);
                 return 0;
             }"
        ));
        let events = bpf.map("events").unwrap();
        events
            .open_perf_buffer(|_, event| panic!("decoded {event}"))
            .unwrap();
        send(1);
        let error = bpf.perf_buffer_poll(Duration::from_secs(5)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
    }
}
