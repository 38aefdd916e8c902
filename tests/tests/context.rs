//! What helpers of the kernel say about who runs.

mod root {
    use bcc_runtime::{PidNamespace, bpf_program};
    use bcc_tests::{send, thread_id};
    use std::os::unix::process::CommandExt as _;
    use std::process::Command;

    bpf_program! {
        mod inside;

        const volatile u64 dev = 0, ino = 0;

        struct seen_t { s32 status; u32 pid, tgid; };
        BPF_HASH(seen, int, struct seen_t);

        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            struct bpf_pidns_info ns = {};
            struct seen_t who = {};
            int number = args->who;
            who.status = bpf_get_ns_current_pid_tgid(dev, ino, &ns, sizeof(ns));
            who.pid = ns.pid;
            who.tgid = ns.tgid;
            seen.update(&number, &who);
            return 0;
        }
    }

    /// In its own namespace the test is who it thinks it is; of another one the helper says no.
    #[test]
    #[ignore = "needs root"]
    fn numbers_of_a_pid_namespace() {
        let namespace = PidNamespace::current().unwrap();
        let bpf = inside::builder()
            .consts(move |consts| (consts.dev, consts.ino) = (namespace.dev, namespace.ino))
            .load()
            .unwrap();
        send(4711);
        let seen = bpf.maps.seen.get(&4711).unwrap().unwrap();
        assert_eq!(seen.status, 0);
        assert_eq!((seen.pid, seen.tgid), (thread_id(), std::process::id()));
    }

    /// A process that is number 1 of a namespace of its own.
    #[test]
    #[ignore = "needs root"]
    fn numbers_of_a_container() {
        let mut init = container("exec sleep 60");
        let pid = child_of(init.id());
        let namespace = PidNamespace::of(pid).unwrap();
        assert_ne!(namespace, PidNamespace::current().unwrap());
        let bpf = inside::builder()
            .consts(move |consts| (consts.dev, consts.ino) = (namespace.dev, namespace.ino))
            .load()
            .unwrap();
        send(4712);
        let outside = bpf.maps.seen.get(&4712).unwrap().unwrap();
        assert_eq!(outside.status, -libc::EINVAL, "the test is not in there");
        let entered = Command::new("nsenter")
            .args(["--pid", "--target", &pid.to_string()])
            .args(["renice", "-n", "0", "-g", "4713"])
            .output()
            .unwrap();
        let inside = bpf.maps.seen.get(&4713).unwrap();
        let inside = inside.unwrap_or_else(|| panic!("nobody asked in there: {entered:?}"));
        assert_eq!(inside.status, 0);
        assert!((2..100).contains(&inside.tgid), "{inside:?}");
        init.kill().unwrap();
        init.wait().unwrap();
    }

    /// A shell as number 1 of a new pid namespace, which ends with its parent.
    fn container(command: &str) -> std::process::Child {
        Command::new("unshare")
            .args(["--pid", "--fork", "--kill-child", "sh", "-c", command])
            .process_group(0)
            .spawn()
            .unwrap()
    }

    /// The process that `parent` starts.
    fn child_of(parent: u32) -> u32 {
        let path = format!("/proc/{parent}/task/{parent}/children");
        for _ in 0..200 {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            if let Some(child) = text.split_ascii_whitespace().next() {
                return child.parse().unwrap();
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("nothing was started")
    }
}
