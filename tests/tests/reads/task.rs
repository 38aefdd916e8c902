//! From the current task on: through helpers, maps, macros, copies, pointers to pointers.

mod root {
    use bcc_runtime::bpf_program;
    use bcc_tests::{send, thread_id};
    use std::time::Duration;

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
        mod forms;

        #include <linux/sched.h>

        const volatile u32 thread = 0;

        typedef struct task_struct task_t;

        #define PARENT(t) (t)->real_parent
        #define TGID(t) ((t)->tgid)
        #define COPY(P) ({ typeof(P) val; bpf_probe_read(&val, sizeof(val), &P); val; })
        #define CURRENT ((struct task_struct *)bpf_get_current_task())
        #define SEEN(name) BPF_HASH(name, u32, struct seen_t)
        #define NOTE(k, v) seen.update(&k, &v)
        #if LINUX_VERSION_CODE >= KERNEL_VERSION(4, 0, 0)
        #define LEADER(t) ((t)->group_leader)
        #else
        #define LEADER(t) ((t)->leader_of_old)
        #endif

        struct seen_t {
            u32 by_macro;
            u32 by_nested_macro;
            u32 by_copy;
            u32 by_object_macro;
            u32 by_version;
            u32 by_typedef;
            u32 by_pointer_to_pointer;
            u32 by_file_scope;
            u32 by_memcpy;
            u32 by_comma;
            u32 by_container;
            u32 by_reversed_index;
            u32 reset_on_fork;
        };
        SEEN(seen);

        struct kept_t { struct task_struct *task; };
        static struct task_struct *last;

        static void keep(struct task_struct **where, struct task_struct *task) { *where = task; }
        static u32 tgid_of(task_t *task);
        u32 tgid_of(task_t *task) { return task->tgid; }
        static __attribute__((noinline)) u32 same(u32 n) { return n; }

        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            struct task_struct *task = CURRENT;
            struct task_struct *other, *third, **where = &third;
            struct kept_t kept = {}, copy;
            struct seen_t value = {};
            u32 key = 0;

            value.by_macro = TGID(task) ;
            value.by_nested_macro = TGID(PARENT(PARENT(task)->group_leader)) != 0 ? TGID(PARENT(task)) : 0;
            value.by_copy = COPY(task->real_parent->tgid);
            value.by_object_macro = CURRENT->tgid;
            value.by_version = LEADER(task)->tgid;
            value.by_typedef = same(tgid_of(task));
            keep(&other, task);
            *where = other->real_parent;
            value.by_pointer_to_pointer = third->tgid;
            last = task;
            value.by_file_scope = last->tgid;
            kept.task = task;
            __builtin_memcpy(&copy, &kept, sizeof(kept));
            value.by_memcpy = copy.task->tgid;
            value.by_comma = (key++, task)->tgid;
            key = 0;
            struct list_head *sibling = &task->sibling;
            value.by_container = container_of(sibling, struct task_struct, sibling)->tgid;
            struct task_struct **parent = &task->real_parent;
            value.by_reversed_index = 0[parent]->tgid;
            value.reset_on_fork = task->sched_reset_on_fork;
            NOTE(key, value);
            return 0;
        }
    }

    /// S5, S6, S7: what bcc cannot follow: macros, copies, variables at file scope, bit-fields.
    #[test]
    #[ignore = "needs root"]
    fn s5_s6_s7_forms_that_lead_to_the_current_task() {
        let thread = thread_id();
        let bpf = forms::builder()
            .consts(move |consts| consts.thread = thread)
            .load()
            .unwrap();
        let own = std::process::id();
        let parent = std::os::unix::process::parent_id();
        for flags in [0, libc::SCHED_RESET_ON_FORK] {
            let priority = libc::sched_param { sched_priority: 0 };
            // SAFETY: `priority` is a valid parameter, and the call changes this thread only.
            let set = unsafe {
                libc::sched_setscheduler(0, libc::SCHED_OTHER | flags, &raw const priority)
            };
            assert_eq!(set, 0);
            send(1);
            let seen = bpf.maps.seen.get(&0).unwrap().unwrap();
            assert_eq!(
                [
                    seen.by_macro,
                    seen.by_object_macro,
                    seen.by_version,
                    seen.by_typedef,
                    seen.by_file_scope,
                    seen.by_memcpy,
                    seen.by_comma,
                    seen.by_container
                ],
                [own; 8]
            );
            assert_eq!(
                [
                    seen.by_nested_macro,
                    seen.by_copy,
                    seen.by_pointer_to_pointer,
                    seen.by_reversed_index
                ],
                [parent; 4]
            );
            assert_eq!(seen.reset_on_fork, u32::from(flags != 0));
        }
    }
}
