//! Programs on sockets, and maps of sockets that Rust fills.

mod root {
    use bcc_runtime::attach::AttachType;
    use bcc_runtime::{ErrorKind, bpf_program};
    use bcc_tests::wire;
    use std::io::{Read as _, Write as _};
    use std::net::{TcpListener, TcpStream, UdpSocket};
    use std::time::Duration;

    bpf_program! {
        mod filters;

        /* Of the packets of a UDP socket, the header of UDP comes first. */
        SEC("socket") int short_ones(struct __sk_buff *skb) {
            struct udp_t *udp = 0;
            return udp->length < 8 + 4 ? -1 : 0;
        }

        int nobody(struct sk_reuseport_md *ctx) {
            return ctx->len ? SK_DROP : SK_PASS;
        }
    }

    fn udp() -> UdpSocket {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let timeout = Some(Duration::from_millis(300));
        socket.set_read_timeout(timeout).unwrap();
        socket
    }

    /// S41: a function of packets filters what a socket receives, until its link is dropped.
    #[test]
    #[ignore = "needs root"]
    fn s41_filter_of_a_socket() {
        wire::in_namespace(|| {
            let bpf = filters::load().unwrap();
            let socket = udp();
            let own = socket.local_addr().unwrap();
            let link = bpf.progs.short_ones.attach_socket(&socket).unwrap();
            let mut buffer = [0; 16];
            socket.send_to(b"too long", own).unwrap();
            socket.send_to(b"abc", own).unwrap();
            assert_eq!(socket.recv(&mut buffer).unwrap(), 3);
            drop(link);
            socket.send_to(b"too long", own).unwrap();
            assert_eq!(socket.recv(&mut buffer).unwrap(), 8);

            let error = bpf.progs.nobody.attach_reuseport(&socket).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error:#}");
            assert!(
                error.to_string().ends_with("needs `SO_REUSEPORT`"),
                "{error}"
            );
        });
    }

    bpf_program! {
        mod streams;

        BPF_SOCKMAP(sockets, 2);
        BPF_ARRAY(counts, u64, 2);

        int parse(struct __sk_buff *skb) { return skb->len; }

        int verdict(struct __sk_buff *skb) {
            counts.atomic_increment(0);
            counts.atomic_increment(1, skb->len);
            return SK_PASS;
        }
    }

    /// S24: a map of sockets is filled from Rust, and the functions on it see what they receive.
    #[test]
    #[ignore = "needs root"]
    fn s24_map_of_sockets_from_rust() {
        wire::in_namespace(|| {
            let mut bpf = streams::load().unwrap();
            let sockets = bpf.maps.sockets.clone();
            bpf.attach_func("parse", &sockets, AttachType::SkSkbStreamParser)
                .unwrap();
            bpf.attach_func("verdict", &sockets, AttachType::SkSkbStreamVerdict)
                .unwrap();
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (mut server, _) = listener.accept().unwrap();
            sockets.set(0, &server).unwrap();
            client.write_all(b"seen").unwrap();
            server
                .set_read_timeout(Some(Duration::from_secs(5)))
                .unwrap();
            let mut got = [0; 4];
            server.read_exact(&mut got).unwrap();
            assert_eq!(&got, b"seen");
            assert_eq!(bpf.maps.counts.values().unwrap(), [1, 4]);

            assert!(sockets.remove(0).unwrap());
            assert_eq!(bpf.detach(|link| link.program() == "verdict"), 1);
            client.write_all(b"free").unwrap();
            server.read_exact(&mut got).unwrap();
            assert_eq!(bpf.maps.counts.get(0).unwrap(), 1);
            let error = sockets
                .set(0, std::fs::File::open("/").unwrap())
                .unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Map, "{error:#}");
            assert_eq!(
                sockets.set(2, &client).unwrap_err().kind(),
                ErrorKind::InvalidInput
            );
        });
    }
}
