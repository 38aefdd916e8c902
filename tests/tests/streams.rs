//! L2: events on tokio; L14: the events of a command from its first instruction on.

mod root {
    use bcc_runtime::map::PerfBufferOpts;
    use bcc_runtime::{Event, EventStream, HeldChild, bpf_program};
    use bcc_tests::{send, thread_id};
    use std::process::Command;
    use std::time::Duration;

    bpf_program! {
        mod outputs;

        const volatile u32 process = 0;

        BPF_PERF_OUTPUT(perf);
        BPF_RINGBUF_OUTPUT(ring, 8);

        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            if ((u32)bpf_get_current_pid_tgid() != process)
                return 0;
            struct event_t { u64 number; } e = { (u32)args->who };
            ring.ringbuf_output(&e, sizeof(e), 0);
            return 0;
        }

        struct opened_t { char path[64]; };

        TRACEPOINT_PROBE(syscalls, sys_enter_openat) {
            if (bpf_get_current_pid_tgid() >> 32 != process)
                return 0;
            struct opened_t e = {};
            bpf_probe_read_user_str(e.path, sizeof(e.path), args->filename);
            perf.perf_submit(args, &e, sizeof(e));
            return 0;
        }

        TRACEPOINT_PROBE(syscalls, sys_enter_execve) {
            if (bpf_get_current_pid_tgid() >> 32 != process)
                return 0;
            struct opened_t e = {};
            bpf_probe_read_user_str(e.path, sizeof(e.path), args->filename);
            perf.perf_submit(args, &e, sizeof(e));
            return 0;
        }
    }

    fn load(process: u32) -> outputs::Bpf {
        outputs::builder()
            .consts(move |consts| consts.process = process)
            .load()
            .unwrap()
    }

    /// L2: a task gets events that were there, that come while it waits, and none that is not
    /// there; the runtime's other tasks run.
    #[test]
    #[ignore = "needs root"]
    fn l2_events_on_tokio() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let bpf = load(thread_id());
            let mut events = EventStream::new(bpf.maps.ring.reader().unwrap()).unwrap();
            send(1);
            let first = events.next().await.unwrap().record().unwrap();
            assert_eq!(first.number, 1);
            let wait = Duration::from_millis(250);
            let nothing = tokio::time::timeout(wait, events.next()).await;
            assert!(nothing.is_err(), "{nothing:?}");
            let (event, ()) = tokio::join!(events.next(), async {
                tokio::time::sleep(Duration::from_millis(20)).await;
                send(2);
            });
            assert_eq!(event.unwrap().record().unwrap().number, 2);
            for round in 0..20 {
                (0..500).for_each(send);
                for number in 0..500 {
                    let event = events.next().await.unwrap().record().unwrap();
                    assert_eq!(event.number, number, "{round}");
                }
            }
            assert_eq!(events.reader().received(), 10_002);
        });
    }

    /// L14: everything from `execve` on, by the number the process has before.
    #[test]
    #[ignore = "needs root"]
    fn l14_held_child() {
        let mut command = Command::new("/bin/cat");
        command
            .arg("/proc/self/comm")
            .stdout(std::process::Stdio::null());
        let held = HeldChild::spawn(command).unwrap();
        let bpf = load(held.id());
        let opts = PerfBufferOpts::new().bytes(1 << 16);
        let mut reader = bpf.maps.perf.reader_with_opts(opts).unwrap();
        assert!(held.resume().unwrap().wait().unwrap().success());
        let paths: Vec<_> = reader
            .try_iter()
            .filter_map(|event| event.unwrap().record())
            .map(|event: outputs::OpenedT| event.path.to_string())
            .collect();
        // Each CPU has events of its own, so one that comes later on another may be read first.
        for path in ["/bin/cat", "/proc/self/comm"] {
            assert!(paths.contains(&path.to_owned()), "{paths:?}");
        }
    }

    /// `Event` is what both ways give.
    #[test]
    fn losses_are_no_records() {
        assert_eq!(Event::<u8>::Lost(3).record(), None);
    }
}
