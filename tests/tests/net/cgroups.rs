//! Cgroups: packets, addresses and connections of their processes, and who is in one.

mod root {
    use bcc_runtime::attach::AttachType;
    use bcc_runtime::{ErrorKind, bpf_program, format};
    use bcc_tests::cgroup::Cgroup;
    use bcc_tests::wire;
    use bcc_tests::{send, thread_id};
    use std::fs;
    use std::io::{ErrorKind as IoErrorKind, Read as _, Write as _};
    use std::net::{TcpListener, TcpStream, UdpSocket};
    use std::time::Duration;

    bpf_program! {
        mod membership;

        const volatile u32 thread = 0;

        BPF_CGROUP_ARRAY(groups, 2);
        BPF_ARRAY(answers, s64, 2);

        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            int slot = args->who;
            s64 answer = groups.check_current_task(slot);
            answers.update(&slot, &answer);
            return 0;
        }
    }

    /// `-EAGAIN`
    const EMPTY: i64 = -11;

    bpf_program! {
        mod whereabouts;

        const volatile u32 thread = 0;
        BPF_ARRAY(ids, u64, 1);

        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            int slot = 0;
            u64 id = bpf_get_current_cgroup_id();
            ids.update(&slot, &id);
            return 0;
        }
    }

    /// N6: the path of the cgroup that a program saw, which may be gone by then.
    #[test]
    #[ignore = "needs root"]
    fn n6_paths_of_cgroups() {
        let cgroup = Cgroup::new("path");
        let own_thread = thread_id();
        let bpf = whereabouts::builder()
            .consts(move |consts| consts.thread = own_thread)
            .load()
            .unwrap();
        cgroup.enter();
        send(1);
        cgroup.leave();
        let id = bpf.maps.ids.get(0).unwrap();
        let path = format::cgroup_path(id).unwrap().unwrap();
        assert!(path.is_absolute() && cgroup.path.ends_with(path.strip_prefix("/").unwrap()));
        drop(cgroup);
        assert_eq!(format::cgroup_path(id).unwrap(), None);
        assert_eq!(format::cgroup_path(u64::MAX).unwrap(), None);
    }

    /// S26: 1 inside, 0 outside, negative if the slot is empty.
    #[test]
    #[ignore = "needs root"]
    fn s26_check_current_task() {
        let cgroup = Cgroup::new("members");
        let own_thread = thread_id();
        let bpf = membership::builder()
            .consts(move |consts| consts.thread = own_thread)
            .load()
            .unwrap();
        bpf.maps.groups.set(0, &cgroup.path).unwrap();
        let answers = || {
            send(0);
            send(1);
            bpf.maps.answers.values().unwrap()
        };
        assert_eq!(answers(), [0, EMPTY]);
        cgroup.enter();
        assert_eq!(answers(), [1, EMPTY]);
        assert!(bpf.maps.groups.remove(0).unwrap());
        assert_eq!(answers(), [EMPTY, EMPTY]);
        let error = bpf.maps.groups.set(0, "/proc").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Map, "{error:#}");
        let error = bpf.maps.groups.set(0, "/no/such/group").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error:#}");
    }

    bpf_program! {
        mod policy;

        const volatile u16 closed = 0;

        BPF_ARRAY(bytes, u64, 2);

        int connect(struct bpf_sock_addr *ctx) {
            return ctx->user_port != bpf_htons(closed);
        }

        int count(struct __sk_buff *skb) {
            bytes.atomic_increment(0);
            bytes.atomic_increment(1, skb->len);
            return 1;
        }
    }

    /// The same function of packets serves a cgroup, and a refused address is an error of `connect`.
    #[test]
    #[ignore = "needs root"]
    fn s49_cgroup_policy() {
        let cgroup = Cgroup::new("policy");
        wire::in_namespace(|| {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let port = listener.local_addr().unwrap().port();
            let mut bpf = policy::builder()
                .consts(move |consts| consts.closed = port)
                .load()
                .unwrap();
            cgroup.enter();
            let to_connect = AttachType::CgroupInet4Connect;
            let link = bpf.progs.connect.attach_cgroup(&cgroup.path, to_connect);
            let link = link.unwrap();
            let error = TcpStream::connect(("127.0.0.1", port)).unwrap_err();
            assert_eq!(error.kind(), IoErrorKind::PermissionDenied);
            link.detach().unwrap();
            assert!(TcpStream::connect(("127.0.0.1", port)).is_ok());

            let folder = fs::File::open(&cgroup.path).unwrap();
            bpf.attach_func("count", &folder, AttachType::CgroupInetEgress)
                .unwrap();
            let one = UdpSocket::bind("127.0.0.1:0").unwrap();
            one.send_to(b"twelve bytes", one.local_addr().unwrap())
                .unwrap();
            assert_eq!(bpf.maps.bytes.values().unwrap(), [1, 20 + 8 + 12]);
            assert_eq!(bpf.detach(|link| link.program() == "count"), 1);
            one.send_to(b"uncounted", one.local_addr().unwrap())
                .unwrap();
            assert_eq!(bpf.maps.bytes.get(0).unwrap(), 1);

            let connect = &bpf.progs.connect;
            let egress = AttachType::CgroupInetEgress;
            let error = connect.attach_cgroup(&cgroup.path, egress).unwrap_err();
            assert_eq!(
                error.to_string(),
                "`connect` has the context `struct bpf_sock_addr *`, CgroupInetEgress gives a \
                 `struct __sk_buff *`"
            );
            let error = connect.attach_cgroup("/proc", to_connect).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error:#}");
            assert!(
                error
                    .to_string()
                    .ends_with("that needs the descriptor of a cgroup of version 2"),
                "{error}"
            );
        });
    }

    bpf_program! {
        mod pipes;

        const volatile u16 port = 0;

        struct pair_t { u32 local; u32 remote; };
        BPF_SOCKHASH(pairs, struct pair_t, 64);
        BPF_ARRAY(counts, u64, 2);

        int established(struct bpf_sock_ops *skops) {
            u32 remote = bpf_ntohl(skops->remote_port);
            struct pair_t pair = { .local = skops->local_port, .remote = remote };
            if (skops->local_port != port && remote != port)
                return 0;
            switch (skops->op) {
                case BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB:
                case BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB:
                    if (pairs.sock_hash_update(skops, &pair, BPF_NOEXIST) == 0)
                        counts.atomic_increment(0);
                    break;
            }
            return 0;
        }

        int redirect(struct sk_msg_md *msg) {
            u32 remote = bpf_ntohl(msg->remote_port);
            struct pair_t other = { .local = remote, .remote = msg->local_port };
            counts.atomic_increment(1);
            return pairs.msg_redirect_hash(msg, &other, BPF_F_INGRESS);
        }
    }

    /// S24: connections of a cgroup go into a map, and messages go from one end to the other.
    #[test]
    #[ignore = "needs root"]
    fn s24_messages_are_redirected() {
        let cgroup = Cgroup::new("pipes");
        // A socket belongs to the cgroup in which it, or whoever listened for it, was made.
        cgroup.enter();
        wire::in_namespace(|| {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let port = listener.local_addr().unwrap().port();
            let mut bpf = pipes::builder()
                .consts(move |consts| consts.port = port)
                .load()
                .unwrap();
            let link = bpf
                .progs
                .established
                .attach_cgroup(&cgroup.path, AttachType::CgroupSockOps)
                .unwrap();
            bpf.keep(link);
            let link = bpf
                .progs
                .redirect
                .attach_func(&bpf.maps.pairs, AttachType::SkMsgVerdict)
                .unwrap();
            bpf.keep(link);
            let mut client = TcpStream::connect(("127.0.0.1", port)).unwrap();
            let (mut server, _) = listener.accept().unwrap();
            client.write_all(b"over the map").unwrap();
            server
                .set_read_timeout(Some(Duration::from_secs(5)))
                .unwrap();
            let mut got = [0; 12];
            server.read_exact(&mut got).unwrap();
            assert_eq!(&got, b"over the map");
            assert_eq!(bpf.maps.counts.values().unwrap(), [2, 1]);

            let local = u32::from(client.local_addr().unwrap().port());
            let key = pipes::PairT {
                local,
                remote: u32::from(port),
            };
            assert!(bpf.maps.pairs.remove(&key).unwrap());
            assert!(!bpf.maps.pairs.remove(&key).unwrap());
        });
    }
}
