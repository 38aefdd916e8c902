//! Implicit reads of memory outside the program, on the running kernel.

mod root {
    use bcc_runtime::bpf_program;
    use bcc_tests::{send, thread_id};
    use std::hint::black_box;

    bpf_program! {
        mod kernel_reads;

        #include <linux/sched.h>
        #include <linux/fs.h>

        const volatile u32 thread = 0;

        struct seen_t {
            u32 tgid;
            u32 parent;
            u32 parent_of_leader;
            u32 through_helper;
            u32 through_map;
            u32 by_star;
            u32 by_index;
            u32 struct_name_len;
            s32 written;
            char comm[TASK_COMM_LEN];
            char first;
            char root[8];
            u64 null_read;
        };
        BPF_HASH(tasks, u32, struct task_struct *);
        BPF_PERF_OUTPUT(events);

        static struct task_struct *leader_of(struct task_struct *task) {
            return task->group_leader;
        }

        static u32 tgid_of(struct task_struct *task) {
            return task->tgid;
        }

        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            struct seen_t seen = {};
            struct task_struct *task = (struct task_struct *)bpf_get_current_task();
            u32 zero = 0;

            seen.tgid = task->tgid;
            seen.parent = task->real_parent->tgid;
            seen.parent_of_leader = task->group_leader->real_parent->group_leader->tgid;
            seen.through_helper = tgid_of(leader_of(task)->real_parent);
            tasks.update(&zero, &task);
            struct task_struct **stored = tasks.lookup(&zero);
            if (stored)
                seen.through_map = (*stored)->real_parent->tgid;
            seen.by_star = (*task).tgid;
            struct task_struct **parent = &task->real_parent;
            seen.by_index = parent[0]->tgid;
            struct qstr name = task->fs->root.dentry->d_name;
            seen.struct_name_len = name.len;
            bpf_probe_read_kernel_str(seen.root, sizeof(seen.root), task->fs->root.dentry->d_name.name);
            bpf_probe_read_kernel_str(&seen.comm, sizeof(seen.comm), task->group_leader->comm);
            seen.first = task->group_leader->comm[0];
            struct task_struct *nowhere = (struct task_struct *)(long)bpf_get_current_task();
            nowhere = (struct task_struct *)((u64)nowhere & 0);
            seen.null_read = nowhere->start_time + 1;
            seen.written = args->who;
            events.perf_submit(args, &seen, sizeof(seen));
            return 0;
        }
    }

    /// S5, S6, S7: nested, through helpers and maps, `*`, `[]`, whole structs, arrays that stay
    /// addresses, and a read that faults gives zero.
    #[test]
    #[ignore = "needs root"]
    fn s5_s6_s7_kernel_memory() {
        let thread = thread_id();
        let mut bpf = kernel_reads::builder()
            .consts(move |consts| consts.thread = thread)
            .load()
            .unwrap();
        let (sender, receiver) = std::sync::mpsc::channel();
        bpf.maps
            .events
            .open_perf_buffer(move |_, seen: &kernel_reads::SeenT| sender.send(*seen).unwrap())
            .unwrap();
        send(5);
        bpf.perf_buffer_poll(Duration::from_secs(5)).unwrap();
        let seen = receiver.try_recv().unwrap();
        let parent = std::os::unix::process::parent_id();
        assert_eq!(seen.tgid, std::process::id());
        assert_eq!(
            [
                seen.parent,
                seen.parent_of_leader,
                seen.through_helper,
                seen.through_map
            ],
            [parent; 4]
        );
        assert_eq!((seen.by_star, seen.by_index), (seen.tgid, parent));
        let name = std::fs::read_to_string("/proc/self/comm").unwrap();
        assert_eq!(seen.comm.to_str().unwrap(), name.trim_end());
        assert_eq!(seen.first.cast_unsigned(), name.as_bytes()[0]);
        assert_eq!(
            (seen.root.to_str().unwrap(), seen.struct_name_len),
            ("/", 1)
        );
        assert_eq!((seen.null_read, seen.written), (1, 5));
    }

    bpf_program! {
        mod user_reads;

        struct inner_t { u32 number; char text[8]; };
        struct outer_t { u64 before; struct inner_t *inner; u16 table[4]; };
        struct seen_t { u64 before; u32 number; u16 second; char letter; char text[8]; u32 sum; };

        BPF_HASH(seen, u32, struct seen_t);

        int on_call(struct pt_regs *ctx, struct outer_t *outer, int a, int b, int unused, int c, int d) {
            u32 key = bpf_get_current_pid_tgid();
            struct seen_t value = {};
            value.before = outer->before;
            value.number = outer->inner->number;
            value.second = outer->table[1];
            value.letter = outer->inner->text[2];
            bpf_probe_read_user_str(value.text, sizeof(value.text), outer->inner->text);
            value.sum = a + b + c + d;
            seen.update(&key, &value);
            return 0;
        }

        int on_return(struct pt_regs *ctx) {
            u32 key = bpf_get_current_pid_tgid();
            struct seen_t *value = seen.lookup(&key);
            if (value)
                value->sum += PT_REGS_RC(ctx);
            return 0;
        }
    }

    #[repr(C)]
    struct Inner {
        number: u32,
        text: [u8; 8],
    }

    #[repr(C)]
    struct Outer {
        before: u64,
        inner: *const Inner,
        table: [u16; 4],
    }

    #[unsafe(no_mangle)]
    #[inline(never)]
    extern "C" fn bcc_test_probed(
        outer: &Outer,
        first: i32,
        second: i32,
        third: i32,
        fourth: i32,
        fifth: i32,
    ) -> i32 {
        black_box(outer.before);
        black_box(first + second + third + fourth + fifth)
    }

    /// S2, S5, S44: arguments of a probed function by name, memory of the process behind them, and
    /// the return value.
    #[test]
    #[ignore = "needs root"]
    fn s2_s44_arguments_of_a_user_function() {
        let bpf = user_reads::load().unwrap();
        let binary = std::env::current_exe().unwrap();
        let _entry = bpf
            .progs
            .on_call
            .attach_uprobe(&binary, "bcc_test_probed")
            .unwrap();
        let _return = bpf
            .progs
            .on_return
            .attach_uretprobe(&binary, "bcc_test_probed")
            .unwrap();
        let inner = Inner {
            number: 42,
            text: *b"abcdefg\0",
        };
        let outer = Outer {
            before: 7,
            inner: &raw const inner,
            table: [1, 2, 3, 4],
        };
        let result = bcc_test_probed(&outer, 100, 20, 3000, 4, 50_000);
        assert_eq!(result, 53_124);
        let value = bpf.maps.seen.get(&thread_id()).unwrap().unwrap();
        assert_eq!((value.before, value.number, value.second), (7, 42, 2));
        assert_eq!(value.letter.cast_unsigned(), b'c');
        assert_eq!(value.text.to_str().unwrap(), "abcdefg");
        assert_eq!(value.sum, 100 + 20 + 4 + 50_000 + 53_124);
    }

    bpf_program! {
        mod tracepoint_reads;

        const volatile u32 thread = 0;

        BPF_ARRAY(letters, u64, 2);

        TRACEPOINT_PROBE(syscalls, sys_enter_access) {
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            int at = 0;
            u64 letter = *args->filename;
            letters.update(&at, &letter);
            at = 1;
            letter = args->filename[2];
            letters.update(&at, &letter);
            return 0;
        }
    }

    /// S8: an argument of a system call is an address of the process.
    #[test]
    #[ignore = "needs root"]
    fn s8_system_call_arguments_are_user_memory() {
        let thread = thread_id();
        let bpf = tracepoint_reads::builder()
            .consts(move |consts| consts.thread = thread)
            .load()
            .unwrap();
        let path = c"/etc";
        // SAFETY: `path` is a C string.
        let _answer = unsafe { libc::syscall(libc::SYS_access, path.as_ptr(), 0) };
        assert_eq!(
            bpf.maps.letters.values().unwrap(),
            [u64::from(b'/'), u64::from(b't')]
        );
    }

    bpf_program! {
        mod dynamic_members;

        const volatile u32 process = 0;

        struct seen_t { char text[32]; char first[4]; char whole[16]; };
        BPF_HASH(seen, u32, struct seen_t);

        TRACEPOINT_PROBE(sched, sched_process_exec) {
            struct task_struct *task = (struct task_struct *)bpf_get_current_task();
            if (task->real_parent->tgid != process)
                return 0;
            u32 key = 0;
            struct seen_t value = {};
            TP_DATA_LOC_READ_STR(value.text, filename, sizeof(value.text));
            TP_DATA_LOC_READ_CONST(value.first, filename, sizeof(value.first));
            TP_DATA_LOC_READ(value.whole, filename);
            seen.update(&key, &value);
            return 0;
        }
    }

    /// S35: a tracepoint's dynamic member as text, as so many bytes, and as much as fits.
    #[test]
    #[ignore = "needs root"]
    fn s35_dynamic_members() {
        let process = std::process::id();
        let bpf = dynamic_members::builder()
            .consts(move |consts| consts.process = process)
            .load()
            .unwrap();
        std::process::Command::new("/bin/true").status().unwrap();
        let value = bpf.maps.seen.get(&0).unwrap().unwrap();
        assert_eq!(value.text.to_str().unwrap(), "/bin/true");
        assert_eq!(value.first.as_bytes(), b"/bin");
        assert_eq!(value.whole.to_str().unwrap(), "/bin/true");
    }
}
