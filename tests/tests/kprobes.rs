//! Entries and returns of kernel functions.
//!
//! On a kernel without kprobes the tests check what is said about that, and do not count as having
//! run there.

mod root {
    use bcc_runtime::{Error, ErrorKind, bpf_program};
    use bcc_tests::needs::with_kprobes;
    use bcc_tests::thread_id;
    use std::fs;
    use std::sync::mpsc;
    use std::time::Duration;

    bpf_program! {
        mod opens;

        const volatile u32 thread = 0;

        struct open_t { u32 pid; s32 dfd; s64 result; char comm[TASK_COMM_LEN]; char fname[64]; };
        BPF_HASH(started, u32, struct open_t);
        BPF_PERF_OUTPUT(events);

        int kprobe__do_sys_openat2(struct pt_regs *ctx, int dfd, const char __user *filename) {
            u32 id = bpf_get_current_pid_tgid();
            if (id != thread)
                return 0;
            struct open_t open = {};
            open.pid = bpf_get_current_pid_tgid() >> 32;
            open.dfd = dfd;
            bpf_get_current_comm(&open.comm, sizeof(open.comm));
            bpf_probe_read_user_str(&open.fname, sizeof(open.fname), filename);
            started.update(&id, &open);
            return 0;
        }

        int kretprobe__do_sys_openat2(struct pt_regs *ctx) {
            u32 id = bpf_get_current_pid_tgid();
            struct open_t *open = started.lookup(&id);
            if (!open)
                return 0;
            open->result = PT_REGS_RC(ctx);
            events.perf_submit(ctx, open, sizeof(*open));
            started.delete(&id);
            return 0;
        }
    }

    /// S2, S44: arguments by name at the entry of a kernel function, the result at its return; both
    /// attach at load because of their names.
    #[test]
    #[ignore = "needs root"]
    fn s2_s44_entry_and_return_attach_at_load() {
        let thread = thread_id();
        let loaded = opens::builder()
            .consts(move |consts| consts.thread = thread)
            .load();
        let Some(loaded) = with_kprobes(loaded) else {
            return;
        };
        let mut bpf = loaded.unwrap();
        let (sender, receiver) = mpsc::channel();
        bpf.maps
            .events
            .open_perf_buffer(move |_, open: &opens::OpenT| sender.send(*open).unwrap())
            .unwrap();
        let missing = fs::File::open("/proc/no such file").unwrap_err();
        bpf.perf_buffer_poll(Duration::from_secs(5)).unwrap();
        let opens: Vec<_> = receiver.try_iter().collect();
        let open = opens
            .iter()
            .find(|open| open.fname.to_str() == Ok("/proc/no such file"))
            .unwrap_or_else(|| panic!("{opens:?}"));
        assert_eq!(open.pid, std::process::id());
        assert_eq!(open.dfd, libc::AT_FDCWD);
        assert_eq!(
            Some(open.result),
            missing.raw_os_error().map(|errno| -i64::from(errno))
        );
        let name = fs::read_to_string("/proc/thread-self/comm").unwrap();
        assert_eq!(open.comm.to_str().unwrap(), name.trim_end());
        assert_eq!(bpf.maps.started.len().unwrap(), 0);
    }

    bpf_program! {
        mod by_hand;

        int on_read(struct pt_regs *ctx) { return 0; }
        int on_return(struct pt_regs *ctx) { return 0; }
    }

    /// A function that the kernel does not have: the nearest names.
    #[test]
    #[ignore = "needs root"]
    fn an_unknown_function_gets_the_nearest_names() {
        let bpf = by_hand::load().unwrap();
        for attempt in [
            bpf.progs.on_read.attach_kprobe("vfs_raed"),
            bpf.progs.on_return.attach_kretprobe("vfs_raed"),
        ] {
            let Some(attached) = with_kprobes(attempt) else {
                return;
            };
            let error: Error = attached.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotFound);
            let text = error.to_string();
            assert!(
                text.starts_with("this kernel has no function `vfs_raed`"),
                "{text}"
            );
            assert!(text.contains("nearest names: `vfs_read`"), "{text}");
        }
    }
}
