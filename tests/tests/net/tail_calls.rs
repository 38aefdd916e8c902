//! Programs that go on with other programs.

mod root {
    use bcc_runtime::attach::TcHook;
    use bcc_runtime::{ErrorKind, bpf_program};
    use bcc_tests::wire;
    use bcc_tests::{send, thread_id};

    bpf_program! {
        mod calls;

        const volatile u32 thread = 0;

        BPF_PROG_ARRAY(handlers, 4);
        BPF_ARRAY(reached, u64, 3);

        int handler(void *ctx) {
            reached.atomic_increment(1);
            return 0;
        }

        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            reached.atomic_increment(0);
            handlers.call(args, args->who);
            reached.atomic_increment(2);
            return 0;
        }

        int of_a_packet(struct xdp_md *ctx) { return ctx->data_end > ctx->data; }
    }

    /// S21: a call goes on with the program in the slot, which is loaded as the caller's type and
    /// not attached by itself; an empty slot falls through.
    #[test]
    #[ignore = "needs root"]
    fn s21_tail_call_into_a_slot() {
        let thread = thread_id();
        let bpf = calls::builder()
            .consts(move |consts| consts.thread = thread)
            .load()
            .unwrap();
        let reached = || bpf.maps.reached.values().unwrap();
        send(1);
        assert_eq!(reached(), [1, 0, 1]);
        let handlers = &bpf.maps.handlers;
        handlers.set(1, &bpf.progs.handler).unwrap();
        send(1);
        assert_eq!(reached(), [2, 1, 1]);
        send(2);
        assert_eq!(reached(), [3, 1, 2]);
        assert!(handlers.remove(1).unwrap());
        assert!(!handlers.remove(1).unwrap());
        send(1);
        assert_eq!(reached(), [4, 1, 3]);

        let error = handlers.set(4, &bpf.progs.handler).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let error = handlers.set(0, &bpf.progs.of_a_packet).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Verifier, "{error:#}");
        assert!(
            error
                .to_string()
                .ends_with("say so in front of it with `SEC(\"...\")`")
        );
    }

    bpf_program! {
        mod packets;

        BPF_PROG_ARRAY(parser, 4);
        BPF_HASH(ports, u32, u64);

        int udp(struct __sk_buff *skb) {
            struct udp_t *udp = (void *)(u64)skb->cb[0];
            ports.increment(udp->dport);
            return TC_ACT_OK;
        }

        int ip(struct __sk_buff *skb) {
            u8 *cursor = 0;
            struct ethernet_t *ethernet = cursor_advance(cursor, sizeof(*ethernet));
            if (ethernet->type != ETH_P_IP)
                return TC_ACT_OK;
            struct ip_t *ip = cursor_advance(cursor, sizeof(*ip));
            skb->cb[0] = (u64)cursor;
            parser.call(skb, ip->nextp == IPPROTO_UDP ? 2 : 3);
            ports.increment(0);
            return TC_ACT_OK;
        }
    }

    /// S21, S41: a packet's parser goes on in another program, with a place of the packet in `cb`.
    #[test]
    #[ignore = "needs root"]
    fn s21_tail_call_with_a_packet() {
        wire::with_devices(|| {
            let bpf = packets::load().unwrap();
            let _link = bpf.progs.ip.attach_tc("right", TcHook::Ingress).unwrap();
            let sent = wire::frame(b"");
            wire::send("left", &sent);
            bpf.maps.parser.set(2, &bpf.progs.udp).unwrap();
            wire::send("left", &sent);
            let mut ports = bpf.maps.ports.items().unwrap();
            ports.sort_unstable();
            assert_eq!(ports, [(0, 1), (53, 1)]);
        });
    }
}
