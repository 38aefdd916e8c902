//! What a cgroup's processes may do: settings of the kernel, devices, options of sockets, new sockets.

mod root {
    use bcc_runtime::attach::AttachType;
    use bcc_runtime::bpf_program;
    use bcc_tests::cgroup::Cgroup;
    use bcc_tests::wire;
    use std::fs;
    use std::io::{self, ErrorKind as IoErrorKind};
    use std::net::UdpSocket;
    use std::os::fd::AsRawFd as _;

    bpf_program! {
        mod settings;

        BPF_ARRAY(counts, u64, 2);

        int on_sysctl(struct bpf_sysctl *ctx) {
            char name[16] = {};
            bpf_sysctl_get_name(ctx, name, sizeof(name), BPF_F_SYSCTL_BASE_NAME);
            if (name[0] != 'd' || name[6] != 'n')
                return 1;
            counts.atomic_increment(ctx->write);
            return !ctx->write;
        }
    }

    /// S49: a file below `/proc/sys` that may be read and not written.
    #[test]
    #[ignore = "needs root"]
    fn s49_settings_of_a_cgroup() {
        let cgroup = Cgroup::new("settings");
        let bpf = settings::load().unwrap();
        let program = &bpf.progs.on_sysctl;
        let link = program.attach_cgroup(&cgroup.path, AttachType::CgroupSysctl);
        let _link = link.unwrap();
        cgroup.enter();
        let path = "/proc/sys/kernel/domainname";
        let name = fs::read(path).unwrap();
        let error = fs::write(path, &name).unwrap_err();
        assert_eq!(error.kind(), IoErrorKind::PermissionDenied);
        // Until the end of the file.
        assert_eq!(bpf.maps.counts.values().unwrap(), [2, 1]);
    }

    bpf_program! {
        mod devices;

        int on_device(struct bpf_cgroup_dev_ctx *ctx) {
            return !(ctx->major == 1 && ctx->minor == 7 && (ctx->access_type >> 16) & BPF_DEVCG_ACC_WRITE);
        }
    }

    /// S49: a device that may be read and not written.
    #[test]
    #[ignore = "needs root"]
    fn s49_devices_of_a_cgroup() {
        let cgroup = Cgroup::new("devices");
        let bpf = devices::load().unwrap();
        let program = &bpf.progs.on_device;
        let link = program.attach_cgroup(&cgroup.path, AttachType::CgroupDevice);
        let _link = link.unwrap();
        cgroup.enter();
        let open = || fs::File::options().write(true).open("/dev/full");
        assert_eq!(open().unwrap_err().kind(), IoErrorKind::PermissionDenied);
        fs::File::open("/dev/full").unwrap();
        drop(cgroup);
        open().unwrap();
    }

    bpf_program! {
        mod options;

        int on_set(struct bpf_sockopt *ctx) {
            return !(ctx->level == SOL_IP && ctx->optname == IP_TOS);
        }

        int on_get(struct bpf_sockopt *ctx) {
            int *value = ctx->optval;
            if (ctx->level != SOL_IP || ctx->optname != IP_TTL || value + 1 > ctx->optval_end)
                return 1;
            *value = 42;
            return 1;
        }
    }

    /// S49: an option that may not be set, and one that is told otherwise; the same context serves
    /// both.
    #[test]
    #[ignore = "needs root"]
    fn s49_options_of_sockets() {
        let cgroup = Cgroup::new("options");
        let mut bpf = options::load().unwrap();
        let folder = fs::File::open(&cgroup.path).unwrap();
        bpf.attach_func("on_set", &folder, AttachType::CgroupSetsockopt)
            .unwrap();
        bpf.attach_func("on_get", &folder, AttachType::CgroupGetsockopt)
            .unwrap();
        cgroup.enter();
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        assert_eq!(socket.ttl().unwrap(), 42);
        let error = set_type_of_service(&socket).unwrap_err();
        assert_eq!(error.kind(), IoErrorKind::PermissionDenied);
        assert_eq!(bpf.detach(|_| true), 2);
        assert_eq!(socket.ttl().unwrap(), 64);
        set_type_of_service(&socket).unwrap();
    }

    fn set_type_of_service(socket: &UdpSocket) -> io::Result<()> {
        let value = 0x10_i32;
        let (level, option, from) = (libc::IPPROTO_IP, libc::IP_TOS, &raw const value);
        // SAFETY: the option's value is the `int` at `value`, and as long as that.
        let set = unsafe { libc::setsockopt(socket.as_raw_fd(), level, option, from.cast(), 4) };
        if set == 0 {
            Ok(())
        } else {
            Err(io::Error::last_os_error())
        }
    }

    bpf_program! {
        mod creation;

        const volatile u16 closed = 0;

        int on_create(struct bpf_sock *ctx) {
            return !(ctx->family == AF_INET6 && ctx->type == SOCK_DGRAM);
        }

        SEC("cgroup/post_bind4") int on_bound(struct bpf_sock *ctx) {
            return ctx->src_port != closed;
        }
    }

    /// S49: sockets that may not be made, and ports that they may not be bound to.
    #[test]
    #[ignore = "needs root"]
    fn s49_new_sockets_of_a_cgroup() {
        let cgroup = Cgroup::new("creation");
        wire::in_namespace(|| {
            let bpf = creation::builder()
                .consts(|consts| consts.closed = 7007)
                .load()
                .unwrap();
            let to_create = AttachType::CgroupInetSockCreate;
            let created = bpf.progs.on_create.attach_cgroup(&cgroup.path, to_create);
            let created = created.unwrap();
            let bound = &bpf.progs.on_bound;
            let folder = fs::File::open(&cgroup.path).unwrap();
            let _bound = bound
                .attach_func(&folder, AttachType::CgroupInet4PostBind)
                .unwrap();
            cgroup.enter();
            let error = UdpSocket::bind("[::1]:0").unwrap_err();
            assert_eq!(error.kind(), IoErrorKind::PermissionDenied, "{error}");
            UdpSocket::bind("127.0.0.1:7008").unwrap();
            let error = UdpSocket::bind("127.0.0.1:7007").unwrap_err();
            assert_eq!(error.kind(), IoErrorKind::PermissionDenied, "{error}");
            drop(created);
            let attempt = UdpSocket::bind("[::1]:0");
            let denied = attempt.is_err_and(|error| error.kind() == IoErrorKind::PermissionDenied);
            assert!(!denied, "whether there is IPv6 or not");
        });
    }
}
