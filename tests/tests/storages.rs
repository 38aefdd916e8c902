//! Values that belong to a task, a socket, an inode or a cgroup.

mod root {
    use bcc_runtime::attach::AttachType;
    use bcc_runtime::{bpf_program, map};
    use bcc_tests::cgroup::Cgroup;
    use bcc_tests::needs::{with_hooks, with_maps};
    use libbpf_rs::libbpf_sys;
    use std::fs::{self, File};
    use std::io::{Read as _, Write as _};
    use std::net::UdpSocket;
    use std::os::fd::AsRawFd as _;
    use std::os::unix::fs::MetadataExt as _;
    use std::os::unix::net::UnixStream;

    bpf_program! {
        mod tasks;

        struct call_t { u64 count; u32 last; };
        BPF_TASK_STORAGE(calls, struct call_t);

        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            u32 who = args->who;
            if (who / 10 != 4242)
                return 0;
            struct call_t first = { .count = 100 };
            struct call_t *call = calls.task_storage_get(bpf_get_current_task_btf(), &first, BPF_LOCAL_STORAGE_GET_F_CREATE);
            if (call) {
                call->count++;
                call->last = who;
            }
            if (who == 42429)
                calls.task_storage_delete(bpf_get_current_task_btf());
            return 0;
        }
    }

    /// A child whose main thread makes a call for each byte it gets, and answers.
    struct Child {
        pid: i32,
        line: UnixStream,
    }

    impl Child {
        fn start() -> Self {
            let (ours, theirs) = UnixStream::pair().unwrap();
            let line = theirs.as_raw_fd();
            // SAFETY: the child only makes system calls, which is all that is allowed after a
            // fork of a process with threads.
            let pid = unsafe { libc::fork() };
            if pid == 0 {
                serve(line);
            }
            Self { pid, line: ours }
        }

        fn call(&mut self, digit: u8) {
            self.line.write_all(&[digit]).unwrap();
            self.line.read_exact(&mut [0]).unwrap();
        }
    }

    /// Hands each byte that comes to the program, until the other end is closed.
    fn serve(line: i32) -> ! {
        let mut byte = 0_u8;
        loop {
            // SAFETY: the kernel writes one byte to `byte`, which lives through the call.
            if unsafe { libc::read(line, (&raw mut byte).cast(), 1) } != 1 {
                // SAFETY: ends this process without running anything else.
                unsafe { libc::_exit(0) };
            }
            // SAFETY: takes two numbers and reads no memory.
            unsafe { libc::getpriority(libc::PRIO_PGRP, 42420 + u32::from(byte)) };
            // SAFETY: the kernel reads one byte of `byte`, which lives through the call.
            unsafe { libc::write(line, (&raw const byte).cast(), 1) };
        }
    }

    impl Drop for Child {
        fn drop(&mut self) {
            // SAFETY: the number is that of a child of ours that nobody has waited for.
            unsafe { libc::kill(self.pid, libc::SIGKILL) };
            // SAFETY: a null status means that it is of no interest.
            unsafe { libc::waitpid(self.pid, std::ptr::null_mut(), 0) };
        }
    }

    /// S25: a task's value is typed in C and in Rust, made from the first value, seen from both
    /// sides, and gone when it is deleted.
    #[test]
    #[ignore = "needs root"]
    fn s25_task_storage() {
        let Some(loaded) = with_maps("task_storage", tasks::load()) else {
            return;
        };
        let bpf = loaded.unwrap();
        let mut child = Child::start();
        let task = map::pidfd(child.pid.cast_unsigned()).unwrap();
        assert!(bpf.maps.calls.get(&task).unwrap().is_none());
        child.call(1);
        child.call(2);
        let call = bpf.maps.calls.get(&task).unwrap().unwrap();
        assert_eq!((call.count, call.last), (102, 42422));

        let value = tasks::CallT {
            count: 7,
            ..Default::default()
        };
        bpf.maps.calls.update(&task, &value).unwrap();
        child.call(3);
        assert_eq!(bpf.maps.calls.get(&task).unwrap().unwrap().count, 8);
        assert!(bpf.maps.calls.remove(&task).unwrap());
        assert!(!bpf.maps.calls.remove(&task).unwrap());
        child.call(4);
        assert_eq!(bpf.maps.calls.get(&task).unwrap().unwrap().count, 101);
        child.call(9);
        assert!(bpf.maps.calls.get(&task).unwrap().is_none());
        let error = map::pidfd(0).unwrap_err();
        assert!(
            error.to_string().starts_with("failed to open process 0"),
            "{error}"
        );
        let file = File::open("/dev/null").unwrap();
        let error = bpf.maps.calls.get(&file).unwrap_err();
        assert!(
            error.to_string().starts_with("failed to read map `calls`"),
            "{error}"
        );
    }

    bpf_program! {
        mod packets;

        struct sent_t { u64 packets; u64 bytes; };
        BPF_SK_STORAGE(sent, struct sent_t);
        BPF_CGROUP_STORAGE(by_cgroup, struct sent_t);
        BPF_PERCPU_CGROUP_STORAGE(by_cpu, u64);

        SEC("cgroup_skb/egress")
        int on_bcc_egress(struct __sk_buff *skb) {
            // S26: never NULL, so no test is needed.
            struct sent_t *group = by_cgroup.get_local_storage(0);
            lock_xadd(&group->packets, 1);
            u64 *count = by_cpu.get_local_storage(0);
            (*count)++;
            struct bpf_sock *sk = skb->sk;
            if (!sk)
                return 1;
            sk = bpf_sk_fullsock(sk);
            if (!sk)
                return 1;
            struct sent_t *mine = sent.sk_storage_get(sk, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
            if (!mine)
                return 1;
            lock_xadd(&mine->packets, 1);
            lock_xadd(&mine->bytes, skb->len);
            if (mine->packets == 3)
                sent.sk_storage_delete(sk);
            return 1;
        }
    }

    /// S25, S26: a socket's value and a cgroup's, typed in C and in Rust.
    #[test]
    #[ignore = "needs root"]
    fn s25_s26_socket_and_cgroup_storage() {
        let bpf = packets::builder().auto_attach(false).load().unwrap();
        let group = Cgroup::new("storage");
        let egress = AttachType::CgroupInetEgress;
        let program = &bpf.progs.on_bcc_egress;
        let link = program.attach_cgroup(&group.path, egress).unwrap();
        let inode = fs::metadata(&group.path).unwrap().ino();
        let key = map::CgroupStorageKey::new(inode, libbpf_sys::BPF_CGROUP_INET_EGRESS);
        assert_eq!(bpf.maps.by_cgroup.keys().unwrap(), [key]);

        // A socket belongs to the cgroup of the process that makes it; this one goes back at once.
        group.enter();
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let other = UdpSocket::bind("127.0.0.1:0").unwrap();
        group.leave();
        let submit =
            |socket: &UdpSocket| socket.send_to(b"twelve bytes", socket.local_addr().unwrap());

        assert!(bpf.maps.sent.get(&socket).unwrap().is_none());
        submit(&socket).unwrap();
        submit(&socket).unwrap();
        submit(&other).unwrap();
        let sent = bpf.maps.sent.get(&socket).unwrap().unwrap();
        assert_eq!((sent.packets, sent.bytes), (2, 2 * (20 + 8 + 12)));
        assert_eq!(bpf.maps.sent.get(&other).unwrap().unwrap().packets, 1);
        assert_eq!(bpf.maps.by_cgroup.get(&key).unwrap().unwrap().packets, 3);
        assert_eq!(bpf.maps.by_cpu.get(&key).unwrap().unwrap().sum::<u64>(), 3);

        // The third packet makes the program delete the value.
        submit(&socket).unwrap();
        assert!(bpf.maps.sent.get(&socket).unwrap().is_none());
        let value = packets::SentT {
            packets: 40,
            bytes: 0,
        };
        bpf.maps.sent.update(&socket, &value).unwrap();
        submit(&socket).unwrap();
        assert_eq!(bpf.maps.sent.get(&socket).unwrap().unwrap().packets, 41);
        assert!(bpf.maps.sent.remove(&socket).unwrap());
        bpf.maps.by_cgroup.update(&key, &value).unwrap();
        assert_eq!(bpf.maps.by_cgroup.get(&key).unwrap().unwrap().packets, 40);
        drop(link);
    }

    bpf_program! {
        mod inodes;
        struct seen_t { u64 opens; };
        BPF_INODE_STORAGE(seen, struct seen_t);
    }

    bpf_program! {
        mod opened;

        const volatile u32 thread = 0;

        struct seen_t { u64 opens; };
        BPF_INODE_STORAGE(seen, struct seen_t);

        LSM_PROBE(file_open, struct file *file, int ret) {
            if (ret || (u32)bpf_get_current_pid_tgid() != thread)
                return ret;
            struct seen_t first = { .opens = 100 };
            struct seen_t *value = seen.inode_storage_get(file->f_inode, &first, BPF_LOCAL_STORAGE_GET_F_CREATE);
            if (value)
                lock_xadd(&value->opens, 1);
            if (value && value->opens == 103)
                seen.inode_storage_delete(file->f_inode);
            return 0;
        }
    }

    /// S25: a program on a security hook makes an inode's value, counts in it, and deletes it.
    #[test]
    #[ignore = "needs root"]
    fn s25_inode_storage_of_a_security_hook() {
        let thread = bcc_tests::thread_id();
        let loaded = opened::builder()
            .consts(move |consts| consts.thread = thread)
            .load();
        let Some(loaded) = with_hooks(loaded) else {
            return;
        };
        let bpf = loaded.unwrap();
        let path = std::env::temp_dir().join(format!("bcc-opened-{}", std::process::id()));
        let file = File::create(&path).unwrap();
        let opens = || bpf.maps.seen.get(&file).unwrap().map(|seen| seen.opens);
        assert_eq!(opens(), Some(101));
        File::open(&path).unwrap();
        assert_eq!(opens(), Some(102));
        File::open(&path).unwrap();
        assert_eq!(opens(), None);
        fs::remove_file(&path).unwrap();
    }

    /// S25: an inode's value, which all descriptors of the file share.
    #[test]
    #[ignore = "needs root"]
    fn s25_inode_storage() {
        let bpf = inodes::load().unwrap();
        let path = std::env::temp_dir().join(format!("bcc-inode-{}", std::process::id()));
        let file = File::create(&path).unwrap();
        assert!(bpf.maps.seen.get(&file).unwrap().is_none());
        bpf.maps
            .seen
            .update(&file, &inodes::SeenT { opens: 3 })
            .unwrap();
        let again = File::open(&path).unwrap();
        assert_eq!(bpf.maps.seen.get(&again).unwrap().unwrap().opens, 3);
        assert!(bpf.maps.seen.remove(&again).unwrap());
        assert!(bpf.maps.seen.get(&file).unwrap().is_none());
        fs::remove_file(&path).unwrap();
    }
}
