//! Tracepoints and raw tracepoints: their fields, their arguments, their names.

mod root {
    use bcc_runtime::{ErrorKind, bpf_program};
    use bcc_tests::thread_id;
    use std::process::Command;
    use std::time::{Duration, Instant};

    bpf_program! {
        mod execs;

        struct exec_t { u32 pid; u32 old_pid; u32 length; char text[64]; char all[64]; char first[4]; char behind[4]; };
        BPF_HASH(execs, u32, struct exec_t);

        TRACEPOINT_PROBE(sched, sched_process_exec) {
            struct exec_t exec = {};
            exec.pid = args->pid;
            exec.old_pid = args->old_pid;
            exec.length = (u32)args->data_loc_filename >> 16;
            TP_DATA_LOC_READ_STR(exec.text, filename, sizeof(exec.text));
            TP_DATA_LOC_READ(exec.all, filename);
            TP_DATA_LOC_READ(&exec.first, filename);
            TP_DATA_LOC_READ_CONST(exec.behind, filename, 2);
            execs.update(&exec.pid, &exec);
            return 0;
        }
    }

    /// S35: a field of dynamic length as text, whole as far as it fits, and in part. In bcc the
    /// verifier rejects the second.
    #[test]
    #[ignore = "needs root"]
    fn s35_fields_of_dynamic_length() {
        let bpf = execs::load().unwrap();
        let mut child = Command::new("/bin/true").spawn().unwrap();
        let pid = child.id();
        child.wait().unwrap();
        let exec = bpf.maps.execs.get(&pid).unwrap().unwrap();
        assert_eq!((exec.pid, exec.old_pid), (pid, pid));
        assert_eq!(exec.text.to_str(), Ok("/bin/true"));
        assert_eq!(exec.all.to_str(), Ok("/bin/true"));
        assert_eq!(exec.length, 10);
        assert_eq!(exec.first.to_string_lossy(), "/bin");
        // What the second read left behind its end is what was there before.
        assert_eq!(exec.behind.to_str(), Ok("/b"));
    }

    bpf_program! {
        mod switches;

        const volatile u32 thread = 0;

        struct switch_t { u32 pid; s32 prio; s64 state; char comm[16]; };
        BPF_ARRAY(switches, struct switch_t, 2);

        static void note(int slot, struct switch_t *value) {
            if (value->pid == thread)
                switches.update(&slot, value);
        }

        TRACEPOINT_PROBE(sched, sched_switch) {
            struct switch_t value = {};
            if (!args->prev_state)
                return 0;
            value.pid = args->prev_pid;
            value.prio = args->prev_prio;
            value.state = args->prev_state;
            __builtin_memcpy(value.comm, args->prev_comm, sizeof(value.comm));
            note(0, &value);
            return 0;
        }

        RAW_TRACEPOINT_PROBE(sched_switch) {
            struct switch_t value = {};
            struct task_struct *prev = (struct task_struct *)ctx->args[1];
            value.pid = prev->pid;
            value.prio = prev->prio;
            bpf_probe_read_kernel_str(value.comm, sizeof(value.comm), prev->comm);
            note(1, &value);
            return 0;
        }
    }

    /// S34, S36: numbers and texts of a tracepoint's record, and the same from the tracepoint's own
    /// arguments.
    #[test]
    #[ignore = "needs root"]
    fn s34_s36_fields_and_arguments() {
        let thread = thread_id();
        let bpf = switches::builder()
            .consts(move |consts| consts.thread = thread)
            .load()
            .unwrap();
        std::thread::sleep(Duration::from_millis(20));
        let name = std::fs::read_to_string("/proc/thread-self/comm").unwrap();
        let record = bpf.maps.switches.get(0).unwrap();
        let task = bpf.maps.switches.get(1).unwrap();
        for seen in [&record, &task] {
            assert_eq!(seen.pid, thread);
            assert_eq!(seen.comm.to_str(), Ok(name.trim_end()));
        }
        assert_eq!(record.prio, task.prio);
        // It slept: the state is `TASK_INTERRUPTIBLE`.
        assert_eq!(record.state, 1);
    }

    bpf_program! {
        mod typed;

        struct exec_t { u32 pid; s32 old_pid; char path[32]; };
        BPF_HASH(raw, u32, struct exec_t);
        BPF_HASH(by_btf, u32, struct exec_t);

        static void note(struct exec_t *exec, struct task_struct *task, pid_t old_pid, struct linux_binprm *bprm) {
            exec->pid = task->pid;
            exec->old_pid = old_pid;
            bpf_probe_read_kernel_str(exec->path, sizeof(exec->path), bprm->filename);
        }

        RAW_TRACEPOINT_PROBE(sched_process_exec) {
            struct exec_t exec = {};
            note(&exec, (struct task_struct *)ctx->args[0], ctx->args[1], (struct linux_binprm *)ctx->args[2]);
            raw.update(&exec.pid, &exec);
            return 0;
        }

        SEC("tp_btf/sched_process_exec") int on_exec(u64 *args) {
            struct exec_t exec = {};
            struct task_struct *task = (struct task_struct *)args[0];
            struct linux_binprm *bprm = (struct linux_binprm *)args[2];
            exec.pid = task->pid;
            exec.old_pid = args[1];
            bpf_probe_read_kernel_str(exec.path, sizeof(exec.path), bprm->filename);
            by_btf.update(&exec.pid, &exec);
            return 0;
        }
    }

    /// S36: the arguments of the tracepoint itself, of three types: a task, a number, a struct with a
    /// text; cast by the text, or as the kernel's types have them, which need no reads.
    #[test]
    #[ignore = "needs root"]
    fn s36_arguments_with_their_types() {
        let bpf = typed::load().unwrap();
        let mut child = Command::new("/bin/true").spawn().unwrap();
        let pid = child.id();
        child.wait().unwrap();
        for map in [&bpf.maps.raw, &bpf.maps.by_btf] {
            let exec = map.get(&pid).unwrap().unwrap();
            assert_eq!(i64::from(exec.old_pid), i64::from(pid));
            assert_eq!(exec.path.to_str(), Ok("/bin/true"));
        }
    }

    bpf_program! {
        mod timers;

        const volatile u32 thread = 0;
        BPF_HASH(slots, u32, u64);

        TRACEPOINT_PROBE(syscalls, sys_enter_prlimit64) {
            u32 id = bpf_get_current_pid_tgid();
            u64 nr = args->__syscall_nr, pid = args->pid;
            u64 sum = nr * 1000 + args->resource;
            u32 key = 1;
            if (id != thread)
                return 0;
            slots.update(&id, &sum);
            slots.update(&key, &pid);
            return 0;
        }
        int by_hand(struct tracepoint__syscalls__sys_exit_prlimit64 *args) {
            u32 id = bpf_get_current_pid_tgid(), key = 2;
            u64 ret = args->ret;
            if (id == thread)
                slots.update(&key, &ret);
            return 0;
        }
    }

    /// S34: the kernel gives a `pid_t` of a system call 8 bytes; a program of one tracepoint's
    /// struct attaches to another tracepoint that has its fields.
    #[test]
    #[ignore = "needs root"]
    fn s34_fields_have_the_size_of_the_record() {
        let thread = thread_id();
        let bpf = timers::builder()
            .consts(move |consts| consts.thread = thread)
            .load()
            .unwrap();
        let exit = &bpf.progs.by_hand;
        let _exit = exit
            .attach_tracepoint("syscalls:sys_exit_prlimit64")
            .unwrap();
        // SAFETY: null pointers ask for nothing and set nothing.
        let result = unsafe {
            libc::syscall(
                libc::SYS_prlimit64,
                0,
                libc::RLIMIT_NOFILE,
                0_usize,
                0_usize,
            )
        };
        assert_eq!(result, 0);
        let slot = |key: u32| bpf.maps.slots.get(&key).unwrap();
        let number = libc::SYS_prlimit64.unsigned_abs() * 1000 + u64::from(libc::RLIMIT_NOFILE);
        assert_eq!(slot(thread), Some(number));
        assert_eq!((slot(1), slot(2)), (Some(0), Some(0)));
    }

    bpf_program! {
        mod several;

        const volatile u32 thread = 0;
        BPF_HASH(counts, u32, u64);

        static int count(u32 slot);

        static int count(u32 slot) {
            if ((u32)bpf_get_current_pid_tgid() == thread)
                counts.increment(slot);
            return 0;
        }

        TRACEPOINT_PROBE( syscalls ,
                          sys_enter_getpriority )
        {
            return count(0);
        }

        int first(struct tracepoint__syscalls__sys_enter_getpriority *args) { return count(1); }
        int second(struct tracepoint__syscalls__sys_enter_getpriority *args) { return count(1); }
        void
        third(struct
        tracepoint__syscalls__sys_enter_getpriority *args)
        {
            count(2);
        }
        RAW_TRACEPOINT_PROBE(sys_enter) {
            if (ctx->args[1] == 140)
                return count(3);
            return 0;
        }
    }

    /// A11, S1: several programs of one text, with the same body, without a result, over several
    /// lines; a helper with a prototype.
    #[test]
    #[ignore = "needs root"]
    fn s1_several_programs() {
        assert_eq!(libc::SYS_getpriority, 140);
        let thread = thread_id();
        let mut bpf = several::builder()
            .consts(move |consts| consts.thread = thread)
            .load()
            .unwrap();
        for name in ["first", "second", "third"] {
            bpf.attach(name).unwrap();
        }
        bcc_tests::send(1);
        let counts: Vec<_> = (0..4)
            .map(|slot| bpf.maps.counts.get(&slot).unwrap())
            .collect();
        assert_eq!(counts, [Some(1), Some(2), Some(1), Some(1)]);
    }

    bpf_program! {
        mod alternatives;

        const volatile u32 thread = 0;
        BPF_HASH(counts, u32, u64);

        static int count(u32 slot) {
            if ((u32)bpf_get_current_pid_tgid() == thread)
                counts.increment(slot);
            return 0;
        }

        #if LINUX_VERSION_CODE >= KERNEL_VERSION(4, 0, 0)
        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) { return count(0); }
        RAW_TRACEPOINT_PROBE(sys_enter) { return ctx->args[1] == 140 ? count(1) : 0; }
        #else
        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) { return count(2); }
        TRACEPOINT_PROBE(syscalls, sys_no_longer_there) { return count(3); }
        #endif
    }

    /// A11: of programs between which `#if` chooses, those that are there attach, once each.
    #[test]
    #[ignore = "needs root"]
    fn a11_programs_in_conditionals() {
        let thread = thread_id();
        let bpf = alternatives::builder()
            .consts(move |consts| consts.thread = thread)
            .load()
            .unwrap();
        assert_eq!(bpf.links().len(), 2);
        bcc_tests::send(1);
        let counts: Vec<_> = (0..4)
            .map(|slot| bpf.maps.counts.get(&slot).unwrap())
            .collect();
        assert_eq!(counts, [Some(1), Some(1), None, None]);
        let left_out = &bpf.progs.tracepoint__syscalls__sys_no_longer_there;
        let error = left_out
            .attach_tracepoint("sched:sched_switch")
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        let start = "`tracepoint__syscalls__sys_no_longer_there` is not loaded: an `#if` of the";
        assert!(error.to_string().starts_with(start), "{error}");
    }

    bpf_program! { mod unknown; TRACEPOINT_PROBE(sched, sched_swich) { return 0; } }
    bpf_program! {
        mod unknown_used;
        TRACEPOINT_PROBE(sched, sched_swich) { return args->prev_pid; }
    }
    bpf_program! { mod unknown_raw; RAW_TRACEPOINT_PROBE(sched_swich) { return 0; } }
    bpf_program! {
        mod too_far;
        RAW_TRACEPOINT_PROBE(sched_process_exit) { return ctx->args[9]; }
    }

    /// S34, S36: tracepoints that do not exist have neighbours; arguments a raw tracepoint does not
    /// have are counted.
    #[test]
    #[ignore = "needs root"]
    fn s34_s36_what_does_not_exist() {
        for error in [
            unknown::load().unwrap_err(),
            unknown_used::load().unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::NotFound, "{error:?}");
            let text = error.to_string();
            assert!(text.contains("`sched:sched_switch`"), "{text}");
        }
        let error = unknown_raw::load().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.to_string().contains("`sched_switch`"), "{error}");
        let error = too_far::load().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Attach, "{error:?}");
        let text = error.to_string();
        assert!(
            text.contains("raw tracepoint `sched_process_exit`: it has "),
            "{text}"
        );
        assert!(text.ends_with("and the program reads others"), "{text}");
    }

    bpf_program! {
        mod of_module;

        BPF_ARRAY(requests, u64, 1);

        int raw_tracepoint__9p_client_req(struct bpf_raw_tracepoint_args *ctx) {
            requests.increment(0);
            return 0;
        }
    }

    /// S36: a raw tracepoint that a module defines.
    #[test]
    #[ignore = "needs root"]
    fn s36_raw_tracepoint_of_a_module() {
        if !std::path::Path::new("/sys/module/9pnet").exists() {
            let error = of_module::load().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotFound);
            bcc_tests::needs::note("modules");
            return;
        }
        let bpf = of_module::load().unwrap();
        // The files of the machine that has the module come from its host by that protocol.
        let deadline = Instant::now() + Duration::from_secs(20);
        while bpf.maps.requests.get(0).unwrap() == 0 {
            assert!(Instant::now() < deadline, "no request");
            assert_ne!(std::fs::read_dir("/usr/share/doc").unwrap().count(), 0);
        }
    }
}
