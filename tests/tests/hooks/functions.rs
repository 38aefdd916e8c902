//! Entries and returns of functions.

mod root {
    use bcc_runtime::{ErrorKind, Link, bpf_program};
    use bcc_tests::needs::{with_hooks, with_kprobes, with_second_attachment};
    use bcc_tests::thread_id;
    use std::fs::{self, File};
    use std::os::fd::AsRawFd as _;
    use std::os::unix::fs::MetadataExt as _;
    use std::sync::mpsc;
    use std::time::Duration;

    bpf_program! {
        mod opens;

        const volatile u32 thread = 0;

        struct open_t { u64 inode; s64 result; s32 dfd; u32 flags; char name[32]; char fname[64]; };
        BPF_ARRAY(entered, struct open_t, 1);
        BPF_ARRAY(left, struct open_t, 1);
        BPF_ARRAY(narrow, s32, 1);

        KFUNC_PROBE(vfs_open, const struct path *path, struct file *file)
        {
            int zero = 0;
            struct open_t open = {};
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            open.inode = path->dentry->d_inode->i_ino;
            open.flags = file->f_flags;
            bpf_probe_read_kernel_str(open.name, sizeof(open.name), path->dentry->d_name.name);
            entered.update(&zero, &open);
            return 0;
        }

        KRETFUNC_PROBE(do_sys_openat2, int dfd, const char __user *filename,
                       struct open_how *how, long ret) {
            int zero = 0;
            struct open_t open = {};
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            open.dfd = dfd;
            open.result = ret;
            open.fname[0] = *filename;
            bpf_probe_read_user_str(open.fname + 1, sizeof(open.fname) - 1, filename + 1);
            left.update(&zero, &open);
            return 0;
        }

        int kfunc__vmlinux__do_sys_openat2(unsigned long long *ctx) {
            int zero = 0;
            s32 dfd = ctx[0];
            if ((u32)bpf_get_current_pid_tgid() == thread)
                narrow.update(&zero, &dfd);
            return 0;
        }
    }

    /// S37: arguments at the entry are followed without a helper; the return has all of them and
    /// the result; a function of the name that bcc's macro makes attaches as well.
    #[test]
    #[ignore = "needs root"]
    fn s37_entry_and_return_have_typed_arguments() {
        let thread = thread_id();
        let loaded = opens::builder()
            .consts(move |consts| consts.thread = thread)
            .load();
        let Some(loaded) = with_hooks(loaded) else {
            return;
        };
        let bpf = loaded.unwrap();
        let targets: Vec<_> = bpf.links().iter().map(ToString::to_string).collect();
        assert_eq!(
            targets,
            [
                "`kfunc__vmlinux__vfs_open` on kernel function `vfs_open` (fentry)",
                "`kretfunc__vmlinux__do_sys_openat2` on the return of kernel function `do_sys_openat2` (fexit)",
                "`kfunc__vmlinux__do_sys_openat2` on kernel function `do_sys_openat2` (fentry)",
            ]
        );
        let file = File::open("/proc/version").unwrap();
        let (entered, left) = (
            bpf.maps.entered.get(0).unwrap(),
            bpf.maps.left.get(0).unwrap(),
        );
        assert_eq!(entered.inode, file.metadata().unwrap().ino());
        assert_eq!(entered.name.to_str(), Ok("version"));
        assert_eq!(
            entered.flags & libc::O_ACCMODE.cast_unsigned(),
            libc::O_RDONLY.cast_unsigned()
        );
        assert_eq!(left.fname.to_str(), Ok("/proc/version"));
        assert_eq!(
            (left.dfd, left.result),
            (libc::AT_FDCWD, i64::from(file.as_raw_fd()))
        );
        assert_eq!(bpf.maps.narrow.get(0).unwrap(), libc::AT_FDCWD);
    }

    bpf_program! {
        mod overlay;

        const volatile u32 thread = 0;
        BPF_ARRAY(inodes, u64, 1);
        BPF_ARRAY(results, s64, 1);

        MODULE_KFUNC_PROBE(overlay, ovl_open, struct inode *inode, struct file *file) {
            int zero = 0;
            u64 number = inode->i_ino;
            if ((u32)bpf_get_current_pid_tgid() == thread)
                inodes.update(&zero, &number);
            return 0;
        }

        MODULE_KRETFUNC_PROBE(overlay, ovl_open, struct inode *inode, struct file *file, int ret) {
            int zero = 0;
            s64 result = ret + 1;
            if ((u32)bpf_get_current_pid_tgid() == thread)
                results.update(&zero, &result);
            return 0;
        }
    }

    /// S37: functions of a module. Where the module is not loaded, that is said.
    #[test]
    #[ignore = "needs root"]
    fn s37_functions_of_a_module() {
        let thread = thread_id();
        let loaded = overlay::builder()
            .consts(move |consts| consts.thread = thread)
            .load();
        if fs::metadata("/sys/kernel/btf/overlay").is_err() {
            let error = loaded.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotFound);
            let text = error.to_string();
            assert!(text.starts_with("module `overlay` "), "{text}");
            bcc_tests::needs::note("modules");
            return;
        }
        let bpf = loaded.unwrap();
        // The root of the machine that has the module is an overlay.
        let file = File::open("/etc/passwd").unwrap();
        assert_eq!(
            bpf.maps.inodes.get(0).unwrap(),
            file.metadata().unwrap().ino()
        );
        assert_eq!(bpf.maps.results.get(0).unwrap(), 1);
    }

    bpf_program! {
        mod by_hand;

        KFUNC_PROBE(vfs_open) { return 0; }
    }

    /// S4, S37: with attaching off at load, by hand; a hook takes the same program once.
    #[test]
    #[ignore = "needs root"]
    fn s37_attaches_by_hand() {
        let Some(loaded) = with_hooks(by_hand::builder().auto_attach(false).load()) else {
            return;
        };
        let bpf = loaded.unwrap();
        assert!(bpf.links().is_empty());
        let link = bpf.progs.kfunc__vmlinux__vfs_open.attach().unwrap();
        let error = bpf.progs.kfunc__vmlinux__vfs_open.attach().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Attach, "{error:?}");
        assert!(error.to_string().contains("attached already"), "{error}");
        link.detach().unwrap();
        let again = bpf.progs.kfunc__vmlinux__vfs_open.attach();
        drop(with_second_attachment(again).map(Result::unwrap));
    }

    bpf_program! {
        mod preferred;

        const volatile u32 thread = 0;

        struct open_t { u64 inode; u32 flags; char fname[32]; };
        BPF_HASH(opens, u32, struct open_t);
        BPF_STACK_TRACE(stacks, 1024);
        BPF_PERF_OUTPUT(events);

        int kprobe__vfs_open(struct pt_regs *ctx, struct path *path, struct file *file) {
            u32 id = bpf_get_current_pid_tgid();
            struct open_t open = {};
            if (id != thread)
                return 0;
            open.inode = path->dentry->d_inode->i_ino;
            open.flags = file->f_flags;
            opens.update(&id, &open);
            if (stacks.get_stackid(ctx, 0) >= 0)
                events.perf_submit(ctx, &open, sizeof(open));
            return 0;
        }

        int kprobe__do_filp_open(struct pt_regs *ctx, int dfd) {
            return dfd > 0;
        }

        int kprobe__do_sys_openat2(struct pt_regs *ctx, int dfd, const char __user *name) {
            u32 id = bpf_get_current_pid_tgid(), key = 1;
            struct open_t open = { .flags = dfd };
            if (id != thread)
                return 0;
            open.inode = PT_REGS_PARM1(ctx);
            bpf_probe_read_user_str(open.fname, sizeof(open.fname), name);
            opens.update(&key, &open);
            return 0;
        }
    }

    /// A1: kprobes that run as fentry, if they need no registers. Without the
    /// option, and for those that do, nothing changes.
    #[test]
    #[ignore = "needs root"]
    fn a1_kprobes_run_as_fentry_if_asked() {
        let thread = thread_id();
        let load = |prefer| {
            let builder = preferred::builder().prefer_fentry(prefer);
            builder.consts(move |consts| consts.thread = thread).load()
        };
        let Some(loaded) = with_kprobes(load(true)) else {
            return;
        };
        for (mut bpf, words) in [(loaded.unwrap(), " (fentry)"), (load(false).unwrap(), "")] {
            let targets: Vec<_> = bpf.links().iter().map(Link::target).collect();
            let entry = format!("kernel function `vfs_open`{words}");
            assert_eq!(
                targets,
                [
                    &entry,
                    "kernel function `do_filp_open`",
                    "kernel function `do_sys_openat2`"
                ]
            );
            let (sender, receiver) = mpsc::channel();
            bpf.maps
                .events
                .open_perf_buffer(move |_, open: &preferred::OpenT| sender.send(*open).unwrap())
                .unwrap();
            let open = || {
                File::open("/proc/version")
                    .unwrap()
                    .metadata()
                    .unwrap()
                    .ino()
            };
            let inode = open();
            assert_eq!(bpf.maps.opens.get(&thread).unwrap().unwrap().inode, inode);
            let call = bpf.maps.opens.get(&1).unwrap().unwrap();
            assert_eq!(call.fname.to_str(), Ok("/proc/version"));
            assert_eq!(call.flags.cast_signed(), libc::AT_FDCWD);
            // Another thread of the CPU may be amid a stack: then this one's cannot be taken.
            let arrived = (0..50).any(|_| {
                bpf.perf_buffer_poll(Duration::from_millis(100)).unwrap();
                receiver.try_iter().any(|sent| sent.inode == inode) || open() != inode
            });
            assert!(arrived, "no event came");
            let elsewhere = bpf.progs.kprobe__vfs_open.attach_kprobe("vfs_read");
            assert_eq!(elsewhere.is_ok(), words.is_empty());
        }
    }
}
