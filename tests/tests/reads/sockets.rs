//! Bit-fields of a kernel struct.

mod root {
    use bcc_runtime::bpf_program;
    use std::net::TcpListener;
    use std::os::fd::AsRawFd as _;

    bpf_program! {
        mod sockets;

        #include <net/sock.h>

        const volatile u32 process = 0;

        struct bits_t { u32 reuse; u32 reuseport; u32 by_alias; u32 by_star; u32 kern; u32 protocol; };
        BPF_HASH(seen, u16, struct bits_t);

        TRACEPOINT_PROBE(sock, inet_sock_set_state) {
            if (bpf_get_current_pid_tgid() >> 32 != process)
                return 0;
            struct sock *sk = (struct sock *)args->skaddr;
            struct bits_t bits = {};
            bits.reuse = sk->__sk_common.skc_reuse;
            bits.reuseport = sk->__sk_common.skc_reuseport;
            bits.by_alias = sk->sk_reuse;
            bits.by_star = (*sk).sk_reuseport;
            bits.kern = sk->sk_kern_sock;
            bits.protocol = sk->sk_protocol;
            u16 port = sk->__sk_common.skc_num;
            seen.update(&port, &bits);
            return 0;
        }
    }

    /// S6, S7: bit-fields of kernel structs, several bits wide, in a struct inside another, and by
    /// the names that the kernel's headers give them.
    #[test]
    #[ignore = "needs root"]
    fn s6_s7_bit_fields_of_a_socket() {
        let process = std::process::id();
        let bpf = sockets::builder()
            .consts(move |consts| consts.process = process)
            .load()
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let one = 1_i32;
        // SAFETY: the option's value is the `int` at `one`, and as long as that.
        let set = unsafe {
            libc::setsockopt(
                listener.as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_REUSEPORT,
                (&raw const one).cast(),
                4,
            )
        };
        assert_eq!(set, 0);
        let closing = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        drop((closing, listener));
        let seen = bpf.maps.seen.get(&port).unwrap().unwrap();
        // Rust's listener asks for `SO_REUSEADDR`.
        assert_eq!((seen.reuse, seen.by_alias), (1, 1));
        assert_eq!((seen.reuseport, seen.by_star), (1, 1));
        assert_eq!(
            (seen.kern, seen.protocol),
            (0, libc::IPPROTO_TCP.cast_unsigned())
        );
    }
}
