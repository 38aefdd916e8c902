//! Programs of a network namespace: the socket for a packet, the parts of a packet.

mod root {
    use bcc_runtime::attach::{AttachType, TcHook};
    use bcc_runtime::bpf_program;
    use bcc_tests::wire;
    use std::fs::File;
    use std::io::{Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};

    /// The network namespace of this thread.
    fn namespace() -> File {
        File::open("/proc/thread-self/ns/net").unwrap()
    }

    bpf_program! {
        mod lookups;

        BPF_SOCKMAP(servers, 1);

        int choose(struct bpf_sk_lookup *ctx) {
            u32 slot = 0;
            if (ctx->local_port < 7000 || ctx->local_port > 7100)
                return SK_PASS;
            struct bpf_sock *sk = bpf_map_lookup_elem(&servers, &slot);
            if (!sk)
                return SK_DROP;
            long error = bpf_sk_assign(ctx, sk, 0);
            bpf_sk_release(sk);
            return error ? SK_DROP : SK_PASS;
        }
    }

    /// S49: one listener has a hundred ports, until the link is dropped.
    #[test]
    #[ignore = "needs root"]
    fn s49_the_socket_for_a_packet() {
        wire::in_namespace(|| {
            let bpf = lookups::load().unwrap();
            let link = bpf
                .progs
                .choose
                .attach_func(namespace(), AttachType::SkLookup)
                .unwrap();
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            assert!(TcpStream::connect("127.0.0.1:7007").is_err(), "no server");
            bpf.maps.servers.set(0, &listener).unwrap();
            for port in [7000, 7007, 7100] {
                let mut client = TcpStream::connect(("127.0.0.1", port)).unwrap();
                let (mut server, _) = listener.accept().unwrap();
                client.write_all(b"to any port").unwrap();
                drop(client);
                let mut got = String::new();
                server.read_to_string(&mut got).unwrap();
                assert_eq!(got, "to any port");
                assert_eq!(server.local_addr().unwrap().port(), port);
            }
            drop(link);
            assert!(TcpStream::connect("127.0.0.1:7007").is_err());
        });
    }

    bpf_program! {
        mod parts;

        BPF_HASH(seen, u16, u64);
        BPF_ARRAY(hashes, u32, 1);

        /* Takes IPv4 apart, and everything else for broken. */
        int dissect(struct __sk_buff *skb) {
            struct bpf_flow_keys *keys = skb->flow_keys;
            u16 protocol = bpf_ntohs(keys->n_proto);
            seen.increment(protocol);
            if (protocol != ETH_P_IP)
                return BPF_DROP;
            keys->addr_proto = ETH_P_IP;
            keys->ip_proto = IPPROTO_UDP;
            keys->ipv4_src = bpf_htonl(0x0a000001);
            keys->ipv4_dst = bpf_htonl(0x0a000002);
            keys->thoff = keys->nhoff + 20;
            return BPF_OK;
        }

        int hash_of(struct __sk_buff *skb) {
            int zero = 0;
            u32 hash = bpf_get_hash_recalc(skb);
            hashes.update(&zero, &hash);
            return TC_ACT_OK;
        }
    }

    /// S49: the kernel asks the program for the parts of a packet when it needs their hash.
    #[test]
    #[ignore = "needs root"]
    fn s49_the_parts_of_a_packet() {
        wire::with_devices(|| {
            let mut bpf = parts::load().unwrap();
            let _hash = bpf
                .progs
                .hash_of
                .attach_tc("right", TcHook::Ingress)
                .unwrap();
            bpf.attach_func("dissect", namespace(), AttachType::FlowDissector)
                .unwrap();
            let mut sent = wire::frame(b"in parts");
            wire::send("left", &sent);
            assert_ne!(bpf.maps.hashes.get(0).unwrap(), 0);
            assert!(bpf.maps.seen.get(&0x0800).unwrap() >= Some(1));
            sent[12..14].copy_from_slice(&[0x88, 0xb5]);
            wire::send("left", &sent);
            let dropped = bpf.maps.seen.get(&0x88b5).unwrap();
            assert!(dropped >= Some(1));
            bpf.detach(|link| link.program() == "dissect");
            wire::send("left", &sent);
            assert_eq!(bpf.maps.seen.get(&0x88b5).unwrap(), dropped);
        });
    }
}
