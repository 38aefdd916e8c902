//! Types, constants and inline functions of kernel headers, compared with what user space knows.

mod root {
    use bcc_runtime::{Bpf, DebugOutput, ErrorKind, bpf_program};
    use bcc_tests::{Kept, needs, send, thread_id};
    use std::fs;
    use std::net::TcpListener;
    use std::os::unix::fs::MetadataExt as _;
    use std::path::Path;
    use std::process::Command;
    use std::sync::mpsc;
    use std::time::Duration;

    bpf_program! {
        mod objects;

        #include <linux/sched.h>
        #include <linux/sched/signal.h>
        #include <linux/fs.h>
        #include <linux/mm_types.h>
        #include <linux/version.h>

        const volatile u32 thread = 0;

        struct seen_t {
            u32 pid; u32 tid; u32 version; u32 is_64_bit; s32 child; u32 threads; u32 live;
            u32 leader; u64 inode; u64 same_inode; s64 size; u64 error;
        };
        BPF_PERF_OUTPUT(events);

        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            struct task_struct *task = (struct task_struct *)bpf_get_current_task();
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            struct seen_t seen = {};
            seen.pid = task_tgid_nr(task);
            seen.tid = task_pid_nr(task);
            struct file *exe = task->mm->exe_file;
            seen.inode = file_inode(exe)->i_ino;
            seen.same_inode = d_inode(file_dentry(exe))->i_ino;
            seen.size = i_size_read(file_inode(exe));
            struct task_struct *child = list_last_entry(&task->children, struct task_struct, sibling);
            seen.child = child->tgid;
            seen.threads = task->signal->nr_threads;
            seen.live = atomic_read(&task->signal->live);
            seen.leader = pid_nr(task_pid(task->group_leader));
            seen.version = LINUX_VERSION_CODE;
            seen.is_64_bit = IS_ENABLED(CONFIG_64BIT);
            seen.error = IS_ERR(ERR_PTR(-ENOENT)) ? -PTR_ERR(ERR_PTR(-ENOENT)) : 0;
            events.perf_submit(args, &seen, sizeof(seen));
            return 0;
        }
    }

    /// What the program sees of this process, which has one child.
    fn look(builder: bcc_runtime::Builder<objects::Module>) -> (objects::SeenT, u32) {
        let thread = thread_id();
        let mut bpf = builder
            .consts(move |consts| consts.thread = thread)
            .load()
            .unwrap();
        let (sender, receiver) = mpsc::channel();
        bpf.maps
            .events
            .open_perf_buffer(move |_, seen: &objects::SeenT| sender.send(*seen).unwrap())
            .unwrap();
        let mut child = Command::new("sleep").arg("100").spawn().unwrap();
        send(1);
        bpf.perf_buffer_poll(Duration::from_secs(5)).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        (receiver.try_recv().unwrap(), child.id())
    }

    fn assert_true(seen: &objects::SeenT, child: u32) {
        assert_eq!(seen.pid, std::process::id());
        assert_eq!(seen.leader, std::process::id());
        assert_eq!(seen.tid, thread_id());
        assert_eq!(seen.child, child.cast_signed());
        let exe = fs::metadata("/proc/self/exe").unwrap();
        assert_eq!(seen.size, exe.len().cast_signed());
        assert_eq!((seen.inode, seen.same_inode), (exe.ino(), exe.ino()));
        assert_eq!(seen.threads, seen.live);
        assert!(seen.threads > 1, "{seen:?}");
        assert_eq!(seen.is_64_bit, 1);
        assert_eq!(seen.error, 2);
    }

    /// The running kernel's version as headers spell it.
    fn version_code() -> u32 {
        let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
        let mut numbers = release.split(|c: char| !c.is_ascii_digit());
        let mut next = || -> u32 { numbers.next().unwrap().parse().unwrap() };
        (next() << 16) + (next() << 8) + next().min(255)
    }

    /// Inline functions on tasks, files and lists give what the kernel tells otherwise.
    #[test]
    #[ignore = "needs root"]
    fn functions_of_headers_read_the_kernel() {
        let (seen, child) = look(objects::builder());
        assert_true(&seen, child);
        assert_eq!(seen.version, version_code());
    }

    /// H5: `LINUX_VERSION_CODE` is what the caller says.
    #[test]
    #[ignore = "needs root"]
    fn h5_the_version_code_can_be_set() {
        let (seen, _) = look(objects::builder().linux_version_code(0x0005_0407));
        assert_eq!(seen.version, 0x0005_0407);
    }

    /// H4, P2: the same program compiled with the kernel's real headers gives the same values.
    #[test]
    #[ignore = "needs root"]
    fn h4_p2_real_headers_give_the_same() {
        let Some(headers) = std::env::var_os("BCC_TEST_KERNEL_HEADERS") else {
            return needs::note("BCC_TEST_KERNEL_HEADERS");
        };
        let release = Path::new(&headers).join("include/generated/utsrelease.h");
        let release = fs::read_to_string(release).unwrap();
        let running = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
        let (seen, child) = look(objects::builder().kernel_headers(&headers));
        let version =
            fs::read_to_string(Path::new(&headers).join("include/generated/uapi/linux/version.h"));
        let code = format!("LINUX_VERSION_CODE {}\n", seen.version);
        assert!(version.unwrap().contains(&code), "{code}");
        if release.contains(running.trim()) {
            assert_true(&seen, child);
        }
    }

    /// H4, S54: what LLVM works on is text with real headers, too, and for BPF.
    #[test]
    #[ignore = "needs root"]
    fn h4_s54_real_headers_print_what_llvm_works_on() {
        let Some(headers) = std::env::var_os("BCC_TEST_KERNEL_HEADERS") else {
            return needs::note("BCC_TEST_KERNEL_HEADERS");
        };
        let llvm_ir = DebugOutput {
            llvm_ir: true,
            ..DebugOutput::default()
        };
        let kept = Kept::default();
        let builder = Bpf::builder().text("int f(struct pt_regs *ctx) { return 0; }");
        let builder = builder.kernel_headers(&headers).debug(llvm_ir);
        drop(builder.debug_to(kept.clone()).load().unwrap());
        let said = kept.into_text();
        for piece in ["target triple = \"bpf\"", "define dso_local i32 @f("] {
            assert!(said.contains(piece), "{piece}: {said}");
        }
    }

    /// A folder that has no headers: which one, and what to give.
    #[test]
    #[ignore = "needs root"]
    fn h4_a_folder_without_headers() {
        let error = objects::builder()
            .kernel_headers("/proc")
            .load()
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        let text = error.to_string();
        assert!(text.starts_with("`/proc` has no kernel headers"), "{text}");
    }

    bpf_program! {
        mod sockets;

        #include <net/sock.h>
        #include <net/inet_sock.h>
        #include <net/inet_connection_sock.h>

        const volatile u32 thread = 0;

        struct listen_t {
            u32 netns; u16 port; u16 port_of_inet; u16 port_of_csk; u16 port_of_event; u16 family;
            u8 state; u8 full;
        };
        BPF_PERF_OUTPUT(events);

        TRACEPOINT_PROBE(sock, inet_sock_set_state) {
            struct sock *sk = (struct sock *)args->skaddr;
            if ((u32)bpf_get_current_pid_tgid() != thread || args->newstate != TCP_LISTEN)
                return 0;
            struct listen_t listen = {};
            listen.netns = sock_net(sk)->ns.inum;
            listen.port = sk->sk_num;
            listen.port_of_inet = ntohs(inet_sk(sk)->inet_sport);
            listen.port_of_csk = inet_csk(sk)->icsk_inet.inet_num;
            listen.port_of_event = args->sport;
            listen.family = sk->sk_family;
            listen.state = sk->sk_state;
            listen.full = sk_fullsock(sk);
            events.perf_submit(args, &listen, sizeof(listen));
            return 0;
        }
    }

    /// Views on a socket and the macros that stand for its members.
    #[test]
    #[ignore = "needs root"]
    fn functions_of_headers_read_sockets() {
        let thread = thread_id();
        let mut bpf = sockets::builder()
            .consts(move |consts| consts.thread = thread)
            .load()
            .unwrap();
        let (sender, receiver) = mpsc::channel();
        bpf.maps
            .events
            .open_perf_buffer(move |_, seen: &sockets::ListenT| sender.send(*seen).unwrap())
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        bpf.perf_buffer_poll(Duration::from_secs(5)).unwrap();
        let seen = receiver.try_recv().unwrap();
        let netns = fs::metadata("/proc/self/ns/net").unwrap().ino();
        assert_eq!(u64::from(seen.netns), netns);
        let ports = [
            seen.port,
            seen.port_of_inet,
            seen.port_of_csk,
            seen.port_of_event,
        ];
        assert_eq!(ports, [port; 4]);
        assert_eq!(i32::from(seen.family), libc::AF_INET);
        // The event comes before the change.
        assert_eq!((seen.state, seen.full), (7, 1), "TCP_CLOSE");
    }

    bpf_program! {
        mod module_types;

        int probe(struct pt_regs *ctx) {
            struct v9fs_session_info *session = (struct v9fs_session_info *)PT_REGS_PARM1(ctx);
            return session->maxdata;
        }
    }

    /// A type that only a loaded module has.
    #[test]
    #[ignore = "needs root"]
    fn types_of_modules_are_found() {
        let loaded = module_types::load();
        if Path::new("/sys/kernel/btf/9p").exists() {
            return drop(loaded.unwrap());
        }
        let error = loaded.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Compile);
        let text = error.to_string();
        let hint = "has no `struct v9fs_session_info` with members; if a module has it, load the";
        assert!(text.contains(hint), "{text}");
        needs::note("module 9p");
    }
}
