//! `map.call()` and `map.redirect_map()`, with the maps of devices and CPUs.

mod root {
    use crate::common::{SELF, targets, trace_lock, wait_for_line};
    use bcc_runtime::attach::XdpFlags;
    use bcc_runtime::{ErrorKind, bpf_program};
    use bcc_tests::{thread_id, wire};
    use std::time::Duration;

    const SOON: Duration = Duration::from_secs(5);

    targets!(guide_call);

    bpf_program! {
        mod tail_calls;

        BPF_PROG_ARRAY(prog_array, 10);

        int tail_call(void *ctx) {
            bpf_trace_printk("Tail-call\n");
            return 0;
        }

        int do_tail_call(void *ctx) {
            bpf_trace_printk("Original program\n");
            prog_array.call(ctx, 2);
            return 0;
        }
    }

    /// The caller's line, then the other program's.
    #[test]
    #[ignore = "needs root"]
    fn map_call() {
        let _trace = trace_lock();
        let mut b = tail_calls::load().unwrap();
        b.maps.prog_array.set(2, &b.progs.tail_call).unwrap();
        b.attach_uprobe(SELF, "guide_call", "do_tail_call").unwrap();
        guide_call(c"".as_ptr(), 0);
        for expected in ["Original program", "Tail-call"] {
            let line = wait_for_line(|time| b.trace_fields(time), |line| line.pid == thread_id());
            assert_eq!(line.message, expected);
        }
    }

    bpf_program! {
        mod redirects;

        BPF_DEVMAP(devmap, 1);

        int redirect_example(struct xdp_md *ctx) {
            return devmap.redirect_map(0, 0);
        }

        int xdp_dummy(struct xdp_md *ctx) {
            return XDP_PASS;
        }
    }

    bpf_program! {
        mod listener;
        int all(struct __sk_buff *skb) { return -1; }
    }

    /// What comes in at one device goes out at the other: the guide's `eth0` and `eth1`.
    #[test]
    #[ignore = "needs root"]
    fn map_redirect_map() {
        wire::with_devices(|| {
            wire::add_pair("eth1", "beyond");
            let mut b = redirects::load().unwrap();
            b.maps.devmap.set(0, "eth1").unwrap();
            let flags = XdpFlags::default();
            b.attach_xdp("right", "redirect_example", flags).unwrap();
            b.attach_xdp("eth1", "xdp_dummy", flags).unwrap();
            let all = listener::load().unwrap();
            let beyond = all.progs.all.attach_raw_socket("beyond").unwrap();
            // A device of this kind takes redirected packets if its other end has a program too.
            b.attach_xdp("beyond", "xdp_dummy", flags).unwrap();
            let sent = wire::frame(b"on to the other device");
            wire::send("left", &sent);
            let mut buffer = [0; 256];
            let length = beyond.receive(&mut buffer, SOON).unwrap();
            assert_eq!(length, Some(sent.len()));
            assert_eq!(buffer[..sent.len()], sent);
        });
    }

    bpf_program! {
        mod defined;

        BPF_DEVMAP(devmap, 10);
        BPF_CPUMAP(cpumap, 16);

        int to_a_cpu(struct xdp_md *ctx) {
            return cpumap.redirect_map(0, 0);
        }
    }

    /// The sizes are the guide's; a packet goes on on the CPU in the map.
    #[test]
    #[ignore = "needs root"]
    fn devmap_and_cpumap() {
        wire::with_devices(|| {
            let mut b = defined::load().unwrap();
            assert_eq!(b.maps.devmap.max_entries(), 10);
            assert_eq!(b.maps.cpumap.max_entries(), 16);
            let error = b.maps.devmap.set(10, "left").unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
            b.maps.cpumap.set(0, 192).unwrap();
            b.attach_xdp("right", "to_a_cpu", XdpFlags::default())
                .unwrap();
            let all = listener::load().unwrap();
            let right = all.progs.all.attach_raw_socket("right").unwrap();
            let sent = wire::frame(b"by way of a CPU");
            wire::send("left", &sent);
            let length = right.receive(&mut [0; 256], SOON).unwrap();
            assert_eq!(length, Some(sent.len()));
        });
    }
}
