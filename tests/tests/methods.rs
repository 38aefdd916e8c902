//! What methods of tables do in the less common cases.

mod root {
    use bcc_runtime::map::BuildIdFrame;
    use bcc_runtime::{ErrorKind, bpf_program};
    use bcc_tests::{send, thread_id};
    use std::fs;

    bpf_program! {
        mod written;

        #define ADDRESS(x) (&(x))
        #define LARGER(a, b) ((a) > (b) ? (a) : (b))
        #define COUNTS counts_of_all

        const volatile u32 thread = 0;

        struct key_t { u32 a; u32 b; };
        BPF_HASH(names, u32, struct key_t);
        BPF_HASH(counts, struct key_t, u64);
        BPF_HASH(plain, u32);
        BPF_HASH(counts_of_all, u32);

        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            u32 who = args->who, calls = 0;
            struct key_t key = { who, 1 };
            u64 zero = 0, *count;
            names.update(ADDRESS(who), &key);
            // A method in the argument of a method.
            if ((count = counts.lookup_or_try_init(names.lookup(&who) ?: &key, &zero)))
                (*count) += 2;
            // An argument with a comma, a conditional inside an argument, and one that has an effect.
            counts.increment(((struct key_t){ who, 1 }), 3);
            plain.increment(LARGER(who, 5),
        #ifdef MORE
                10
        #else
                20
        #endif
            );
            plain.increment(100 + calls++);
            plain.atomic_increment(200, calls++);
            plain.increment(300, calls);
            return sizeof(names.leaf) == 8 ? 0 : 1;
        }
    }

    /// S9, S11, S14: methods inside arguments of methods, arguments from macros and with commas;
    /// every argument is evaluated once.
    #[test]
    #[ignore = "needs root"]
    fn s9_s11_s14_arguments_of_methods() {
        let thread = thread_id();
        let bpf = written::builder()
            .consts(move |consts| consts.thread = thread)
            .cflags(["-DMORE"])
            .load()
            .unwrap();
        send(4);
        send(4);
        let key = written::KeyT { a: 4, b: 1 };
        assert_eq!(bpf.maps.counts.get(&key).unwrap(), Some(10));
        let count = |key| bpf.maps.plain.get(&key).unwrap();
        assert_eq!(
            [count(5), count(100), count(101)],
            [Some(20), Some(2), None]
        );
        assert_eq!([count(200), count(300)], [Some(2), Some(4)]);
    }

    bpf_program! {
        #[allow(deprecated, reason = "the macro says that `increment` ignores missing keys here")]
        mod slots;

        const volatile u32 thread = 0;

        BPF_PERCPU_ARRAY(where_it_ran, u64, 1);
        BPF_PERCPU_HASH(by_key, u32, u64, 8);
        BPF_ARRAY(ran_on, u64, 1);

        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            int zero = 0;
            u32 key = 7;
            u64 cpu = bpf_get_smp_processor_id(), one = 1, *slot = where_it_ran.lookup(&zero);
            if (slot)
                *slot = cpu + 1000;
            by_key.update(&key, &one);
            by_key.increment(key, 4);
            ran_on.update(&zero, &cpu);
            return 0;
        }
    }

    /// S10, S14: a per-CPU map gives the slot of the CPU that the program runs on.
    #[test]
    #[ignore = "needs root"]
    fn s10_lookup_gives_the_slot_of_this_cpu() {
        let thread = thread_id();
        let bpf = slots::builder()
            .consts(move |consts| consts.thread = thread)
            .load()
            .unwrap();
        send(1);
        let cpu = usize::try_from(bpf.maps.ran_on.get(0).unwrap()).unwrap();
        let slots = bpf.maps.where_it_ran.get(0).unwrap();
        for (number, value) in slots.iter().enumerate() {
            let expected = if number == cpu { cpu as u64 + 1000 } else { 0 };
            assert_eq!(*value, expected, "slot {number} of {slots:?}");
        }
        let slots = bpf.maps.by_key.get(&7).unwrap().unwrap();
        assert_eq!((slots[cpu], slots.sum::<u64>()), (5, 5));
    }

    bpf_program! {
        mod stacks;

        const volatile u32 thread = 0;

        BPF_STACK_TRACE(only_one, 1);
        BPF_STACK_TRACE(two, 2);
        BPF_STACK_TRACE_BUILDID(files, 64);
        BPF_ARRAY(ids, s64, 8);

        static void note(int at, s64 id) {
            ids.update(&at, &id);
        }

        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            note(0, only_one.get_stackid(args, BPF_F_USER_STACK));
            note(1, two.get_stackid(args, BPF_F_USER_STACK));
            note(2, files.get_stackid(args, BPF_F_USER_STACK));
            return 0;
        }

        // Called from elsewhere, so with another stack.
        TRACEPOINT_PROBE(syscalls, sys_enter_getppid) {
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            note(3, only_one.get_stackid(args, BPF_F_USER_STACK));
            note(4, only_one.get_stackid(args, BPF_F_USER_STACK | BPF_F_REUSE_STACKID));
            note(5, two.get_stackid(args, BPF_F_USER_STACK | BPF_F_REUSE_STACKID));
            return 0;
        }
    }

    /// The build id of this test's own file, out of the note that has it.
    fn build_id_of_this_file() -> [u8; 20] {
        let file = fs::read("/proc/self/exe").unwrap();
        let head = [4, 0, 0, 0, 20, 0, 0, 0, 3, 0, 0, 0, b'G', b'N', b'U', 0];
        let at = file.windows(head.len()).position(|window| window == head);
        let note = &file[at.expect("the file has a build id") + head.len()..];
        note[..20].try_into().unwrap()
    }

    /// S19: a second stack does not fit into a bucket that is taken unless it may replace the first,
    /// whose number then means another stack; frames of build ids name the file.
    #[test]
    #[ignore = "needs root"]
    fn s19_full_bucket_reuse_and_build_ids() {
        let thread = thread_id();
        let bpf = stacks::builder()
            .consts(move |consts| consts.thread = thread)
            .load()
            .unwrap();
        send(1);
        let id = |at| i32::try_from(bpf.maps.ids.get(at).unwrap()).unwrap();
        assert_eq!(id(0), 0);
        let first = bpf.maps.two.get(id(1)).unwrap().unwrap();
        let _parent = rustix::process::getppid();
        // Replacing takes a spare bucket, which a map of one does not have.
        let (exists, no_spare) = (-17, -12);
        assert_eq!([id(3), id(4)], [exists, no_spare]);
        let now = bpf.maps.two.get(id(1)).unwrap().unwrap();
        assert_eq!(now != first, id(5) == id(1), "{:?}", bpf.maps.ids.values());
        assert_ne!(bpf.maps.two.get(id(5)).unwrap().unwrap(), first);

        let id = id(2);
        let frames = bpf.maps.files.get(id).unwrap().unwrap();
        let ours = build_id_of_this_file();
        let in_this_file = |frame: &BuildIdFrame| match frame {
            BuildIdFrame::File { build_id, offset } => *build_id == ours && *offset > 0,
            _ => false,
        };
        assert!(frames.iter().any(in_this_file), "{ours:x?} in {frames:x?}");
        assert!(bpf.maps.files.remove(id).unwrap());
        assert_eq!(bpf.maps.files.get(id).unwrap(), None);
        assert_eq!(
            bpf.maps.files.get(-14).unwrap_err().kind(),
            ErrorKind::InvalidInput
        );
    }

    bpf_program! {
        mod lists;

        const volatile u32 thread = 0;

        BPF_QUEUE(queue, u64, 2);
        BPF_QUEUESTACK("stack", stack, u64, 2, 0);
        BPF_CGROUP_ARRAY(groups, 1);
        BPF_ARRAY(results, s64, 16);

        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            u64 value = args->who;
            s64 got[12];
            got[0] = queue.pop(&value);
            value = 10;
            got[1] = queue.push(&value, 0);
            value = 11;
            got[2] = queue.push(&value, BPF_ANY);
            value = 12;
            got[3] = queue.push(&value, 0);
            got[4] = queue.push(&value, BPF_EXIST);
            got[5] = queue.peek(&value) ? -1 : value;
            got[6] = queue.pop(&value) ? -1 : value;
            got[7] = queue.pop(&value) ? -1 : value;
            got[8] = stack.peek(&value);
            value = 20;
            stack.push(&value, 0);
            value = 21;
            stack.push(&value, 0);
            got[9] = stack.pop(&value) ? -1 : value;
            got[10] = groups.check_current_task(0);
            got[11] = groups.check_current_task(5);
            for (int i = 0; i < 12; i++) {
                int at = i;
                results.update(&at, &got[i]);
            }
            return 0;
        }
    }

    /// S23, S26: what push, pop, peek and `check_current_task` return; `BPF_EXIST` drops the oldest.
    #[test]
    #[ignore = "needs root"]
    fn s23_s26_results_of_lists_and_groups() {
        let thread = thread_id();
        let bpf = lists::builder()
            .consts(move |consts| consts.thread = thread)
            .load()
            .unwrap();
        send(1);
        let (missing, full, again) = (-2, -7, -11);
        assert_eq!(
            bpf.maps.results.values().unwrap()[..12],
            [missing, 0, 0, full, 0, 11, 11, 12, missing, 21, again, full]
        );
        assert_eq!(bpf.maps.stack.pop().unwrap(), Some(20));
        assert_eq!(bpf.maps.stack.peek().unwrap(), None);
    }

    bpf_program! {
        mod keys;
        BPF_LPM_TRIE(routes);
    }

    /// S28: a trie with the default key: 32 bits of prefix length and four bytes.
    #[test]
    #[ignore = "needs root"]
    fn s28_trie_with_default_keys() {
        use bcc_runtime::map::lpm_key;
        let bpf = keys::load().unwrap();
        bpf.maps
            .routes
            .update(&lpm_key(8, [10, 0, 0, 0]), &1)
            .unwrap();
        bpf.maps
            .routes
            .update(&lpm_key(16, [10, 7, 0, 0]), &2)
            .unwrap();
        assert_eq!(
            bpf.maps.routes.get(&lpm_key(32, [10, 7, 1, 1])).unwrap(),
            Some(2)
        );
        assert_eq!(
            bpf.maps.routes.get(&lpm_key(32, [10, 8, 1, 1])).unwrap(),
            Some(1)
        );
        assert_eq!(
            bpf.maps.routes.get(&lpm_key(32, [11, 0, 0, 1])).unwrap(),
            None
        );
        assert_eq!(bpf.maps.routes.len().unwrap(), 2);
    }
}
