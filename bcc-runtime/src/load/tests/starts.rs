//! Programs that start.

mod root {
    use super::super::{spec, try_start};
    use crate::error::{Error, ErrorKind};
    use crate::load::{StartOptions, start};
    use crate::phases::Phase;
    use crate::spec::Spec;
    use std::borrow::Cow;
    use std::time::Duration;

    /// The program of the front page.
    fn opens() -> Spec {
        let text = r#"struct data_t { u32 pid; u64 ts; char comm[TASK_COMM_LEN]; char fname[128]; };
struct { __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY); __uint(key_size, 4); __uint(value_size, 4); } events SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_HASH); __type(key, u32); __type(value, u64); __uint(max_entries, 10240); } counts SEC(".maps");
SEC("tracepoint/syscalls/sys_enter_openat")
int tracepoint__syscalls__sys_enter_openat(struct tracepoint__syscalls__sys_enter_openat *args)
{
    struct data_t data = {};
    data.pid = bpf_get_current_pid_tgid() >> 32;
    data.ts = bpf_ktime_get_ns();
    bpf_get_current_comm(&data.comm, sizeof(data.comm));
    bpf_probe_read_user_str(&data.fname, sizeof(data.fname), args->filename);
    u64 one = 1;
    bpf_map_update_elem(&counts, &data.pid, &one, BPF_ANY);
    bpf_perf_event_output(args, &events, BPF_F_CURRENT_CPU, &data, sizeof(data));
    return 0;
}
"#;
        let names = [
            "u32",
            "u64",
            "TASK_COMM_LEN",
            "BPF_ANY",
            "BPF_F_CURRENT_CPU",
            "BPF_MAP_TYPE_HASH",
            "BPF_MAP_TYPE_PERF_EVENT_ARRAY",
        ];
        let mut spec = spec(text, &names, &["pid", "ts", "comm", "fname", "filename"]);
        spec.tracepoints = Cow::Owned(vec![("syscalls".into(), "sys_enter_openat".into())]);
        spec
    }

    /// The program of the front page starts, within its budget for kernel types.
    #[test]
    #[ignore = "needs root"]
    fn starts_the_front_page() {
        let started = try_start(&opens()).expect("it starts");
        eprintln!("{}", started.phases);
        assert_eq!(started.object.maps().count(), 2);
        assert_eq!(started.object.progs().count(), 1);
        let types = started
            .phases
            .get(Phase::KernelTypes)
            .expect("this phase ran");
        // Tens of milliseconds; an emulated machine takes seconds.
        assert!(types < Duration::from_secs(10), "{types:?}");
    }

    /// Kernel structs through pointers, nested structs, typedefs and bit-fields.
    #[test]
    #[ignore = "needs root"]
    fn reads_kernel_structs() {
        let text = r#"SEC("raw_tracepoint/sched_switch")
int probe(struct bpf_raw_tracepoint_args *ctx)
{
    struct task_struct *task = (struct task_struct *)ctx->args[1];
    u32 inum = BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
    int waits = BPF_CORE_READ_BITFIELD_PROBED(task, in_iowait);
    kuid_t uid = BPF_CORE_READ(task, cred, uid);
    bpf_printk("%d %d %d", inum, waits, uid.val);
    return TASK_RUNNING + S_ISREG(7) + LINUX_VERSION_CODE * 0 + AF_INET6 * 0 + ntohs(0);
}
"#;
        let names = [
            "task_struct",
            "bpf_raw_tracepoint_args",
            "u32",
            "kuid_t",
            "TASK_RUNNING",
            "S_ISREG",
            "LINUX_VERSION_CODE",
            "AF_INET6",
            "ntohs",
        ];
        let members = [
            "args",
            "nsproxy",
            "net_ns",
            "ns",
            "inum",
            "in_iowait",
            "cred",
            "uid",
            "val",
        ];
        let started = try_start(&spec(text, &names, &members)).expect("it starts");
        eprintln!("{}", started.phases);
    }

    /// Types from a file of their own, for the header and for relocations.
    #[test]
    #[ignore = "needs root"]
    fn takes_types_from_a_file() {
        let path = std::env::temp_dir().join(format!("bcc-btf-{}", std::process::id()));
        std::fs::copy("/sys/kernel/btf/vmlinux", &path).expect("it can be copied");
        let text =
            "SEC(\"uprobe\")\nint probe(struct pt_regs *ctx)\n{\n    return ctx->ip != 0;\n}\n";
        let options = StartOptions {
            btf_path: Some(path.clone()),
            ..StartOptions::default()
        };
        let started = start(
            &spec(text, &["pt_regs"], &["ip"]),
            &options,
            &mut |_| Ok(()),
        );
        std::fs::remove_file(&path).expect("it can be removed");
        started.expect("it starts");
    }

    /// Registers by libbpf's macros, members that are macros, names of types of one's own.
    #[test]
    #[ignore = "needs root"]
    fn reads_registers_and_macro_members() {
        let text = r#"struct file { int mine; };
SEC("uprobe")
int probe(struct pt_regs *ctx)
{
    struct sock *sk = (struct sock *)PT_REGS_PARM1(ctx);
    struct file file = { .mine = 3 };
    u16 family = 0;
    bpf_probe_read_kernel(&family, sizeof(family), &sk->sk_family);
    struct inet_sock *inet = inet_sk(sk);
    u16 port = 0;
    bpf_probe_read_kernel(&port, sizeof(port), &inet->inet_sport);
    char name[DNAME_INLINE_LEN] = {};
    bpf_printk("%d %d %d", family, port, name[0] + file.mine);
    return 0;
}
"#;
        let names = [
            "pt_regs",
            "sock",
            "u16",
            "inet_sk",
            "inet_sock",
            "DNAME_INLINE_LEN",
        ];
        let mut spec = spec(text, &names, &["sk_family", "inet_sport", "mine", "f_path"]);
        spec.kernel_defined = Cow::Owned(vec!["file".into(), "probe".into()]);
        try_start(&spec).expect("it starts");
    }

    /// `prepare` sees the object before it is loaded, and its error stops the start.
    #[test]
    #[ignore = "needs root"]
    fn prepares_before_load() {
        let refuse = |object: &mut libbpf_rs::OpenObject| {
            assert_eq!(object.maps().count(), 2);
            Err(Error::new(ErrorKind::InvalidInput, "not today"))
        };
        let error = start(&opens(), &StartOptions::default(), &mut { refuse }).unwrap_err();
        assert_eq!(error.to_string(), "not today");
    }

    /// The version a program sees can be given.
    #[test]
    #[ignore = "needs root"]
    fn takes_a_version_code() {
        let text = "_Static_assert(LINUX_VERSION_CODE == KERNEL_VERSION(4, 9, 7), \"\");\n";
        let spec = spec(text, &["LINUX_VERSION_CODE", "KERNEL_VERSION"], &[]);
        let options = StartOptions {
            version_code: Some(0x0004_0907),
            ..StartOptions::default()
        };
        start(&spec, &options, &mut |_| Ok(())).expect("it starts");
    }
}
