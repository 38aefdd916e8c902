//! Handles go anywhere: to other threads, into structs without a lifetime; and they stay usable
//! after whatever fails.

/// What the compiler checks: a handle that stops being `Send` fails to build.
mod types {
    use bcc_runtime::{
        Bpf, Builder, Error, Event, EventReader, EventStream, Global, HeldChild, Histogram, Link,
        PidNamespace, SectionName, TraceFields, Value, attach, bpf_program, dynamic, map,
        perf_event, program,
    };

    bpf_program! {
        mod module;
        struct pair_t { u32 one; u64 two; };
        BPF_HASH(counts, u32, struct pair_t);
        BPF_PERF_OUTPUT(events);
        u64 total = 0;
        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            struct pair_t pair = { 1, 2 };
            events.perf_submit(args, &pair, sizeof(pair));
            total++;
            return 0;
        }
    }

    /// Compiles for types that other threads can use at the same time, and that borrow nothing.
    const fn shared<T: Send + Sync + 'static>() {}

    /// Compiles for types that can be sent to other threads, and that borrow nothing.
    const fn sent<T: Send + 'static>() {}

    type Pair = module::PairT;

    const _: () = {
        shared::<Bpf>();
        shared::<module::Bpf>();
        shared::<Link>();
        shared::<Error>();
        shared::<Event<Pair>>();
        shared::<Value>();
        shared::<TraceFields>();
        shared::<HeldChild>();
        shared::<PidNamespace>();
        shared::<Histogram<SectionName>>();
        shared::<Global<u64>>();
        shared::<perf_event::Counter>();
        // What they own calls back, or reads what has one reader only.
        sent::<EventReader<Pair>>();
        sent::<EventReader<Value>>();
        sent::<EventStream<Pair>>();
        sent::<attach::IterReader>();
        sent::<attach::RawSocket>();
        sent::<Builder<dynamic::Dynamic>>();
    };

    const _: () = {
        shared::<dynamic::Map>();
        shared::<dynamic::Global>();
        shared::<map::Array<Pair>>();
        shared::<map::ArrayOfMaps<map::Hash<u32, Pair>>>();
        shared::<map::CgroupArray>();
        shared::<map::CpuMap>();
        shared::<map::DevMap>();
        shared::<map::Extern>();
        shared::<map::Hash<u32, Pair>>();
        shared::<map::PercpuHash<u32, Pair>>();
        shared::<map::PerfCounterArray>();
        shared::<map::PerfEventArray<Pair>>();
        shared::<map::ProgArray>();
        shared::<map::Queue<Pair>>();
        shared::<map::RingBuf<Pair>>();
        shared::<map::SockHash<u32>>();
        shared::<map::SockMap>();
        shared::<map::StackTrace>();
        shared::<map::StackTraceBuildId>();
        shared::<map::TaskStorage<Pair>>();
        shared::<map::Untyped>();
        shared::<map::XskMap>();
    };

    const _: () = {
        shared::<program::Any>();
        shared::<program::Dynamic>();
        shared::<program::Iter>();
        shared::<program::Kfunc>();
        shared::<program::Kprobe>();
        shared::<program::Lsm>();
        shared::<program::PerfEvent>();
        shared::<program::RawTracepoint>();
        shared::<program::Registers>();
        shared::<program::Section>();
        shared::<program::Skb>();
        shared::<program::Tracepoint>();
        shared::<program::Xdp>();
    };
}

mod root {
    use bcc_runtime::{Bpf, ErrorKind, Link, Value, bpf_program, map};
    use bcc_tests::{send, thread_id};
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    bpf_program! {
        mod counted;
        const volatile u32 thread = 0;
        struct event_t { u64 number; u64 twice; };
        BPF_HASH(seen, u32, u64, 1);
        BPF_PERF_OUTPUT(events);
        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            struct event_t e = { (u32)args->who, 2 * (u32)args->who };
            events.perf_submit(args, &e, e.number == 13 ? 4 : sizeof(e));
            return 0;
        }
        int idle(struct pt_regs *ctx) { return 0; }
    }

    fn load() -> counted::Bpf {
        let thread = thread_id();
        counted::builder()
            .consts(move |consts| consts.thread = thread)
            .load()
            .unwrap()
    }

    /// A tool's own state, without a lifetime.
    struct Tool {
        bpf: counted::Bpf,
        seen: map::Hash<u32, u64>,
        links: Vec<Link>,
    }

    /// R4, I15: a whole tool moves to another thread, and a handle stays usable after its `Bpf` has
    /// gone.
    #[test]
    #[ignore = "needs root"]
    fn a_tool_moves_to_another_thread() {
        let bpf = load();
        let (seen, links) = (bpf.maps.seen.clone(), Vec::new());
        let tool = Tool { bpf, seen, links };
        let moved = thread::spawn(move || {
            let Tool { bpf, seen, links } = tool;
            seen.update(&1, &2).unwrap();
            drop((bpf, links));
            seen
        });
        assert_eq!(moved.join().unwrap().get(&1).unwrap(), Some(2));
    }

    /// What fails leaves handles as they were: attaching, inserting, decoding, closed buffers.
    #[test]
    #[ignore = "needs root"]
    fn handles_survive_errors() {
        let mut bpf = load();
        let links = bpf.links().len();
        let target = "syscalls:sys_enter_no_such_call";
        let error = bpf.attach_tracepoint(target, "idle").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error:#}");
        assert!(
            bpf.progs
                .idle
                .attach_uprobe("c", "no_such_function")
                .is_err()
        );
        assert_eq!(bpf.links().len(), links);
        bpf.attach_uprobe("c", "getpid", "idle").unwrap();
        assert_eq!(bpf.links().len(), links + 1);

        let seen = bpf.maps.seen.clone();
        seen.insert(&1, &10).unwrap();
        let kind = |result: bcc_runtime::Result<()>| result.unwrap_err().kind();
        assert_eq!(kind(seen.insert(&1, &11)), ErrorKind::AlreadyExists);
        assert_eq!(kind(seen.update(&2, &20)), ErrorKind::MapFull);
        assert_eq!(seen.items().unwrap(), [(1, 10)]);
        assert!(seen.remove(&1).unwrap());
        seen.insert(&2, &20).unwrap();

        let none = bpf.perf_buffer_poll(Duration::ZERO).unwrap_err();
        assert_eq!(none.kind(), ErrorKind::InvalidInput);
        let (sender, events) = mpsc::channel();
        let callback = move |_cpu, event: &counted::EventT| sender.send(event.twice).unwrap();
        bpf.maps.events.open_perf_buffer(callback).unwrap();
        for who in [1, 13, 2] {
            send(who);
        }
        let short = bpf.perf_buffer_poll(Duration::from_secs(5)).unwrap_err();
        assert_eq!(short.kind(), ErrorKind::Decode, "{short:#}");
        send(3);
        assert_eq!(bpf.perf_buffer_poll(Duration::from_secs(5)).unwrap(), 1);
        assert_eq!(events.try_iter().collect::<Vec<_>>(), [2, 4, 6]);
        assert!(bpf.maps.events.close_perf_buffer());
        assert!(!bpf.maps.events.close_perf_buffer());
        assert!(bpf.perf_buffer_consume().is_err());
        let mut reader = bpf.maps.events.reader().unwrap();
        send(4);
        let event = reader.next_timeout(Duration::from_secs(5)).unwrap();
        assert_eq!(
            event.and_then(bcc_runtime::Event::record).unwrap().number,
            4
        );
    }

    /// The same for maps of a text that came at run time, from several threads at once.
    #[test]
    #[ignore = "needs root"]
    fn dynamic_handles_survive_errors() {
        let text = "BPF_HASH(counts, u32, u64, 4); BPF_ARRAY(slots, u64, 2);";
        let bpf = Bpf::builder().text(text).load().unwrap();
        let (counts, slots) = (bpf.map("counts").unwrap(), bpf.map("slots").unwrap());
        assert_eq!(bpf.map("count").unwrap_err().kind(), ErrorKind::NotFound);
        thread::scope(|scope| {
            for key in 0..4_u32 {
                let (counts, slots) = (&counts, &slots);
                scope.spawn(move || {
                    let error = counts.update("no number", 1_u64).unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error:#}");
                    let error = slots.update(7_u32, 1_u64).unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error:#}");
                    assert!(slots.push(1_u64).is_err());
                    counts.insert(key, u64::from(key)).unwrap();
                });
            }
        });
        assert_eq!(
            counts.insert(9_u32, 1_u64).unwrap_err().kind(),
            ErrorKind::MapFull
        );
        drop(bpf);
        assert_eq!(counts.len().unwrap(), 4);
        assert_eq!(counts.get(3_u32).unwrap(), Some(Value::from(3_u64)));
    }
}
