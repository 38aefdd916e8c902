//! Hooks that the kernel makes from the types of its functions, and iterators.
//!
//! On a kernel without hooks the tests check what is said about that, and do not count as having
//! run there.

mod root {
    use bcc_runtime::{Error, ErrorKind, Link, bpf_program, support};
    use bcc_tests::needs::{with_hooks, with_kprobes};
    use bcc_tests::thread_id;
    use std::fs::{self, File};
    use std::io::{self, Read as _};
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
        mod refuse_open;

        const volatile u32 thread = 0;
        BPF_ARRAY(denied, u64, 2);

        KMOD_RET(security_file_fcntl, struct file *file, unsigned int cmd, unsigned long arg, int ret) {
            if ((u32)bpf_get_current_pid_tgid() != thread || cmd != 1034 /* F_GET_SEALS */)
                return 0;
            denied.atomic_increment(0, 1 + !!ret);
            return -EACCES;
        }
    }

    bpf_program! {
        mod deny_open;

        const volatile u32 thread = 0;
        BPF_ARRAY(denied, u64, 1);

        LSM_PROBE(file_open, struct file *file, int ret) {
            char name[16] = {};
            if (ret || (u32)bpf_get_current_pid_tgid() != thread)
                return ret;
            bpf_probe_read_kernel_str(name, sizeof(name), file->f_path.dentry->d_name.name);
            if (name[0] != 'v' || name[1] != 'e' || name[2] != 'r')
                return 0;
            denied.atomic_increment(0);
            return -EPERM;
        }
    }

    /// S38: a program in front of a kernel function decides its result, as long as it is attached.
    #[test]
    #[ignore = "needs root"]
    fn s38_kmod_ret_decides_a_result() {
        let thread = thread_id();
        let loaded = refuse_open::builder()
            .consts(move |consts| consts.thread = thread)
            .load();
        let Some(loaded) = with_hooks(loaded) else {
            return;
        };
        let file = File::open("/proc/version").unwrap();
        let get_seals = || {
            let fd = file.as_raw_fd();
            // SAFETY: the descriptor is open, and this request takes no further argument.
            let result = unsafe { libc::fcntl(fd, libc::F_GET_SEALS) };
            (result < 0)
                .then(|| io::Error::last_os_error().raw_os_error())
                .flatten()
        };
        let mut bpf = loaded.unwrap();
        assert_eq!(get_seals(), Some(libc::EACCES));
        assert_eq!(bpf.maps.denied.get(0).unwrap(), 1);
        assert_eq!(bpf.detach(|_| true), 1);
        assert_eq!(get_seals(), Some(libc::EINVAL));
        bpf.attach("kmod_ret__security_file_fcntl").unwrap();
        assert_eq!(get_seals(), Some(libc::EACCES));
    }

    /// S38: a program on a security hook denies what it says, to whom it says, while it is attached.
    #[test]
    #[ignore = "needs root"]
    fn s38_lsm_denies_an_open() {
        let thread = thread_id();
        let loaded = deny_open::builder()
            .consts(move |consts| consts.thread = thread)
            .load();
        let Some(loaded) = with_hooks(loaded) else {
            return;
        };
        let mut bpf = loaded.unwrap();
        support::lsm().unwrap();
        let denied = File::open("/proc/version").unwrap_err();
        assert_eq!(denied.raw_os_error(), Some(libc::EPERM));
        File::open("/proc/uptime").unwrap();
        std::thread::spawn(|| File::open("/proc/version").unwrap())
            .join()
            .unwrap();
        assert_eq!(bpf.maps.denied.get(0).unwrap(), 1);
        assert_eq!(
            bpf.detach(|link| link.target() == "security hook `file_open`"),
            1
        );
        File::open("/proc/version").unwrap();
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
        link.detach();
        let _link = bpf.progs.kfunc__vmlinux__vfs_open.attach().unwrap();
    }

    bpf_program! {
        mod preferred;

        const volatile u32 thread = 0;

        struct open_t { u64 inode; u32 flags; char fname[32]; };
        BPF_HASH(opens, u32, struct open_t);
        BPF_STACK_TRACE(stacks, 16);
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
            let inode = File::open("/proc/version")
                .unwrap()
                .metadata()
                .unwrap()
                .ino();
            assert_eq!(bpf.maps.opens.get(&thread).unwrap().unwrap().inode, inode);
            let call = bpf.maps.opens.get(&1).unwrap().unwrap();
            assert_eq!(call.fname.to_str(), Ok("/proc/version"));
            assert_eq!(call.flags.cast_signed(), libc::AT_FDCWD);
            bpf.perf_buffer_poll(Duration::from_secs(5)).unwrap();
            assert_eq!(receiver.recv().unwrap().inode, inode);
            let elsewhere = bpf.progs.kprobe__vfs_open.attach_kprobe("vfs_read");
            assert_eq!(elsewhere.is_ok(), words.is_empty());
        }
    }

    bpf_program! { mod missing; KFUNC_PROBE(vfs_oepn) { return 0; } }
    bpf_program! { mod no_module; MODULE_KFUNC_PROBE(nosuchmodule, f) { return 0; } }
    bpf_program! {
        mod no_result;
        KRETFUNC_PROBE(do_sys_openat2, int dfd, const char __user *filename, int ret) { return ret; }
    }
    bpf_program! {
        mod too_many;
        KFUNC_PROBE(vfs_open, struct path *path, struct file *file, int flags) { return flags; }
    }
    bpf_program! {
        mod unused;
        u64 seen;
        KRETFUNC_PROBE(mutex_lock, void *lock, int ret) { return 0; }
        #if 1
        KFUNC_PROBE(vfs_open, struct path *path) { seen = (u64)path->dentry; return 0; }
        #else
        KFUNC_PROBE(vfs_open, struct path *path, struct file *file, int more) { seen = more; return 0; }
        #endif
    }
    bpf_program! { mod no_hook; LSM_PROBE(file_oepn, struct file *file) { return 0; } }
    bpf_program! { mod no_iter; BPF_ITER(tassk) { return 0; } }

    #[track_caller]
    fn assert_error<T>(result: Result<T, Error>, kind: ErrorKind, parts: [&str; 2]) {
        let error = result.err().expect("it cannot work");
        let text = error.to_string();
        assert_eq!(error.kind(), kind, "{error:?}");
        for part in parts {
            assert!(text.contains(part), "no `{part}` in `{text}`");
        }
    }

    /// S37, S38: what the kernel does not have is named, before the kernel refuses it.
    #[test]
    #[ignore = "needs root"]
    fn s37_s38_targets_that_do_not_exist() {
        assert_error(
            missing::load(),
            ErrorKind::NotFound,
            ["this kernel has no function `vfs_oepn`", "`vfs_open`"],
        );
        assert_error(
            no_module::load(),
            ErrorKind::NotFound,
            ["module `nosuchmodule` is not loaded", "modprobe"],
        );
        assert_error(
            no_hook::load(),
            ErrorKind::NotFound,
            [
                "this kernel has no security hook `file_oepn`",
                "`file_open`",
            ],
        );
        assert_error(
            no_iter::load(),
            ErrorKind::NotFound,
            ["this kernel has no iterator `tassk`", "`task`"],
        );
    }

    /// S37: in bcc the last of too few arguments is taken for the result, without a word.
    #[test]
    #[ignore = "needs root"]
    fn s37_arguments_are_counted_against_the_kernel() {
        assert_error(
            no_result::load(),
            ErrorKind::InvalidInput,
            [
                "`kretfunc__vmlinux__do_sys_openat2` names 3, but `do_sys_openat2` takes 3 arguments \
                 and returns a value",
                "name all arguments and the result behind them",
            ],
        );
        assert_error(
            too_many::load(),
            ErrorKind::InvalidInput,
            [
                "names 3, but `vfs_open` takes 2 arguments",
                "name only what it has",
            ],
        );
        // What is named and not used harms nobody; clang decides which alternative there is.
        if let Some(loaded) = with_hooks(unused::load()) {
            assert_eq!(loaded.unwrap().links().len(), 2);
        }
    }

    bpf_program! {
        mod tasks;

        const volatile u32 process = 0;

        BPF_ITER(task) {
            struct seq_file *seq = ctx->meta->seq;
            struct task_struct *task = ctx->task;
            if (!task) {
                BPF_SEQ_PRINTF(seq, "end of %llu\n", ctx->meta->seq_num);
                return 0;
            }
            if (task->tgid == process)
                BPF_SEQ_PRINTF(seq, "%d of %d: %s\n", task->pid, task->tgid, task->comm);
            return 0;
        }
    }

    /// S38: reading an iterator runs its program over all tasks; each pass starts anew.
    #[test]
    #[ignore = "needs root"]
    fn s38_iterator_over_tasks() {
        let bpf = tasks::builder()
            .consts(|consts| consts.process = std::process::id())
            .load()
            .unwrap();
        assert!(bpf.links().is_empty());
        let (process, thread) = (std::process::id(), thread_id());
        let name = fs::read_to_string("/proc/thread-self/comm").unwrap();
        for _ in 0..2 {
            let mut text = String::new();
            let mut pass = bpf.progs.bpf_iter__task.iter().unwrap();
            pass.read_to_string(&mut text).unwrap();
            let line = format!("{thread} of {process}: {name}");
            assert!(text.contains(&line), "{line} {text}");
            assert!(
                text.lines().last().unwrap().starts_with("end of "),
                "{text}"
            );
        }
    }

    bpf_program! {
        mod elements;

        BPF_HASH(counts, u32, u64, 16);
        BPF_HASH(sums, u32, u64, 1);

        BPF_ITER(bpf_map_elem) {
            u32 zero = 0;
            u64 none = 0;
            u32 *key = ctx->key;
            u64 *value = ctx->value;
            if (!key || !value)
                return 0;
            u64 sum = *key * 100 + *value;
            u64 *known = sums.lookup_or_try_init(&zero, &none);
            if (known)
                *known += sum;
            bpf_seq_write(ctx->meta->seq, value, sizeof(*value));
            return 0;
        }
    }

    /// S38: an iterator over what a map holds takes the map; without one that is said.
    #[test]
    #[ignore = "needs root"]
    fn s38_iterator_over_a_map() {
        let bpf = elements::load().unwrap();
        bpf.maps.counts.update(&3, &7).unwrap();
        bpf.maps.counts.update(&4, &9).unwrap();
        let mut bytes = Vec::new();
        let iter = &bpf.progs.bpf_iter__bpf_map_elem;
        iter.iter_map(&bpf.maps.counts)
            .unwrap()
            .read_to_end(&mut bytes)
            .unwrap();
        let mut values: Vec<_> = bytes.chunks(8).map(|chunk| chunk[0]).collect();
        values.sort_unstable();
        assert_eq!(values, [7, 9]);
        assert_eq!(bpf.maps.sums.get(&0).unwrap(), Some(716));
        assert_error(
            iter.iter(),
            ErrorKind::InvalidInput,
            ["goes over what a map holds", "`iter_map`"],
        );
        let tasks = tasks::load().unwrap();
        let wrong = tasks.progs.bpf_iter__task.iter_map(&bpf.maps.counts);
        assert_error(
            wrong,
            ErrorKind::InvalidInput,
            ["goes over no map", "`iter`"],
        );
    }

    /// J6: what the kernel can do is asked of it; what it cannot has a reason.
    #[test]
    #[ignore = "needs root"]
    fn j6_capabilities() {
        support::iter().unwrap();
        let answers = [support::kfunc(), support::fmod_ret(), support::lsm()];
        let same = answers
            .iter()
            .all(|answer| answer.is_ok() == answers[0].is_ok());
        assert!(same, "{answers:?}");
        let kprobes = fs::metadata("/sys/bus/event_source/devices/kprobe").is_ok();
        assert_eq!(support::kprobe().is_ok(), kprobes);
        let modules = fs::metadata("/proc/modules").is_ok();
        assert_eq!(support::raw_tracepoint_in_module().is_ok(), modules);
        let error = support::override_return("vfs_open").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    }
}
