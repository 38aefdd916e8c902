//! Maps that hold maps, and maps whose names begin alike.

mod root {
    use bcc_runtime::{ErrorKind, bpf_program};
    use bcc_tests::{send, thread_id};

    bpf_program! {
        mod nested;

        const volatile u32 thread = 0;

        // The map that shows what it holds comes further down.
        BPF_HASH_OF_MAPS(by_process, u32, "counts", 4);
        BPF_HASH(counts, u32, u64, 8);
        BPF_ARRAY_OF_MAPS(by_slot, "slots", 2);
        BPF_ARRAY(slots, u64, 4);

        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            u32 who = args->who, process = bpf_get_current_pid_tgid() >> 32;
            u64 one = 1, *count;
            void *inner = by_process.lookup(&process);
            if (inner) {
                count = bpf_map_lookup_elem(inner, &who);
                if (count)
                    lock_xadd(count, 1);
                else
                    bpf_map_update_elem(inner, &who, &one, BPF_NOEXIST);
            }
            int slot = who & 1;
            int *array = by_slot.lookup(&slot);
            if (array && (count = bpf_map_lookup_elem(array, &slot)))
                (*count)++;
            return 0;
        }
    }

    /// I16: maps of maps: the program reaches the inner maps that Rust puts there.
    #[test]
    #[ignore = "needs root"]
    fn i16_maps_of_maps() {
        let thread = thread_id();
        let bpf = nested::builder()
            .consts(move |consts| consts.thread = thread)
            .load()
            .unwrap();
        let maps = &bpf.maps;
        let process = std::process::id();
        send(3);
        assert!(maps.by_process.get(&process).unwrap().is_none());
        let mine = maps.by_process.new_inner().unwrap();
        maps.by_process.insert(&process, &mine).unwrap();
        maps.by_slot.insert(&1, &maps.slots).unwrap();
        send(3);
        send(3);
        assert_eq!(mine.items().unwrap(), [(3, 2)]);
        assert_eq!(maps.slots.values().unwrap(), [0, 2, 0, 0]);
        assert_eq!(maps.counts.len().unwrap(), 0);
        // The map lives in the outer one, whoever else has it.
        drop(mine);
        let found = maps.by_process.get(&process).unwrap().unwrap();
        assert_eq!(found.get(&3).unwrap(), Some(2));
        assert_eq!(maps.by_process.keys().unwrap(), [process]);
        assert_eq!(maps.by_slot.keys().unwrap(), [1]);
        let error = maps.by_process.insert(&process, &maps.slots).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let error = maps.by_slot.insert(&2, &maps.slots).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(
            error.to_string(),
            "map `by_slot` has 2 elements, there is no such index"
        );
        let error = maps.by_process.insert(&process, &maps.slots).unwrap_err();
        let expected = "map `by_process` holds maps like the one the program text names, and this one has type Array instead of Hash";
        assert!(error.to_string().starts_with(expected), "{error}");
        assert!(maps.by_process.remove(&process).unwrap());
        assert!(!maps.by_process.remove(&process).unwrap());
    }

    bpf_program! {
        #[allow(deprecated, reason = "the macro says that the kernel's lists cut both names alike")]
        mod long_names;
        BPF_HASH(a_name_of_more_than_15_bytes, u32, u64, 2);
        BPF_ARRAY(a_name_of_more_than_15_bytes_too, u64, 2);
    }

    /// X28: names that are the same in the kernel's lists are two maps here.
    #[test]
    #[ignore = "needs root"]
    fn x28_long_names() {
        let bpf = long_names::load().unwrap();
        bpf.maps
            .a_name_of_more_than_15_bytes
            .update(&1, &2)
            .unwrap();
        bpf.maps
            .a_name_of_more_than_15_bytes_too
            .update(1, &3)
            .unwrap();
        assert_eq!(
            bpf.maps.a_name_of_more_than_15_bytes.get(&1).unwrap(),
            Some(2)
        );
    }
}
