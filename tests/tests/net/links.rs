//! Links: what the kernel says of them, names in a BPF filesystem, other programs, other owners.

mod root {
    use bcc_runtime::attach::{AttachType, TcHook, XdpFlags};
    use bcc_runtime::perf_event::{Sampling, Software};
    use bcc_runtime::{ErrorKind, Link, bpf_program};
    use bcc_tests::bpffs::BpfFs;
    use bcc_tests::cgroup::Cgroup;
    use bcc_tests::{needs, send, thread_id, wire};
    use std::net::UdpSocket;

    bpf_program! {
        mod programs;

        const volatile u32 thread = 0;
        BPF_ARRAY(counts, u64, 8);

        int first(struct xdp_md *ctx) { counts.atomic_increment(0); return XDP_PASS; }
        int second(struct xdp_md *ctx) { counts.atomic_increment(1); return XDP_PASS; }
        int one(struct __sk_buff *skb) { counts.atomic_increment(2); return 1; }
        int other(struct __sk_buff *skb) { counts.atomic_increment(3); return 1; }
        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            if ((u32)bpf_get_current_pid_tgid() == thread)
                counts.atomic_increment(4);
            return 0;
        }
        RAW_TRACEPOINT_PROBE(sched_switch) { return 0; }
        int on_clock(struct bpf_perf_event_data *ctx) { return 0; }
    }

    fn load() -> programs::Bpf {
        let thread = thread_id();
        programs::builder()
            .consts(move |consts| consts.thread = thread)
            .load()
            .unwrap()
    }

    fn count(bpf: &programs::Bpf, index: u32) -> u64 {
        bpf.maps.counts.get(index).unwrap()
    }

    /// Whether the kernel has links for perf events, as it does since Linux 5.15.
    fn has_event_links(link: &Link) -> bool {
        let has = !link.info().unwrap().is_empty();
        if !has {
            needs::note("links of perf events");
        }
        has
    }

    /// K6: the kernel's words for a link on a device, and for one on each CPU.
    #[test]
    #[ignore = "needs root"]
    fn k6_links_are_described() {
        wire::with_devices(|| {
            let bpf = load();
            let link = bpf.progs.first.attach_xdp("right", XdpFlags::default());
            let link = link.unwrap();
            let info = link.info().unwrap();
            assert_eq!(info.len(), 1);
            assert_eq!(info[0].kind, "xdp");
            let device = u32::try_from(wire::index("right")).unwrap();
            assert_eq!(info[0].device, Some(device));
            assert!(info[0].id > 0 && info[0].program_id > 0);
            let kind = |link: &Link| link.info().unwrap()[0].kind.clone();
            let of = |program: &str| bpf.links().iter().find(|link| link.program() == program);
            let tracepoint = "tracepoint__syscalls__sys_enter_getpriority";
            let raw = "raw_tracepoint__sched_switch";
            assert_eq!(kind(of(raw).unwrap()), "raw_tracepoint");
            if !has_event_links(of(tracepoint).unwrap()) {
                return;
            }
            assert_eq!(kind(of(tracepoint).unwrap()), "perf_event");
            let clock = bpf
                .progs
                .on_clock
                .attach_perf_event(Software::CpuClock, Sampling::Frequency(10));
            let mut clock = clock.unwrap();
            let cpus = std::thread::available_parallelism().unwrap().get();
            assert!(clock.info().unwrap().len() >= cpus);
            let fs = BpfFs::mount("k6-described");
            if cpus > 1 {
                let error = clock.pin(fs.path("clock")).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Unsupported, "{error:#}");
            }
        });
    }

    /// K6: another program takes the place of the first, on a device, in traffic control, on a
    /// cgroup; for a tracepoint the kernel has no such thing.
    #[test]
    #[ignore = "needs root"]
    fn k6_programs_are_replaced() {
        let cgroup = Cgroup::new("links");
        wire::with_devices(|| {
            let bpf = load();
            let progs = &bpf.progs;
            let frame = wire::frame(b"x");
            let mut xdp = progs
                .first
                .attach_xdp("right", XdpFlags::default())
                .unwrap();
            wire::send("left", &frame);
            xdp.update_program(&progs.second).unwrap();
            assert_eq!(xdp.program(), "second");
            wire::send("left", &frame);
            xdp.detach().unwrap();
            wire::send("left", &frame);
            assert_eq!([0, 1].map(|index| count(&bpf, index)), [1; 2]);

            let mut tc = progs.one.attach_tc("right", TcHook::Ingress).unwrap();
            wire::send("left", &frame);
            match tc.info().unwrap().as_slice() {
                // Before Linux 6.6.
                [] => {
                    let error = tc.update_program(&progs.other).unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error:#}");
                    tc = progs.other.attach_tc("right", TcHook::Ingress).unwrap();
                }
                _ => tc.update_program(&progs.other).unwrap(),
            }
            assert_eq!(tc.program(), "other");
            wire::send("left", &frame);
            tc.detach().unwrap();
            wire::send("left", &frame);
            assert_eq!([2, 3].map(|index| count(&bpf, index)), [1; 2]);

            cgroup.enter();
            let egress = AttachType::CgroupInetEgress;
            let mut link = progs.one.attach_cgroup(&cgroup.path, egress).unwrap();
            let info = link.info().unwrap();
            assert_eq!(info[0].attach_type.as_deref(), Some("cgroup_inet_egress"));
            assert!(info[0].cgroup.is_some());
            let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
            let to = socket.local_addr().unwrap();
            socket.send_to(b"x", to).unwrap();
            link.update_program(&progs.other).unwrap();
            socket.send_to(b"x", to).unwrap();
            assert_eq!([2, 3].map(|index| count(&bpf, index)), [2; 2]);
            cgroup.leave();

            let error = link.update_program(&progs.first).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error:#}");
            let mut bpf = bpf;
            let is_event = |link: &Link| link.program().starts_with("tracepoint");
            let mut taken = bpf.take_links(is_event);
            let error = taken[0].update_program(&bpf.progs.first).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error:#}");
        });
    }

    /// K6, L5: a link that was taken out and pinned goes on without its `Bpf`, is found again, and
    /// ends when it is unpinned and dropped.
    #[test]
    #[ignore = "needs root"]
    fn k6_pinned_links_stay() {
        let fs = BpfFs::mount("k6-pinned");
        let path = fs.path("link");
        let mut bpf = load();
        let counts = bpf.maps.counts.clone();
        let is_event = |link: &Link| link.program().starts_with("tracepoint");
        let mut link = bpf.take_links(is_event).pop().unwrap();
        assert!(bpf.links().iter().all(|link| !is_event(link)));
        if !has_event_links(&link) {
            let error = link.pin(&path).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error:#}");
            return;
        }
        assert_eq!(Link::open(&path).unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(
            link.pin("/tmp/link").unwrap_err().kind(),
            ErrorKind::InvalidInput
        );
        link.pin(&path).unwrap();
        assert_eq!(
            link.pin(&path).unwrap_err().kind(),
            ErrorKind::AlreadyExists
        );
        let id = link.info().unwrap()[0].id;
        drop((link, bpf));
        send(1);
        assert_eq!(counts.get(4).unwrap(), 1);

        let again = Link::open(&path).unwrap();
        assert_eq!(again.info().unwrap()[0].id, id);
        assert_eq!(again.program(), "tracepoint__sys");
        let error = again.detach().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error:#}");
        send(2);
        let mut again = Link::open(&path).unwrap();
        again.unpin(&path).unwrap();
        assert_eq!(again.unpin(&path).unwrap_err().kind(), ErrorKind::NotFound);
        send(3);
        assert_eq!(counts.get(4).unwrap(), 3);
        again.detach().unwrap();
        send(4);
        assert_eq!(counts.get(4).unwrap(), 3);

        let bpf = load();
        let map = fs.path("map");
        bpf.maps.counts.pin(&map).unwrap();
        assert_eq!(
            Link::open(&map).unwrap_err().kind(),
            ErrorKind::InvalidInput
        );
        bpf.maps.counts.unpin(&map).unwrap();
    }

    /// A pinned link on a device loses its program by `detach`, and otherwise keeps it.
    #[test]
    #[ignore = "needs root"]
    fn k6_pinned_links_of_devices() {
        let fs = BpfFs::mount("k6-devices");
        let path = fs.path("xdp");
        wire::with_devices(|| {
            let bpf = load();
            let link = bpf.progs.first.attach_xdp("right", XdpFlags::default());
            let mut link = link.unwrap();
            link.pin(&path).unwrap();
            drop(link);
            wire::send("left", &wire::frame(b"x"));
            assert_eq!(count(&bpf, 0), 1);
            let mut link = Link::open(&path).unwrap();
            link.update_program(&bpf.progs.second).unwrap();
            wire::send("left", &wire::frame(b"x"));
            assert_eq!([0, 1].map(|index| count(&bpf, index)), [1; 2]);
            link.detach().unwrap();
            wire::send("left", &wire::frame(b"x"));
            assert_eq!(count(&bpf, 1), 1);
            std::fs::remove_file(&path).unwrap();
        });
    }
}
