//! "BPF Errors" and "Environment Variables".

mod root {
    use bcc_runtime::{Bpf, ErrorKind};
    use bcc_tests::{child, is_child};

    /// "Invalid mem access": a copy that stays as it is written; the message says where it is, and
    /// what to write instead.
    #[test]
    #[ignore = "needs root"]
    fn invalid_mem_access() {
        let text = "int f(struct pt_regs *ctx) {
    char name[16];
    struct task_struct *task = (struct task_struct *)bpf_get_current_task();
    __builtin_memcpy(name, task->comm, sizeof(name));
    return name[0];
}";
        let error = Bpf::builder().text(text).load().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Verifier, "{error:?}");
        let said = error.to_string();
        assert!(said.contains("<text>:4: "), "{said}");
        assert!(said.contains("invalid mem access"), "{said}");
        let way_out = "this pointer leads out of the program's own memory; read it with \
                       `bpf_probe_read_kernel` or `bpf_probe_read_user`";
        assert!(said.ends_with(way_out), "{said}");
    }

    /// "Cannot call GPL only function from proprietary program": said before the kernel says it.
    #[test]
    #[ignore = "needs root"]
    fn gpl_only_function() {
        let text = "#define BPF_LICENSE Proprietary
            BPF_STACK_TRACE(stacks, 16);
            int f(struct pt_regs *ctx) { return stacks.get_stackid(ctx, 0); }";
        let error = Bpf::builder().text(text).load().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Source, "{error:?}");
        let said = error.to_string();
        let helper = "`stacks.get_stackid` needs `bpf_get_stackid`, which is only for GPL-compatible \
                      programs, and this one is `Proprietary`";
        assert!(said.contains(helper), "{said}");
    }

    /// "Kernel source directory", "Kernel version overriding": the environment decides, for the
    /// whole process.
    #[test]
    #[ignore = "needs root"]
    fn environment_variables() {
        if is_child() {
            let text = "u64 version = LINUX_VERSION_CODE;
                int f(void *ctx) { version++; return 0; }";
            let bpf = Bpf::builder().text(text).load().unwrap();
            let version = bpf.global("version").unwrap().get().unwrap();
            assert_eq!(version.as_u64(), Some(264_458));
            return;
        }
        let test = "errors::root::environment_variables";
        let run = |name, value: &str| child(test).env(name, value).output().unwrap();
        let output = run("BCC_LINUX_VERSION_CODE", "264458");
        assert!(output.status.success(), "{output:?}");
        let output = run("BCC_KERNEL_SOURCE", "/proc");
        assert!(!output.status.success(), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            said.contains("`BCC_KERNEL_SOURCE` asks for kernel headers"),
            "{said}"
        );
    }
}
