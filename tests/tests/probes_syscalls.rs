//! Programs on system calls and on kernel functions by their registers.
//!
//! On a kernel without kprobes the tests check what is said about that, and do not count as having
//! run there.

mod root {
    use bcc_runtime::attach::{KprobeOpts, get_syscall_fnname};
    use bcc_runtime::{ErrorKind, bpf_program};
    use bcc_tests::needs::with_kprobes;
    use bcc_tests::thread_id;
    use std::fs::File;
    use std::io;

    /// `openat` of a path that does not exist, with arguments to be found again.
    fn open_nothing() {
        // SAFETY: the path is a C string that outlives the call.
        let result = unsafe {
            libc::syscall(
                libc::SYS_openat,
                -77,
                c"/no such file".as_ptr(),
                libc::O_CREAT | libc::O_EXCL | libc::O_DIRECTORY,
                0o421,
            )
        };
        assert_eq!(result, -1);
    }

    bpf_program! {
        mod openat;

        const volatile u32 thread = 0;

        struct call_t { s32 dfd; u32 flags; u32 mode; char first; char path[31]; };
        BPF_ARRAY(calls, struct call_t, 3);

        int syscall__openat(struct pt_regs *ctx, int dfd, const char __user *name, int flags, umode_t mode) {
            int slot = 0;
            struct call_t call = {};
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            call.dfd = dfd;
            call.flags = flags;
            call.mode = mode;
            call.first = *name;
            bpf_probe_read_user_str(call.path, sizeof(call.path), name + 1);
            calls.update(&slot, &call);
            return 0;
        }

        int by_registers(struct pt_regs *ctx) {
            int slot = 1;
            struct call_t call = {};
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            struct pt_regs *regs = PT_REGS_SYSCALL_CTX(ctx);
            const char *name = (const char *)PT_REGS_PARM2_SYSCALL(regs);
            call.dfd = PT_REGS_PARM1_SYSCALL(regs);
            call.first = name[0];
            call.flags = regs->dx;
            bpf_probe_read(&call.mode, sizeof(call.mode), &PT_REGS_PARM4_SYSCALL(regs));
            bpf_probe_read_user_str(call.path, sizeof(call.path), &name[1]);
            calls.update(&slot, &call);
            return 0;
        }
    }

    fn assert_call(call: openat::CallT) {
        assert_eq!((call.dfd, call.mode), (-77, 0o421));
        let flags = libc::O_CREAT | libc::O_EXCL | libc::O_DIRECTORY;
        assert_eq!(call.flags, flags.cast_unsigned());
        assert_eq!(
            (call.first, call.path.to_str()),
            (b'/'.cast_signed(), Ok("no such file"))
        );
    }

    /// S3, S8, S44: the arguments of a system call come from the registers its caller had, the
    /// fourth from its own one, and its pointers lead to user memory.
    #[test]
    #[ignore = "needs root"]
    fn s3_s44_arguments_of_a_system_call() {
        let thread = thread_id();
        let bpf = openat::builder()
            .consts(move |consts| consts.thread = thread)
            .load()
            .unwrap();
        assert!(bpf.links().is_empty());
        let Some(link) = with_kprobes(bpf.progs.syscall__openat.attach()) else {
            return;
        };
        let link = link.unwrap();
        let target = format!("kernel function `{}`", get_syscall_fnname("openat"));
        assert_eq!(link.target(), target);
        let function = get_syscall_fnname("openat");
        let _link = bpf.progs.by_registers.attach_kprobe(&function).unwrap();
        open_nothing();
        assert_call(bpf.maps.calls.get(0).unwrap());
        assert_call(bpf.maps.calls.get(1).unwrap());
        // As in bcc, by any name of the program's, and to any function.
        link.detach().unwrap();
        bpf.maps.calls.update(0, &openat::CallT::default()).unwrap();
        let _link = bpf.progs.syscall__openat.attach_kprobe(&function).unwrap();
        open_nothing();
        assert_call(bpf.maps.calls.get(0).unwrap());
    }

    bpf_program! {
        mod prefixes;

        const volatile u32 thread = 0;

        BPF_ARRAY(seen, s64, 4);

        static void note(int slot, s64 value) {
            if ((u32)bpf_get_current_pid_tgid() == thread)
                seen.update(&slot, &value);
        }

        int kprobe____x64_sys_getpriority(struct pt_regs *ctx, int which, int who) { note(0, who); return 0; }
        int kprobe__sys_getpriority(struct pt_regs *ctx, int which, int who) { note(1, who); return 0; }
        int kprobe____arm64_sys_getpriority(struct pt_regs *, int which, int who) { note(2, which); return 0; }
        int kretprobe__sys_getpriority(struct pt_regs *ctx) { note(3, PT_REGS_RC(ctx)); return 0; }
    }

    /// S3, S4: names of system calls as another machine has them mean this machine's function, and
    /// their arguments are those of the call.
    #[test]
    #[ignore = "needs root"]
    fn s3_s4_prefixes_of_other_machines() {
        let thread = thread_id();
        let loaded = prefixes::builder()
            .consts(move |consts| consts.thread = thread)
            .load();
        let Some(loaded) = with_kprobes(loaded) else {
            return;
        };
        let bpf = loaded.unwrap();
        let function = get_syscall_fnname("getpriority");
        for link in bpf.links() {
            assert!(link.target().ends_with(&format!("`{function}`")), "{link}");
        }
        bcc_tests::send(12345);
        let seen = |slot| bpf.maps.seen.get(slot).unwrap();
        let expected = (
            12345,
            12345,
            i64::from(libc::PRIO_PGRP),
            -i64::from(libc::ESRCH),
        );
        assert_eq!((seen(0), seen(1), seen(2), seen(3)), expected);
    }

    bpf_program! {
        mod own_name;

        BPF_ARRAY(seen, u64, 1);

        int kprobe__sys_ni_syscall(struct pt_regs *ctx) {
            int zero = 0;
            u64 address = PT_REGS_IP(ctx);
            seen.update(&zero, &address);
            return 0;
        }
    }

    /// S4: a function of the kernel whose name only looks like a system call's is itself. In bcc it
    /// cannot be traced.
    #[test]
    #[ignore = "needs root"]
    fn s4_a_function_that_is_no_system_call() {
        let Some(loaded) = with_kprobes(own_name::load()) else {
            return;
        };
        let bpf = loaded.unwrap();
        assert_eq!(bpf.links()[0].target(), "kernel function `sys_ni_syscall`");
        // SAFETY: no system call has this number on x86-64, and none reads its arguments.
        let result = unsafe { libc::syscall(libc::SYS_uselib) };
        let error = io::Error::last_os_error();
        assert_eq!((result, error.raw_os_error()), (-1, Some(libc::ENOSYS)));
    }

    bpf_program! {
        mod registers;

        const volatile u32 thread = 0;

        struct regs_t { u64 ip; u64 sp; u64 ret; u64 fp; u64 caller; };
        BPF_ARRAY(entry, struct regs_t, 1);
        BPF_ARRAY(inside, struct regs_t, 1);

        int on_entry(struct pt_regs *ctx) {
            int zero = 0;
            struct regs_t regs = {};
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            regs.ip = PT_REGS_IP(ctx);
            regs.sp = PT_REGS_SP(ctx);
            regs.ret = PT_REGS_RET(ctx);
            regs.fp = PT_REGS_FP(ctx);
            bpf_probe_read_kernel(&regs.caller, sizeof(regs.caller), (void *)PT_REGS_SP(ctx));
            entry.update(&zero, &regs);
            return 0;
        }

        int at_offset(struct pt_regs *ctx) {
            int zero = 0;
            struct regs_t regs = {};
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            regs.ip = PT_REGS_IP(ctx);
            inside.update(&zero, &regs);
            return 0;
        }
    }

    /// S44: the registers by their names; a program some bytes into a function.
    #[test]
    #[ignore = "needs root"]
    fn s44_registers_and_offsets() {
        let thread = thread_id();
        let bpf = registers::builder()
            .consts(move |consts| consts.thread = thread)
            .load()
            .unwrap();
        let on_entry = &bpf.progs.on_entry;
        let Some(link) = with_kprobes(on_entry.attach_kprobe("vfs_open")) else {
            return;
        };
        let _link = link.unwrap();
        // The second instruction stands behind the 5 bytes of the call that tracing leaves room for.
        let at_offset = &bpf.progs.at_offset;
        let into = at_offset
            .attach_kprobe_with_opts("vfs_open", &KprobeOpts::new().offset(5))
            .unwrap();
        assert_eq!(into.target(), "kernel function `vfs_open+0x5`");
        let between = at_offset.attach_kprobe_with_opts("vfs_open", &KprobeOpts::new().offset(3));
        assert_eq!(between.unwrap_err().kind(), ErrorKind::Attach);
        drop(File::open("/proc/version").unwrap());
        let entry = bpf.maps.entry.get(0).unwrap();
        let inside = bpf.maps.inside.get(0).unwrap();
        // What the kernel calls the instruction pointer differs by where a probe stands; it is in
        // the function at any rate.
        assert!(
            (0..=5).contains(&(inside.ip.wrapping_sub(entry.ip))),
            "{entry:?} {inside:?}"
        );
        assert_eq!(entry.ret, entry.sp);
        assert_ne!(entry.sp, 0);
        assert!(
            entry.caller > 1 << 63,
            "the address to return to: {:#x}",
            entry.caller
        );
    }

    bpf_program! {
        mod overriding;

        int on_call(struct pt_regs *ctx) {
            bpf_override_return(ctx, -EPERM);
            return 0;
        }
    }

    /// C1: a kernel that lets no result be overridden says so, with what it lacks.
    #[test]
    #[ignore = "needs root"]
    fn c1_override_without_kernel_support() {
        let loaded = overriding::load();
        let Ok(bpf) = loaded else {
            let error = loaded.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Verifier);
            let text = format!("{error:?}");
            assert!(text.contains("CONFIG_BPF_KPROBE_OVERRIDE"), "{text}");
            return;
        };
        let attached = bpf.progs.on_call.attach_kprobe("vfs_open");
        let text = attached.unwrap_err().to_string();
        assert!(text.contains("does not let a program override"), "{text}");
    }
}
