//! Which socket gets what: of those that share a port, and of those in a map.

mod root {
    use bcc_runtime::attach::AttachType;
    use bcc_runtime::bpf_program;
    use bcc_tests::wire;
    use std::io;
    use std::io::{Read as _, Write as _};
    use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
    use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};
    use std::time::Duration;

    const SOON: Option<Duration> = Some(Duration::from_secs(5));

    bpf_program! {
        mod shared;

        BPF_SOCKMAP(sockets, 2);

        /* Of UDP, the length counts the header. */
        int by_length(struct sk_reuseport_md *ctx) {
            u32 slot = ctx->len > 8 + 4;
            return bpf_sk_select_reuseport(ctx, &sockets, &slot, 0) ? SK_DROP : SK_PASS;
        }
    }

    /// A socket that shares its port.
    fn sharing(port: u16) -> UdpSocket {
        // SAFETY: the arguments are plain numbers.
        let fd = unsafe { libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0) };
        assert!(fd >= 0, "{}", io::Error::last_os_error());
        // SAFETY: the descriptor is new and nobody else's.
        let socket = unsafe { OwnedFd::from_raw_fd(fd) };
        let one = 1_i32;
        let (level, option, from) = (libc::SOL_SOCKET, libc::SO_REUSEPORT, &raw const one);
        // SAFETY: the option's value is the `int` at `one`, and as long as that.
        let set = unsafe { libc::setsockopt(socket.as_raw_fd(), level, option, from.cast(), 4) };
        assert_eq!(set, 0);
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        rustix::net::bind(&socket, &address).unwrap();
        let socket = UdpSocket::from(socket);
        socket.set_read_timeout(SOON).unwrap();
        socket
    }

    /// S24, S49: of two sockets on a port, the one that the program selects gets the packet.
    #[test]
    #[ignore = "needs root"]
    fn s24_s49_one_of_a_shared_port() {
        wire::in_namespace(|| {
            let bpf = shared::load().unwrap();
            let first = sharing(0);
            let own = first.local_addr().unwrap();
            let second = sharing(own.port());
            bpf.maps.sockets.set(0, &first).unwrap();
            bpf.maps.sockets.set(1, &second).unwrap();
            let link = bpf.progs.by_length.attach_reuseport(&first).unwrap();
            let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
            let mut buffer = [0; 16];
            for (text, receiver) in [("long one", &second), ("abc", &first), ("another", &second)] {
                sender.send_to(text.as_bytes(), own).unwrap();
                let length = receiver.recv(&mut buffer).unwrap();
                assert_eq!(&buffer[..length], text.as_bytes());
            }
            drop(link);
        });
    }

    bpf_program! {
        mod streams;

        BPF_SOCKHASH(sockets, u32, 2);
        BPF_ARRAY(counts, u64, 2);

        int parse(struct __sk_buff *skb) { return skb->len; }

        int verdict(struct __sk_buff *skb) {
            u32 other = 1;
            int verdict = sockets.sk_redirect_hash(skb, &other, 0);
            counts.atomic_increment(verdict == SK_PASS);
            return verdict;
        }
    }

    fn connection(listener: &TcpListener) -> (TcpStream, TcpStream) {
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        client.set_read_timeout(SOON).unwrap();
        (client, listener.accept().unwrap().0)
    }

    /// S24: what one connection receives goes out through another, past the process.
    #[test]
    #[ignore = "needs root"]
    fn s24_streams_are_redirected() {
        wire::in_namespace(|| {
            let mut bpf = streams::load().unwrap();
            let sockets = bpf.maps.sockets.clone();
            bpf.attach_func("parse", &sockets, AttachType::SkSkbStreamParser)
                .unwrap();
            bpf.attach_func("verdict", &sockets, AttachType::SkSkbStreamVerdict)
                .unwrap();
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let (mut from, received) = connection(&listener);
            let (mut to, sending) = connection(&listener);
            sockets.set(&0, &received).unwrap();
            sockets.set(&1, &sending).unwrap();
            from.write_all(b"straight through").unwrap();
            let mut got = [0; 16];
            to.read_exact(&mut got).unwrap();
            assert_eq!(&got, b"straight through");
            assert_eq!(bpf.maps.counts.values().unwrap(), [0, 1]);
        });
    }
}
