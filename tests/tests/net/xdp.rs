//! XDP on a device: attaching, refusals, detaching.

mod root {
    use bcc_runtime::attach::XdpFlags;
    use bcc_runtime::{ErrorKind, bpf_program};
    use bcc_tests::wire;
    use std::time::Duration;

    const SOON: Duration = Duration::from_secs(5);
    const NOW: Duration = Duration::from_millis(100);

    bpf_program! {
        mod dropping;
        #include <uapi/linux/bpf.h>
        #include <linux/if_ether.h>
        #include <linux/ip.h>

        BPF_TABLE("percpu_array", uint32_t, long, dropcnt, 256);

        static inline int parse_ipv4(void *data, u64 nh_off, void *data_end) {
            struct iphdr *iph = data + nh_off;

            if ((void*)&iph[1] > data_end)
                return 0;
            return iph->protocol;
        }

        int xdp_drop(struct xdp_md *ctx) {
            void* data_end = (void*)(long)ctx->data_end;
            void* data = (void*)(long)ctx->data;
            struct ethhdr *eth = data;
            uint64_t nh_off = sizeof(*eth);
            uint32_t index = 0;

            if (data + nh_off > data_end)
                return XDP_DROP;
            if (eth->h_proto == htons(ETH_P_IP))
                index = parse_ipv4(data, nh_off, data_end);
            long *value = dropcnt.lookup(&index);
            if (value)
                __sync_fetch_and_add(value, 1);
            return XDP_DROP;
        }

        int all(struct __sk_buff *skb) { return -1; }
    }

    /// S49: packets are dropped while the program is attached, and pass when its link is gone.
    #[test]
    #[ignore = "needs root"]
    fn s49_xdp_is_attached_by_a_link() {
        wire::with_devices(|| {
            let mut bpf = dropping::load().unwrap();
            let socket = bpf.attach_raw_socket("all", "right").unwrap();
            let sent = wire::frame(b"x");
            let mut buffer = [0; 256];
            let link = bpf
                .progs
                .xdp_drop
                .attach_xdp("right", XdpFlags::default())
                .unwrap();
            assert_eq!(link.to_string(), "`xdp_drop` on XDP of device `right`");
            for _ in 0..3 {
                wire::send("left", &sent);
            }
            assert_eq!(socket.receive(&mut buffer, NOW).unwrap(), None);
            let dropped: i64 = bpf.maps.dropcnt.get(17).unwrap().iter().sum();
            assert_eq!(dropped, 3);
            drop(link);
            wire::send("left", &sent);
            assert_eq!(socket.receive(&mut buffer, SOON).unwrap(), Some(sent.len()));

            let flags = XdpFlags::SKB_MODE | XdpFlags::UPDATE_IF_NOEXIST;
            bpf.attach_xdp("right", "xdp_drop", flags).unwrap();
            wire::send("left", &sent);
            assert_eq!(socket.receive(&mut buffer, NOW).unwrap(), None);
            assert!(bpf.remove_xdp("right"));
            assert!(!bpf.remove_xdp("right"));
            wire::send("left", &sent);
            assert_eq!(socket.receive(&mut buffer, SOON).unwrap(), Some(sent.len()));
        });
    }

    /// S49: what cannot be attached is told apart.
    #[test]
    #[ignore = "needs root"]
    fn s49_xdp_refusals_say_why() {
        wire::with_devices(|| {
            let bpf = dropping::load().unwrap();
            let drop = &bpf.progs.xdp_drop;
            let error = drop.attach_xdp("rigt", XdpFlags::default()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotFound);
            assert_eq!(
                error.to_string(),
                "this network namespace has no device `rigt`; nearest names: `right`"
            );
            let both = XdpFlags::SKB_MODE | XdpFlags::DRV_MODE;
            let error = drop.attach_xdp("right", both).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);

            let _first = drop.attach_xdp("right", XdpFlags::SKB_MODE).unwrap();
            let error = drop.attach_xdp("right", XdpFlags::SKB_MODE).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::AlreadyExists);
            assert!(
                error
                    .to_string()
                    .ends_with("with `ip link set dev right xdp off`"),
                "{error}"
            );
            let error = drop.attach_xdp("lo", XdpFlags::DRV_MODE).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error:#}");
            let error = drop.attach_xdp("left", XdpFlags::HW_MODE).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error:#}");
        });
    }
}
