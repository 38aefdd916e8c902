//! Maps of devices, CPUs and `AF_XDP` sockets.

mod root {
    use bcc_runtime::attach::XdpFlags;
    use bcc_runtime::{ErrorKind, bpf_program};
    use bcc_tests::wire;
    use bcc_tests::xsk::XdpSocket;
    use std::time::Duration;

    const SOON: Duration = Duration::from_secs(5);
    const NOW: Duration = Duration::from_millis(100);

    bpf_program! {
        mod redirecting;

        BPF_DEVMAP(devices, 4);
        BPF_CPUMAP(cpus, 64);
        BPF_XSKMAP(sockets, 4);
        BPF_ARRAY(actions, u64, 4);

        static int note(int slot, u64 action) {
            actions.update(&slot, &action);
            return action;
        }

        int to_device(struct xdp_md *ctx) { return note(0, devices.redirect_map(1, 0)); }
        int to_cpu(struct xdp_md *ctx) { return note(1, cpus.redirect_map(0, 0)); }
        int to_socket(struct xdp_md *ctx) {
            int queue = ctx->rx_queue_index;
            if (sockets.lookup(&queue))
                return XDP_ABORTED;
            return note(2, sockets.redirect_map(queue, XDP_PASS));
        }
        int by_map(struct xdp_md *ctx) {
            return note(3, sockets.redirect_map(ctx->rx_queue_index, XDP_PASS));
        }
        int all(struct __sk_buff *skb) { return -1; }
    }

    const REDIRECT: u64 = 4;
    const PASS: u64 = 2;

    /// S22: a packet goes out through the device in the slot; an empty slot aborts it.
    #[test]
    #[ignore = "needs root"]
    fn s22_redirect_to_a_device() {
        wire::with_devices(|| {
            wire::add_pair("out", "far");
            let bpf = redirecting::load().unwrap();
            let far = bpf.progs.all.attach_raw_socket("far").unwrap();
            let to_device = &bpf.progs.to_device;
            let _link = to_device.attach_xdp("right", XdpFlags::SKB_MODE).unwrap();
            let sent = wire::frame(b"to far");
            let mut buffer = [0; 256];
            wire::send("left", &sent);
            assert_eq!(far.receive(&mut buffer, NOW).unwrap(), None);
            assert_eq!(bpf.maps.actions.get(0).unwrap(), 0);

            let devices = &bpf.maps.devices;
            assert_eq!(devices.get(1).unwrap(), None);
            devices.set(1, "out").unwrap();
            let out = u32::try_from(wire::index("out")).unwrap();
            assert_eq!(devices.get(1).unwrap(), Some(out));
            wire::send("left", &sent);
            let length = far.receive(&mut buffer, SOON).unwrap();
            assert_eq!(length, Some(sent.len()));
            assert_eq!(buffer[..sent.len()], sent);
            assert_eq!(bpf.maps.actions.get(0).unwrap(), REDIRECT);

            devices.remove(1).unwrap();
            assert_eq!(devices.get(1).unwrap(), None);
            let error = devices.set(4, "out").unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert_eq!(
                error.to_string(),
                "map `devices` has the indices 0 to 3, not 4"
            );
            assert_eq!(
                devices.set(0, "nowhere").unwrap_err().kind(),
                ErrorKind::NotFound
            );
        });
    }

    /// S22: a packet goes on on the CPU in the map.
    #[test]
    #[ignore = "needs root"]
    fn s22_redirect_to_a_cpu() {
        wire::with_devices(|| {
            let bpf = redirecting::load().unwrap();
            bpf.maps.cpus.set(0, 64).unwrap();
            assert_eq!(bpf.maps.cpus.get(0).unwrap(), Some(64));
            let right = bpf.progs.all.attach_raw_socket("right").unwrap();
            let to_cpu = &bpf.progs.to_cpu;
            let _link = to_cpu.attach_xdp("right", XdpFlags::default()).unwrap();
            let sent = wire::frame(b"to cpu");
            wire::send("left", &sent);
            let mut buffer = [0; 256];
            let length = right.receive(&mut buffer, SOON).unwrap();
            assert_eq!(length, Some(sent.len()));
            assert_eq!(bpf.maps.actions.get(1).unwrap(), REDIRECT);
            assert!(bpf.maps.cpus.remove(0).unwrap());
        });
    }

    /// S22: without a socket in the map, the flags say what becomes of the packet.
    #[test]
    #[ignore = "needs root"]
    fn s22_redirect_to_no_socket_passes() {
        wire::with_devices(|| {
            let bpf = redirecting::load().unwrap();
            let right = bpf.progs.all.attach_raw_socket("right").unwrap();
            let to_socket = &bpf.progs.to_socket;
            let _link = to_socket.attach_xdp("right", XdpFlags::SKB_MODE).unwrap();
            let sent = wire::frame(b"to nobody");
            wire::send("left", &sent);
            let mut buffer = [0; 256];
            let length = right.receive(&mut buffer, SOON).unwrap();
            assert_eq!(length, Some(sent.len()));
            assert_eq!(bpf.maps.actions.get(2).unwrap(), PASS);
            let udp = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
            let error = bpf.maps.sockets.set(0, &udp).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Map, "{error:#}");
        });
    }

    /// S22: the socket in the map gets the packet, and nobody else.
    #[test]
    #[ignore = "needs root"]
    fn s22_redirect_to_a_socket() {
        wire::with_devices(|| {
            let bpf = redirecting::load().unwrap();
            let right = bpf.progs.all.attach_raw_socket("right").unwrap();
            let socket = XdpSocket::bind("right");
            bpf.maps.sockets.set(0, &socket).unwrap();
            let by_map = &bpf.progs.by_map;
            let _link = by_map.attach_xdp("right", XdpFlags::SKB_MODE).unwrap();
            let sent = wire::frame(b"to the socket");
            wire::send("left", &sent);
            assert_eq!(socket.receive(SOON), Some(sent.clone()));
            assert_eq!(bpf.maps.actions.get(3).unwrap(), REDIRECT);
            assert_eq!(right.receive(&mut [0; 256], NOW).unwrap(), None);

            assert!(bpf.maps.sockets.remove(0).unwrap());
            wire::send("left", &sent);
            let length = right.receive(&mut [0; 256], SOON).unwrap();
            assert_eq!(length, Some(sent.len()));
            assert_eq!(bpf.maps.actions.get(3).unwrap(), PASS);
        });
    }
}
