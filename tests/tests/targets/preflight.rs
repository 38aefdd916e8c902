//! What stands in the way of a program, without loading it.

mod root {
    use bcc_runtime::{Bpf, Finding, FindingKind, Preflight, bpf_program, support};
    use bcc_tests::needs::note;
    use std::fs;

    bpf_program! {
        mod right;

        struct event_t { u32 pid; u32 parent; u16 family; char comm[TASK_COMM_LEN]; };
        BPF_RINGBUF_OUTPUT(events, 8);
        BPF_HASH(socks, u64, struct sock *);

        TRACEPOINT_PROBE(sched, sched_switch) {
            struct event_t event = {};
            struct task_struct *task = (struct task_struct *)bpf_get_current_task();
            u64 id = bpf_get_current_pid_tgid();
            struct sock **sock = socks.lookup(&id);
            event.pid = args->prev_pid;
            event.parent = task->real_parent->tgid;
            if (sock)
                event.family = (*sock)->sk_family;
            #if LINUX_VERSION_CODE < KERNEL_VERSION(3, 0, 0)
            event.pid += task->never_there;
            #endif
            if (bpf_core_field_exists(task->not_there_either))
                event.pid += task->not_there_either;
            events.ringbuf_output(&event, sizeof(event), 0);
            return 0;
        }
        TRACEPOINT_PROBE(syscalls, sys_enter_openat) { return args->dfd + !args->filename; }
        TRACEPOINT_PROBE(skb, kfree_skb) { return args->protocol; }
        RAW_TRACEPOINT_PROBE(sched_wakeup) {
            struct task_struct *task = (struct task_struct *)ctx->args[0];
            return task->mm->exe_file->f_inode->i_mode & 1;
        }
        int on_read(struct pt_regs *ctx, struct file *file) { return file->f_inode->i_mode; }
    }

    bpf_program! {
        mod traced;

        int kprobe__tcp_sendmsg(struct pt_regs *ctx, struct sock *sk, struct msghdr *msg, size_t size) {
            return sk->__sk_common.skc_dport + size + !msg;
        }
        int kprobe__vfs_read(struct pt_regs *ctx, struct file *file, void *buf, unsigned long count) {
            return file->f_pos + count + !buf;
        }
        int kprobe__do_sys_openat2(struct pt_regs *ctx, int dfd, u64 filename) { return dfd + filename; }
        int kprobe__tcp_v4_connect(struct pt_regs *ctx, struct tcp_sock *tp) { return tp->snd_cwnd; }
        int kretprobe__vfs_read(struct pt_regs *ctx) { return PT_REGS_RC(ctx); }
    }

    bpf_program! {
        mod wrong;

        BPF_HASH(seen);
        int kprobe__tcp_sendmsg(struct pt_regs *ctx, struct socket *socket, struct msghdr *msg) {
            return socket->state + !msg;
        }
        int kprobe__vfs_fsync(struct pt_regs *ctx, int file, int datasync, u64 more, u64 most) {
            return file + most;
        }
        TRACEPOINT_PROBE(sched, sched_switch) {
            struct task_struct *task = (struct task_struct *)bpf_get_current_task();
            return args->prev_pidd + task->mm->mm_userss.counter;
        }
        TRACEPOINT_PROBE(sched, sched_swich) { return 0; }
        RAW_TRACEPOINT_PROBE(sched_wakeupp) { return 0; }
    }

    bpf_program! {
        mod paths;

        TRACEPOINT_PROBE(sched, sched_switch) {
            struct task_struct *task = (struct task_struct *)bpf_get_current_task();
            struct sock *mm = 0;
            u64 sum = BPF_CORE_READ(task, mm, exe_file, f_inode, i_ino) + BPF_CORE_READ(mm, sk_familie);
            BPF_CORE_READ_INTO(&sum, task, mm, exe_file,
                               f_indoe, i_ino);
            bpf_core_read(&sum, sizeof(sum), &task->stard_time);
            sum += BPF_CORE_READ(task->real_parent, se.sum_exec_runtimes);
            if (bpf_core_field_exists(struct task_struct, not_there))
                sum += BPF_CORE_READ(task, not_there);
            sum += bpf_core_field_exists(task->nor_this) ? BPF_CORE_READ(task, nor_this) : 0;
            return sum & 1;
        }
    }

    fn of_kind(report: &Preflight, kind: FindingKind) -> Vec<&Finding> {
        report
            .findings
            .iter()
            .filter(|it| it.kind == kind)
            .collect()
    }

    /// Whether something is found that another machine would not change.
    fn is_about_the_text(report: &Preflight) -> bool {
        let of_machine = [FindingKind::Target, FindingKind::Config];
        let mut kinds = report.findings.iter().map(|it| it.kind);
        kinds.any(|kind| !of_machine.contains(&kind))
    }

    fn lines(report: &Preflight, kind: FindingKind) -> Vec<(u32, &str)> {
        let line = |it: &&Finding| it.place.map_or(0, |place| place.line);
        let found = of_kind(report, kind);
        found
            .iter()
            .map(|it| (line(it), it.message.as_str()))
            .collect()
    }

    /// Programs that are right: not a word, from a macro or from a text.
    #[test]
    #[ignore = "needs root"]
    fn nh5_silent_about_what_is_right() {
        let report = right::builder().preflight().expect("it is a program");
        assert!(report.is_ok(), "{report}");
        assert_eq!(report.unchecked, [""; 0], "{report}");
        assert_eq!(report.to_string(), "`right`: nothing stands in the way\n");
        let text = "
            KFUNC_PROBE(vfs_open, const struct path *path, struct file *file) { return !path + !file; }
            KRETFUNC_PROBE(vfs_open, struct path *path, struct file *file, int ret) { return ret; }
            TRACEPOINT_PROBE(sched, sched_process_exit) { return args->pid; }";
        let report = Bpf::builder().text(text).preflight().expect("a program");
        assert_eq!(report.is_ok(), support::kfunc().is_ok(), "{report}");
        assert!(!is_about_the_text(&report), "{report}");
    }

    /// The tools of the examples, which run here.
    #[test]
    #[ignore = "needs root"]
    fn nh5_silent_about_tools() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/tools");
        let files = fs::read_dir(folder).expect("there are tools");
        let mut count = 0;
        for file in files {
            let path = file.expect("it can be read").path();
            if path.extension().is_some_and(|end| end == "c") {
                count += 1;
                let report = Bpf::builder().src_file(&path).preflight();
                let report = report.expect("it is a program");
                assert!(!is_about_the_text(&report), "{report}");
            }
        }
        assert!(count > 5, "only {count}");
    }

    /// Kprobes that are right, with the types of their arguments in all the ways people write them.
    #[test]
    #[ignore = "needs root"]
    fn nh5_silent_about_arguments_that_fit() {
        let report = traced::builder().preflight().expect("it is a program");
        assert!(!is_about_the_text(&report), "{report}");
        if support::kprobe().is_err() {
            let missing = of_kind(&report, FindingKind::Target);
            assert_eq!(missing.len(), 5, "{report}");
            assert!(
                missing[0].message.contains("this kernel has no kprobes"),
                "{report}"
            );
            note("kprobes");
            return;
        }
        assert!(report.is_ok(), "{report}");
    }

    /// X54 and the rest: each mistake with its line.
    #[test]
    #[ignore = "needs root"]
    fn nh5_x54_names_what_is_wrong() {
        let report = wrong::builder().preflight().expect("it is a program");
        let arguments = lines(&report, FindingKind::Arguments);
        assert_eq!(arguments.len(), 3, "{report}");
        let socket = "it takes argument 1 for `struct socket *socket`, but that is `struct sock *sk`: \
                      `int tcp_sendmsg(struct sock *sk, struct msghdr *msg, size_t size)`";
        assert_eq!(arguments[0], (59, socket));
        let many = "it names 4 arguments, but the function has 2: \
                    `int vfs_fsync(struct file *file, int datasync)`";
        assert_eq!(arguments[1], (62, many));
        let number = "it takes argument 1 for `int file`, but that is `struct file *file`";
        assert!(arguments[2].1.starts_with(number), "{report}");
        let members = lines(&report, FindingKind::Member);
        assert_eq!(members.len(), 1, "{report}");
        assert_eq!(members[0].0, 67, "{report}");
        assert!(
            members[0]
                .1
                .starts_with("`struct mm_struct` has no `mm_userss` in this kernel; nearest"),
            "{report}"
        );
        let fields = lines(&report, FindingKind::Field);
        assert_eq!(fields[0].0, 67);
        let field = "tracepoint `sched:sched_switch` has no field `prev_pidd` in this kernel; nearest \
                     names: `prev_pid`";
        assert!(fields[0].1.starts_with(field), "{report}");
        let targets = lines(&report, FindingKind::Target);
        for (line, part) in [
            (69, "tracepoint `sched:sched_swich` does not exist"),
            (70, "raw tracepoint `sched_wakeupp` does not exist"),
        ] {
            let found = targets
                .iter()
                .any(|it| it.0 == line && it.1.starts_with(part));
            assert!(found, "no `{part}` in {report}");
        }
        let text = report.to_string();
        let start = "preflight.rs:69:9: `tracepoint__sched__sched_swich`: tracepoint";
        assert!(text.contains(start), "{text}");
    }

    /// Members as arguments of macros: each that is wrong with its line, none that is asked for.
    #[test]
    #[ignore = "needs root"]
    fn members_in_macros() {
        let report = paths::builder().preflight().expect("it is a program");
        let members = lines(&report, FindingKind::Member);
        let expected = [
            (79, "`struct sock` has no `sk_familie` in this kernel; "),
            (
                81,
                "`struct file` has no `f_indoe` in this kernel; nearest names: `f_inode`",
            ),
            (
                82,
                "`struct task_struct` has no `stard_time` in this kernel; nearest names: `start_time`",
            ),
            (
                83,
                "`struct sched_entity` has no `sum_exec_runtimes` in this kernel; nearest names: `sum_exec_runtime`",
            ),
        ];
        assert_eq!(report.findings.len(), expected.len(), "{report}");
        for ((line, message), (expected, start)) in members.into_iter().zip(expected) {
            assert!(line == expected && message.starts_with(start), "{report}");
        }
    }

    /// What may be missing is no finding.
    #[test]
    #[ignore = "needs root"]
    fn nh5_what_may_be_missing() {
        let mut builder = wrong::builder().optional_probe("tracepoint__sched__sched_swich");
        let report = builder.preflight().expect("it is a program");
        let targets = of_kind(&report, FindingKind::Target);
        assert!(
            targets.iter().all(|it| !it.message.contains("swich")),
            "{report}"
        );
        let error = right::builder().optional_probe("nobody").preflight();
        assert!(error.is_err());
    }

    /// Nothing of the program is in the kernel afterwards, and clang is not run.
    #[test]
    #[ignore = "needs root"]
    fn nh5_runs_no_clang() {
        let mut builder = right::builder().clang("/nonexistent/clang");
        assert!(builder.preflight().expect("no clang is run").is_ok());
        drop(builder.load().expect_err("it has no clang"));
    }

    /// The kernel's types with a name changed, as in a file of another kernel.
    fn with_other_name(from: &str, to: &str) -> tempfile::NamedTempFile {
        let mut types = fs::read("/sys/kernel/btf/vmlinux").expect("the kernel has types");
        let (from, to) = (format!("\0{from}\0"), format!("\0{to}\0"));
        assert_eq!(from.len(), to.len());
        let at = types
            .windows(from.len())
            .position(|bytes| bytes == from.as_bytes())
            .expect("the kernel has the name");
        types[at..at + to.len()].copy_from_slice(to.as_bytes());
        let file = tempfile::NamedTempFile::new().expect("a file");
        fs::write(file.path(), types).expect("it can be written");
        file
    }

    /// Another kernel: a member and a function that have other names there.
    #[test]
    #[ignore = "needs root"]
    fn nh15_another_kernel() {
        let report = |file: &tempfile::NamedTempFile| {
            let mut builder = right::builder().btf_path(file.path());
            builder.preflight().expect("it is a file of types")
        };
        let file = with_other_name("exe_file", "exe_pile");
        let found = report(&file);
        let members = lines(&found, FindingKind::Member);
        assert_eq!((found.findings.len(), members.len()), (1, 1), "{found}");
        assert_eq!(members[0].0, 36, "{found}");
        let start =
            "`struct mm_struct` has no `exe_file` in this kernel; nearest names: `exe_pile`";
        assert!(members[0].1.starts_with(start), "{found}");
        assert_eq!(found.unchecked.len(), 1, "{found}");
        let file = with_other_name("btf_trace_kfree_skb", "btf_trace_kfree_skx");
        let found = report(&file);
        assert_eq!(lines(&found, FindingKind::Target).len(), 1, "{found}");
        let file = with_other_name("vfs_read", "vfs_rexd");
        let found = traced::builder().btf_path(file.path()).preflight();
        let found = found.expect("it is a file of types");
        let targets = lines(&found, FindingKind::Target);
        assert_eq!((found.findings.len(), targets.len()), (2, 2), "{found}");
        let start = "the kernel has no function `vfs_read`, or one without a type; nearest names: ";
        assert!(targets[0].1.starts_with(start), "{found}");
        assert!(
            right::builder()
                .btf_path("/etc/passwd")
                .preflight()
                .is_err()
        );
    }
}
