//! What can be probed, with its arguments.

mod root {
    use bcc_runtime::ErrorKind;
    use bcc_runtime::attach::list;

    /// L16: functions with their prototypes.
    #[test]
    #[ignore = "needs root"]
    fn l16_kernel_functions() {
        let functions = list::kernel_functions("vfs_(fsync|open|nosuch)").unwrap();
        let names: Vec<_> = functions.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["vfs_fsync", "vfs_open"]);
        let text = "int vfs_fsync(struct file *file, int datasync)";
        assert_eq!(functions[0].to_string(), text);
        let open = functions[1].prototype.as_ref().expect("it has a type");
        let arguments: Vec<_> = open
            .arguments
            .iter()
            .map(|it| (it.ty.as_str(), it.name.as_str()))
            .collect();
        let expected = [("const struct path *", "path"), ("struct file *", "file")];
        assert_eq!(arguments, expected);
        assert_eq!((open.returns.as_str(), open.variadic), ("int", false));
        let error = list::kernel_functions("(").expect_err("it is no expression");
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        // Thousands of them, and most have a type.
        let all = list::kernel_functions("tcp_.*").unwrap();
        let typed = all.iter().filter(|it| it.prototype.is_some()).count();
        assert!(
            all.len() > 100 && typed * 2 > all.len(),
            "{typed} of {}",
            all.len()
        );
    }

    /// L16: tracepoints with the places of their fields.
    #[test]
    #[ignore = "needs root"]
    fn l16_tracepoints() {
        let found = list::tracepoints("sched:sched_switch$").unwrap();
        assert_eq!(found.len(), 1);
        let names: Vec<_> = found[0].fields.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(&names[..3], ["prev_comm", "prev_pid", "prev_prio"]);
        let comm = &found[0].fields[0];
        assert_eq!((comm.offset, comm.size), (8, 16));
        assert!(comm.ty.starts_with("char["), "{comm:?}");
        let pid = &found[0].fields[1];
        assert!(
            pid.ty == "pid_t" && pid.signed && pid.offset == 24,
            "{pid:?}"
        );
        let text = found[0].to_string();
        let second = "\n    pid_t prev_pid (offset 24, size 4)\n";
        assert!(text.starts_with("sched:sched_switch\n    char["), "{text}");
        assert!(text.contains(second), "{text}");
        let calls = list::tracepoints("syscalls:sys_enter_openat$").unwrap();
        let file = calls[0].fields.iter().find(|it| it.name == "filename");
        assert_eq!(file.expect("it has one").ty, "const char *");
        assert!(list::tracepoints("nosuch:").unwrap().is_empty());
    }

    /// L16: raw tracepoints with the types of what they hand over.
    #[test]
    #[ignore = "needs root"]
    fn l16_raw_tracepoints() {
        let found = list::raw_tracepoints("sched_process_exec$|sys_enter|pelt_cfs_tp$").unwrap();
        let texts: Vec<String> = found.iter().map(ToString::to_string).collect();
        let mut expected = vec![
            "sched_process_exec(struct task_struct *, pid_t, struct linux_binprm *)",
            "sys_enter(struct pt_regs *, long int)",
        ];
        // Older kernels let no program be on a tracepoint without an event.
        let types = std::fs::read("/sys/kernel/btf/vmlinux").unwrap();
        let name = b"btf_trace_pelt_cfs_tp";
        if types.windows(name.len()).any(|bytes| bytes == name) {
            expected.insert(0, "pelt_cfs_tp(struct cfs_rq *)");
        }
        assert_eq!(texts, expected);
    }

    /// L16: functions of a binary.
    #[test]
    #[ignore = "needs root"]
    fn l16_user_space() {
        let found = list::functions_of("/proc/self/exe", "main$").unwrap();
        assert_eq!(found.len(), 1);
        assert!(found[0].name == "main" && found[0].address > 0, "{found:?}");
        let error = list::functions_of("/nonexistent", "main").expect_err("there is no file");
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
}
