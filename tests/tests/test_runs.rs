//! K10: programs run with made-up input.

mod root {
    use bcc_runtime::{ErrorKind, Event, TestRun, bpf_program};
    use std::time::Duration;

    bpf_program! {
        mod packets;

        struct seen_t { u32 length; u32 mark; };
        BPF_PERF_OUTPUT(events);
        BPF_ARRAY(runs, u64, 1);
        BPF_ARRAY(arguments, u64, 2);

        int swap(struct xdp_md *ctx) {
            u8 *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
            if (data + 14 > end)
                return XDP_ABORTED;
            runs.increment(0);
            u8 first = data[0];
            data[0] = data[6];
            data[6] = first;
            struct seen_t seen = { .length = end - data };
            events.perf_submit(ctx, &seen, sizeof(seen));
            return XDP_TX;
        }

        int marked(struct __sk_buff *skb) {
            u32 mark = skb->mark;
            skb->mark = mark + 1;
            return mark;
        }

        RAW_TRACEPOINT_PROBE(sched_switch) {
            int first = 0, second = 1;
            u64 a = ctx->args[0], b = ctx->args[1];
            arguments.update(&first, &a);
            arguments.update(&second, &b);
            return 5;
        }

        int probed(struct pt_regs *ctx) { return 0; }
    }

    fn load() -> packets::Bpf {
        packets::builder().auto_attach(false).load().unwrap()
    }

    /// A packet goes through, is changed, counted and told of, as often as asked for.
    #[test]
    #[ignore = "needs root"]
    fn k10_xdp() {
        let bpf = load();
        let mut reader = bpf.maps.events.reader().unwrap();
        let mut packet = [0_u8; 64];
        (packet[0], packet[6]) = (1, 7);
        let output = bpf
            .progs
            .swap
            .test_run(&TestRun::new().data(&packet))
            .unwrap();
        assert_eq!(output.returned, 3, "XDP_TX");
        assert_eq!(output.data.len(), 64);
        assert_eq!((output.data[0], output.data[6]), (7, 1));
        assert_eq!(output.data_as::<[u8; 3]>(), Some([7, 0, 0]));
        assert_eq!(output.data_as::<[u8; 65]>(), None);
        let event = reader.next_timeout(Duration::from_secs(5)).unwrap();
        let length = event.and_then(Event::record).map(|seen| seen.length);
        assert_eq!(length, Some(64));
        let often = TestRun::new().data(&packet[..]).repeat(1000);
        let output = bpf.progs.swap.test_run(&often).unwrap();
        assert_eq!(output.data[0], 1, "swapped again and again");
        assert!(output.duration < Duration::from_millis(1));
        assert_eq!(bpf.maps.runs.get(0).unwrap(), 1001);
    }

    /// The context of a packet, in and out.
    #[test]
    #[ignore = "needs root"]
    fn k10_context() {
        let bpf = load();
        let mut context = [0_u32; 48];
        context[2] = 41;
        let run = TestRun::new().data(&[0_u8; 20]).context(&context);
        let output = bpf.progs.marked.test_run(&run).unwrap();
        assert_eq!((output.returned, output.context.len()), (41, 0));
        let output = bpf.progs.marked.test_run(&run.keep_context()).unwrap();
        let context = output.context_as::<[u32; 48]>().unwrap();
        assert_eq!(context[2], 42, "struct __sk_buff, mark");
    }

    /// The arguments of a raw tracepoint.
    #[test]
    #[ignore = "needs root"]
    fn k10_raw_tracepoint() {
        let bpf = load();
        let program = &bpf.progs.raw_tracepoint__sched_switch;
        let run = TestRun::new().context(&[3_u64, 4, 0, 0]);
        assert_eq!(program.test_run(&run).unwrap().returned, 5);
        assert_eq!(bpf.maps.arguments.get(0).unwrap(), 3);
        assert_eq!(bpf.maps.arguments.get(1).unwrap(), 4);
        program.test_run(&run.clone().cpu(0)).unwrap();
        let error = program.test_run(&run.repeat(2)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(
            error
                .to_string()
                .ends_with("; only runs with a packet can be repeated"),
            "{error}"
        );
    }

    /// What the kernel cannot run, and what it finds unfit.
    #[test]
    #[ignore = "needs root"]
    fn k10_refusals() {
        let bpf = load();
        let error = bpf.progs.probed.test_run(&TestRun::new()).unwrap_err();
        let expected = "the kernel cannot run `probed` for a test: it is a Kprobe program; programs \
                        for packets and raw tracepoints can be";
        assert_eq!(error.to_string(), expected);
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        let short = TestRun::new().data(&[0_u8; 13]);
        for (run, hint) in [
            (
                short,
                "; a packet begins with an Ethernet header, which has 14 bytes",
            ),
            (
                TestRun::new(),
                "; a packet is given with `.data(..)`, arguments with `.context(..)`",
            ),
        ] {
            let error = bpf.progs.swap.test_run(&run).unwrap_err();
            let expected =
                format!("the kernel finds the input unfit for `swap`, a Xdp program{hint}");
            assert_eq!(error.to_string(), expected);
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
        }
    }
}
