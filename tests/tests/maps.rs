//! Maps and their methods, as the dialect means them, on the running kernel.

mod root {
    use bcc_runtime::bpf_program;
    use bcc_tests::{send, thread_id};

    bpf_program! {
        mod methods;

        const volatile u32 thread = 0;

        BPF_HASH(hash, u32, u64, 4);
        BPF_ARRAY(array, u64, 4);
        BPF_HASH(results, u32, s64);

        static void record(u32 step, s64 value) {
            results.update(&step, &value);
        }

        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            u32 key = args->who;
            u64 value = 10;
            u64 *found = hash.lookup(&key);
            record(0, found ? *found : -1);
            record(1, hash.insert(&key, &value));
            record(2, hash.insert(&key, &value));
            value = 20;
            record(3, hash.update(&key, &value));
            found = hash.lookup(&key);
            record(4, found ? *found : -1);
            record(5, hash.delete(&key));
            record(6, hash.delete(&key));

            int index = 3;
            value = 30;
            record(7, array.update(&index, &value));
            found = array.lookup(&index);
            record(8, found ? *found : -1);
            index = args->who;
            record(9, array.lookup(&index) ? 1 : 0);
            return 0;
        }
    }

    /// S10, S13: what lookup, insert, update and delete return.
    #[test]
    #[ignore = "needs root"]
    fn s10_s13_methods_return_what_the_helpers_return() {
        let thread = thread_id();
        let bpf = methods::builder()
            .consts(move |consts| consts.thread = thread)
            .load()
            .unwrap();
        send(77);
        let results: Vec<i64> = (0..10)
            .map(|step| bpf.maps.results.get(&step).unwrap().unwrap())
            .collect();
        let (exists, missing) = (-17, -2);
        assert_eq!(results, [-1, 0, exists, 0, 20, 0, missing, 0, 30, 0]);
        assert_eq!(bpf.maps.array.get(3).unwrap(), 30);
    }

    bpf_program! {
        mod init;

        const volatile u32 thread = 0;

        BPF_HASH(first, u32, u64, 2);
        BPF_HASH(second, u32, u64, 2);
        BPF_ARRAY(reached, u64, 2);

        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            u32 key = args->who;
            // A name that the original's own expansion would have captured.
            u64 leaf = 5;
            int at = 0;
            u64 *value = first.lookup_or_try_init(&key, &leaf);
            if (value)
                lock_xadd(value, 1);
            else
                reached.increment(at);
            value = second.lookup_or_init(&key, &leaf);
            (*value)++;
            at = 1;
            reached.increment(at);
            return 0;
        }
    }

    /// S11, S12, X76: a missing key starts with the given value; a full map gives NULL in one form
    /// and leaves the function in the other.
    #[test]
    #[ignore = "needs root"]
    fn s11_s12_lookup_or_init() {
        let thread = thread_id();
        let bpf = init::builder()
            .consts(move |consts| consts.thread = thread)
            .load()
            .unwrap();
        for key in [1, 1, 2, 3] {
            send(key);
        }
        assert_eq!(bpf.maps.first.get(&1).unwrap(), Some(7));
        assert_eq!(bpf.maps.first.get(&2).unwrap(), Some(6));
        assert_eq!(bpf.maps.first.get(&3).unwrap(), None);
        assert_eq!(bpf.maps.second.get(&1).unwrap(), Some(7));
        // The map was full once, and the hidden return kept that call from the second counter.
        assert_eq!(bpf.maps.reached.values().unwrap(), [1, 3]);
    }

    bpf_program! {
        #[allow(deprecated, reason = "the program increments a kind of map that ignores missing keys")]
        mod increments;

        enum action { ACTION_PASS = 1, ACTION_DROP = 2 };
        #define STEP 5

        const volatile u32 thread = 0;

        BPF_HASH(plain, u32);
        BPF_TABLE("array", int, u32, array, 4);
        BPF_PERCPU_ARRAY(percpu, u64, 2);
        BPF_TABLE("lru_hash", u32, u64, lru, 16);
        BPF_HISTOGRAM(slots);
        BPF_HISTOGRAM(hashed, u32, 16);

        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            u32 who = args->who;
            u32 _key = who, _leaf = 3, __key = 1;
            plain.increment(_key, _leaf);
            plain.increment(ACTION_PASS);
            plain.increment(STEP, STEP);
            array.increment(__key);
            array.increment(who);
            percpu.increment(1, 2);
            lru.increment(who);
            slots.increment(bpf_log2l(who));
            hashed.increment(who);
            return 0;
        }
    }

    /// S14, S29, S58: a hash starts a missing key, others do not; a slot out of range is ignored;
    /// enum constants, macros and the names of bcc's own locals are fine as keys.
    #[test]
    #[ignore = "needs root"]
    fn s14_increment() {
        let thread = thread_id();
        let bpf = increments::builder()
            .consts(move |consts| consts.thread = thread)
            .load()
            .unwrap();
        send(40);
        send(40);
        assert_eq!(bpf.maps.plain.get(&40).unwrap(), Some(6));
        assert_eq!(bpf.maps.plain.get(&1).unwrap(), Some(2));
        assert_eq!(bpf.maps.plain.get(&5).unwrap(), Some(10));
        assert_eq!(bpf.maps.array.values().unwrap(), [0, 2, 0, 0]);
        assert_eq!(bpf.maps.percpu.get(1).unwrap().sum::<u64>(), 4);
        assert_eq!(bpf.maps.lru.len().unwrap(), 0);
        assert_eq!(bpf.maps.slots.get(6).unwrap(), 2);
        assert_eq!(bpf.maps.hashed.items().unwrap(), [(40, 2)]);
    }

    bpf_program! {
        mod atomics;

        #define __NR_getpriority 140

        BPF_HASH(counts, u32);
        BPF_ARRAY(total, u64, 1);

        RAW_TRACEPOINT_PROBE(sys_enter) {
            if (ctx->args[1] != __NR_getpriority)
                return 0;
            counts.atomic_increment(bpf_get_current_pid_tgid() >> 32);
            int zero = 0;
            u64 *value = total.lookup(&zero);
            if (value)
                lock_xadd(value, 2);
            return 0;
        }
    }

    /// S15, S43: no count is lost between CPUs, whoever inserts the key.
    #[test]
    #[ignore = "needs root"]
    fn s15_s43_atomic_increment_loses_nothing() {
        let bpf = atomics::load().unwrap();
        let (threads, calls) = (4, 5_000);
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| (0..calls).for_each(|_| send(1)));
            }
        });
        let count = bpf.maps.counts.get(&std::process::id()).unwrap().unwrap();
        // Other tests of this process may have made the same call meanwhile.
        assert!(count >= threads * calls, "{count}");
        assert!(bpf.maps.total.get(0).unwrap() >= 2 * count - 100);
    }

    bpf_program! {
        mod logs;

        const volatile u32 thread = 0;

        BPF_ARRAY(long_logs, u64, 64);
        BPF_ARRAY(logs, u64, 32);

        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            u32 shift = args->who;
            if (shift > 63)
                return 0;
            int slot = shift;
            u64 value = bpf_log2l(1ULL << shift);
            long_logs.update(&slot, &value);
            if (shift < 32) {
                value = bpf_log2(1U << shift);
                logs.update(&slot, &value);
            }
            return 0;
        }
    }

    /// S40: the slot of every power of two.
    #[test]
    #[ignore = "needs root"]
    fn s40_log2() {
        let thread = thread_id();
        let bpf = logs::builder()
            .consts(move |consts| consts.thread = thread)
            .load()
            .unwrap();
        (0..64).for_each(send);
        let expected: Vec<u64> = (1..=64).collect();
        assert_eq!(bpf.maps.long_logs.values().unwrap(), expected);
        let expected: Vec<u64> = (0..32).collect();
        assert_eq!(bpf.maps.logs.values().unwrap(), expected);
    }

    bpf_program! {
        mod shapes;

        const volatile u32 thread = 0;

        struct key_t { u32 pid; u8 kind; char name[TASK_COMM_LEN]; };
        struct value_t { u64 count; s16 low; union { u32 word; u8 bytes[4]; }; u32 flag : 3, rest : 29; };
        BPF_HASH(table, struct key_t, struct value_t, 16);

        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            typeof(table.key) key = {};
            typeof(table.leaf) value = {};
            key.pid = sizeof(table.key);
            key.kind = sizeof(table.leaf);
            __builtin_memcpy(key.name, "shapes", sizeof("shapes"));
            value.count = args->who;
            value.low = -7;
            value.word = 0x01020304;
            value.flag = 5;
            value.rest = 1000;
            table.update(&key, &value);
            return 0;
        }
    }

    /// D12: a map's types in `typeof` and `sizeof`; structs, unions and bit-fields arrive in Rust.
    #[test]
    #[ignore = "needs root"]
    fn d12_structs_as_keys_and_values() {
        let thread = thread_id();
        let bpf = shapes::builder()
            .consts(move |consts| consts.thread = thread)
            .load()
            .unwrap();
        send(9);
        let items = bpf.maps.table.items().unwrap();
        let [(key, value)] = &items[..] else {
            panic!("{items:?}")
        };
        assert_eq!(
            (key.pid, key.kind, key.name.to_str().unwrap()),
            (24, 24, "shapes")
        );
        assert_eq!((value.count, value.low), (9, -7));
        assert_eq!((value.flag(), value.rest()), (5, 1000));
        assert_eq!(bpf.maps.table.get(key).unwrap().unwrap().count, 9);
        assert!(bpf.maps.table.remove(key).unwrap());
        assert_eq!(bpf.maps.table.len().unwrap(), 0);
    }
}
