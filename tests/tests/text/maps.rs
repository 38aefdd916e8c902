//! Maps by name.

mod root {
    use crate::common::load;
    use bcc_runtime::{Bpf, ErrorKind, Symbols, Value, dynamic, map};
    use bcc_tests::send;

    /// S10, S13, S47: entries of a hash by keys and values of structs.
    #[test]
    #[ignore = "needs root"]
    fn s47_hashes_by_name() {
        let bpf = load(text!(
            "struct key_t { u32 id; char name[8]; };
             struct value_t { u64 count; s32 last; };
             BPF_HASH(table, struct key_t, struct value_t, 3);
             TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
                 if (OTHERS) return 0;
                 struct key_t key = { .id = args->who, .name = \"ab\" };
                 struct value_t zero = {}, *value = table.lookup_or_try_init(&key, &zero);
                 if (value) { value->count++; value->last = -1; }
                 return 0;
             }"
        ));
        let table = bpf.map("table").unwrap();
        assert!(table.is_empty().unwrap());
        send(1);
        send(1);
        let value = table.get((1, "ab")).unwrap().unwrap();
        assert_eq!((&value["count"], &value["last"]), (&2.into(), &(-1).into()));
        assert_eq!(table.get((2, "ab")).unwrap(), None);
        let key = Value::record([("id", 2)]);
        table.insert(&key, (7, 8)).unwrap();
        let error = table.insert(&key, (7, 8)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        table.update(&key, (9, -9)).unwrap();
        table.update((3, ""), (1, 1)).unwrap();
        let error = table.update((4, ""), (1, 1)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::MapFull);
        let mut items = table.items().unwrap();
        items.sort_by_key(|(key, _)| key["id"].as_u64());
        let shown: Vec<String> = items.iter().map(|(k, v)| format!("{k} {v}")).collect();
        let expected = [
            "{id: 1, name: \"ab\"} {count: 2, last: -1}",
            "{id: 2, name: \"\"} {count: 9, last: -9}",
            "{id: 3, name: \"\"} {count: 1, last: 1}",
        ];
        assert_eq!(shown, expected);
        assert_eq!((table.len().unwrap(), table.max_entries()), (3, 3));
        // A key that came out goes in again.
        assert!(table.remove(&items[0].0).unwrap());
        assert!(!table.remove((1, "ab")).unwrap());
        assert_eq!(table.keys().unwrap().len(), 2);
        table.clear().unwrap();
        assert!(table.values().unwrap().is_empty());
        let error = table.get(("x", "ab")).unwrap_err();
        let expected = "the key of map `table` cannot be made: `id` of `struct key_t`: `x`, a text, \
                        does not fit into an unsigned integer of 32 bits";
        assert_eq!(error.to_string(), expected);
    }

    /// Arrays have all their elements, per-CPU maps a value for each CPU.
    #[test]
    #[ignore = "needs root"]
    fn arrays_and_per_cpu_maps_by_name() {
        let bpf = load(text!(
            "BPF_ARRAY(array, u32, 4);
             BPF_PERCPU_ARRAY(slots, u32, 2);
             BPF_PERCPU_HASH(hash, u32, u64);
             TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
                 if (OTHERS) return 0;
                 array.increment(2);
                 slots.increment(1);
                 u32 key = 5; u64 one = 1;
                 hash.update(&key, &one);
                 return 0;
             }"
        ));
        send(0);
        let array = bpf.map("array").unwrap();
        assert_eq!(array.get(2).unwrap().unwrap(), 1);
        assert_eq!(array.get(4).unwrap(), None);
        array.update(0, 8).unwrap();
        assert_eq!(array.values().unwrap(), [8, 0, 1, 0]);
        let error = array.update(4, 8).unwrap_err();
        let expected = "map `array` has 4 elements, there is no index 4";
        assert_eq!(error.to_string(), expected);
        array.clear().unwrap();
        assert_eq!(array.values().unwrap(), [0, 0, 0, 0]);

        let slots = bpf.map("slots").unwrap();
        let each = slots.get(1).unwrap().unwrap();
        let cpus = each.elements().unwrap().len();
        assert_eq!((each.sum(), each.max()), (Some(1), Some(1)));
        slots.update(1, 6).unwrap();
        assert_eq!(
            slots.get(1).unwrap().unwrap(),
            Value::PerCpu(vec![6.into(); cpus])
        );
        let numbers: Vec<Value> = (0..cpus).map(Value::from).collect();
        slots.update(1, Value::PerCpu(numbers.clone())).unwrap();
        assert_eq!(slots.get(1).unwrap().unwrap(), Value::PerCpu(numbers));
        let error = slots.update(1, Value::PerCpu(vec![1.into(); cpus + 1]));
        let expected = format!("there are {} values for {cpus} possible CPUs", cpus + 1);
        assert_eq!(error.unwrap_err().to_string(), expected);
        let hash = bpf.map("hash").unwrap();
        assert_eq!(hash.get(5).unwrap().unwrap().sum(), Some(1));
    }

    /// S23: queues and stacks; other kinds of maps say that they are none.
    #[test]
    #[ignore = "needs root"]
    fn s23_queues_by_name() {
        let bpf = load(text!(
            "BPF_QUEUE(queue, u32, 2); BPF_STACK(stack, u32, 2); BPF_HASH(hash);"
        ));
        for (name, first) in [("queue", 1), ("stack", 2)] {
            let map = bpf.map(name).unwrap();
            map.push(1).unwrap();
            map.push(2).unwrap();
            assert_eq!(map.push(3).unwrap_err().kind(), ErrorKind::MapFull);
            assert_eq!(map.peek().unwrap().unwrap(), first);
            assert_eq!(map.pop().unwrap().unwrap(), first);
            map.pop().unwrap().unwrap();
            assert_eq!(map.pop().unwrap(), None);
            let error = map.get(1).unwrap_err();
            assert!(error.to_string().ends_with("which has no keys"), "{error}");
        }
        let error = bpf.map("hash").unwrap().pop().unwrap_err();
        let expected = "map `hash` is a Hash, which is neither a queue nor a stack";
        assert_eq!(error.to_string(), expected);
    }

    /// S21: what only the typed handles can do is done by them: a program put into a slot, to be
    /// called. A handle of another kind or size is refused.
    #[test]
    #[ignore = "needs root"]
    fn s21_typed_handles_of_maps() {
        let bpf = load(text!(
            "BPF_PROG_ARRAY(jumps, 2);
             BPF_HASH(counts, u32, u64);
             u64 called;
             int next(struct tracepoint__syscalls__sys_enter_getpriority *args) {
                 called++;
                 return 0;
             }
             TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
                 if (!OTHERS) jumps.call(args, 1);
                 return 0;
             }"
        ));
        let jumps: map::ProgArray = bpf.map("jumps").unwrap().open_as().unwrap();
        jumps.set(1, bpf.progs.get("next").unwrap()).unwrap();
        send(1);
        assert_eq!(bpf.global("called").unwrap().get().unwrap(), 1);
        let counts = bpf.map("counts").unwrap();
        counts
            .open_as::<map::Hash<u32, u64>>()
            .unwrap()
            .update(&1, &2)
            .unwrap();
        assert_eq!(counts.get(1).unwrap().unwrap(), 2);
        let error = counts.open_as::<map::Hash<u64, u64>>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Layout);
        let error = counts.open_as::<map::Array<u64>>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Layout);
    }

    /// S19, S53: a stack by the number a program saved; a number that stands for an error.
    #[test]
    #[ignore = "needs root"]
    fn s19_s53_stacks_by_name() {
        let bpf = load(text!(
            "BPF_STACK_TRACE(stacks, 64);
             BPF_HASH(ids, u32, s32);
             TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
                 if (OTHERS) return 0;
                 u32 who = args->who;
                 s32 id = stacks.get_stackid(args, BPF_F_USER_STACK);
                 ids.update(&who, &id);
                 return 0;
             }"
        ));
        send(3);
        let id = bpf.map("ids").unwrap().get(3).unwrap().unwrap();
        let stacks = bpf.map("stacks").unwrap();
        let number = i32::try_from(&id).unwrap();
        let stack = stacks.stack(number).unwrap();
        let (symbols, pid) = (Symbols::new(), std::process::id());
        let frames = stacks.walk_process(number, pid, &symbols).unwrap();
        let addresses: Vec<u64> = frames.iter().map(|frame| frame.address).collect();
        assert_eq!(Some(&addresses), stack.as_ref());
        let named = frames.iter().any(|frame| frame.symbol.is_ok());
        assert!(named, "{frames:?}");
        assert!(stacks.walk_kernel(1 << 20, &symbols).is_err());
        let ids = bpf.map("ids").unwrap();
        let error = ids.walk_kernel(0, &symbols).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(!stack.unwrap().is_empty());
        assert_eq!(
            stacks.stack(-17).unwrap_err().kind(),
            ErrorKind::InvalidInput
        );
    }

    /// S51: histograms by slot, and by section if the key is a struct.
    #[test]
    #[ignore = "needs root"]
    fn s51_histograms_by_name() {
        let bpf = load(text!(
            "struct key_t { char name[8]; u64 slot; };
             BPF_HISTOGRAM(plain);
             BPF_HISTOGRAM(by_name, struct key_t);
             TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
                 if (OTHERS) return 0;
                 plain.increment(bpf_log2l(args->who));
                 struct key_t key = { .name = \"disk\", .slot = 2 };
                 by_name.increment(key);
                 return 0;
             }"
        ));
        (1..=4).for_each(send);
        let text = bpf.map("plain").unwrap().histogram().unwrap();
        let text = text.to_log2_text("n").unwrap();
        assert!(text.contains("2 -> 3          : 2"), "{text}");
        let sections = bpf.map("by_name").unwrap().histogram().unwrap();
        let sections = sections.section_header("disk").to_log2_text("n").unwrap();
        assert!(sections.starts_with("\ndisk = disk\n"), "{sections}");
    }

    /// Types that only the running kernel knows are read as well: maps of kernel types and typedefs.
    #[test]
    #[ignore = "needs root"]
    fn kernel_types_are_read() {
        let bpf = load(text!(
            "BPF_HASH(seen, pid_t, struct timespec64);
             TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
                 if (OTHERS) return 0;
                 pid_t who = args->who;
                 struct timespec64 time = {};
                 time.tv_sec = 5; time.tv_nsec = 6;
                 seen.update(&who, &time);
                 return 0;
             }"
        ));
        send(9);
        let time = bpf.map("seen").unwrap().get(9).unwrap().unwrap();
        assert_eq!((&time["tv_sec"], &time["tv_nsec"]), (&5.into(), &6.into()));
    }

    /// Handles outlive the program they come from, and go to other threads.
    #[test]
    #[ignore = "needs root"]
    fn handles_are_free() {
        let map: dynamic::Map = load(text!("BPF_HASH(counts, u32);")).map("counts").unwrap();
        let other = map.clone();
        std::thread::spawn(move || other.update(1, 2).unwrap())
            .join()
            .unwrap();
        assert_eq!(map.get(1).unwrap().unwrap(), 2);
    }

    /// J10: many entries at once, and the numbers of several CPUs.
    #[test]
    #[ignore = "needs root"]
    fn j10_batches_of_dynamic_maps() {
        let text = "BPF_HASH(counts, u32, u64, 4096);
            BPF_ARRAY(slots, u64, 2);
            BPF_PERCPU_HASH(each, u32, u64);";
        let bpf = Bpf::builder().text(text).load().unwrap();
        let counts = bpf.map("counts").unwrap();
        let all = (0..4096_u32).map(|key| (key, u64::from(key) * 2));
        counts.update_batch(all).unwrap();
        assert_eq!(counts.len().unwrap(), 4096);
        let more = counts.update_batch([(5000_u32, 1_u64)]).unwrap_err();
        assert_eq!(more.kind(), ErrorKind::MapFull, "{more:#}");
        let bad = counts.update_batch([("no number", 1_u64)]).unwrap_err();
        assert_eq!(bad.kind(), ErrorKind::InvalidInput, "{bad:#}");
        assert_eq!(counts.remove_batch([1_u32, 2, 2, 9999]).unwrap(), 2);
        let mut drained = counts.drain().unwrap();
        assert_eq!(drained.len(), 4094);
        drained.sort_by_key(|(key, _)| key.as_u64());
        assert_eq!(drained[1], (Value::from(3_u32), Value::from(6_u64)));
        assert!(counts.is_empty().unwrap());

        let slots = bpf.map("slots").unwrap();
        slots.update_batch([(0_u32, 7_u64), (1, 8)]).unwrap();
        assert_eq!(slots.get(1_u32).unwrap(), Some(Value::from(8_u64)));
        let outside = slots.update_batch([(2_u32, 7_u64)]).unwrap_err();
        assert_eq!(outside.kind(), ErrorKind::InvalidInput, "{outside:#}");
        assert_eq!(slots.drain().unwrap_err().kind(), ErrorKind::InvalidInput);

        let each = bpf.map("each").unwrap();
        each.update(1_u32, 5_u64).unwrap();
        let value = each.get(1_u32).unwrap().unwrap();
        let Value::PerCpu(list) = &value else {
            panic!("{value:?}")
        };
        let cpus = i128::try_from(list.len()).unwrap();
        assert_eq!(value.sum(), Some(5 * cpus));
        assert_eq!([value.min(), value.max(), value.average()], [Some(5); 3]);
        assert_eq!(each.drain().unwrap(), [(Value::from(1_u32), value)]);
    }
}
