//! Many entries with each system call.

mod root {
    use bcc_runtime::{ErrorKind, bpf_program, map};
    use std::collections::{BTreeMap, HashSet};
    use std::ops::Range;
    use std::sync::atomic::{AtomicBool, Ordering};

    bpf_program! {
        mod tables;

        struct key_t { u32 section; u32 slot; };
        struct value_t { u64 packets; u64 bytes; };
        BPF_HASH(counts, u32, u64, 100000);
        BPF_HASH(large, u32, u64, 500000);
        BPF_HASH(tiny, u64, u32, 3);
        BPF_HASH(structs, struct key_t, struct value_t, 1000);
        BPF_TABLE("lru_hash", u32, u64, recent, 65536);
        BPF_PERCPU_HASH(percpu, u32, u32, 5000);
        BPF_LPM_TRIE(routes, u64, u32, 1000);
        BPF_ARRAY(array, u64, 70000);
        BPF_PERCPU_ARRAY(percpu_array, struct value_t, 600);
    }

    /// Ends the thread that waits for it, also when an assertion fails.
    struct SetWhenDropped<'flag>(&'flag AtomicBool);

    impl Drop for SetWhenDropped<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    /// S47: all entries, whatever the number, are written, listed, counted, removed and taken.
    #[test]
    #[ignore = "needs root"]
    fn s47_all_entries_at_once() {
        let bpf = tables::load().unwrap();
        let counts = &bpf.maps.counts;
        assert_eq!(counts.items().unwrap(), []);
        for number in [1_u32, 2, 7, 8_191, 8_192, 16_384, 16_385, 100_000] {
            counts.clear().unwrap();
            assert_eq!(counts.len().unwrap(), 0);
            let expected = (0..number).map(|key| (key, u64::from(key) * 3));
            counts.update_batch(expected.clone()).unwrap();
            let items: BTreeMap<u32, u64> = counts.items().unwrap().into_iter().collect();
            assert!(items.into_iter().eq(expected), "{number}");
            assert_eq!(counts.len().unwrap(), number as usize);
            let keys: HashSet<u32> = counts.keys().unwrap().into_iter().collect();
            assert_eq!(keys.len(), number as usize);
            assert_eq!(counts.values().unwrap().len(), number as usize);
        }
        // Even keys go; every other one of those asked for is not there.
        let removed = counts.remove_batch((0..200_000).step_by(2)).unwrap();
        assert_eq!(removed, 50_000);
        assert_eq!(counts.remove_batch([0, 2]).unwrap(), 0);
        assert_eq!(counts.get(&1).unwrap(), Some(3));
        counts.zero().unwrap();
        assert_eq!(counts.get(&1).unwrap(), Some(0));
        let taken: Vec<(u32, u64)> = counts.drain().map(Result::unwrap).collect();
        assert_eq!(taken.len(), 50_000);
        assert!(taken.iter().all(|(key, value)| key % 2 == 1 && *value == 0));
        assert!(counts.is_empty().unwrap());
    }

    /// S47: entries of structs, of a table of three, and of one that forgets.
    #[test]
    #[ignore = "needs root"]
    fn s47_batches_of_every_kind() {
        let bpf = tables::load().unwrap();
        let key = |section, slot| tables::KeyT { section, slot };
        let value = |packets, bytes| tables::ValueT { packets, bytes };
        let entries = [(key(1, 2), value(3, 4)), (key(1, 3), value(5, 6))];
        bpf.maps.structs.update_batch(entries).unwrap();
        let by_reference = entries.iter().map(|(key, value)| (key, value));
        bpf.maps.structs.update_batch(by_reference).unwrap();
        let mut items = bpf.maps.structs.items().unwrap();
        items.sort_by_key(|(key, _)| *key);
        assert_eq!(items[1].0, key(1, 3));
        assert_eq!(items[1].1.bytes, 6);
        assert_eq!(bpf.maps.structs.remove_batch([key(1, 3)]).unwrap(), 1);

        bpf.maps
            .tiny
            .update_batch([(1, 1), (2, 2), (3, 3)])
            .unwrap();
        let mut keys = bpf.maps.tiny.keys().unwrap();
        keys.sort_unstable();
        assert_eq!(keys, [1, 2, 3]);

        let recent = &bpf.maps.recent;
        recent
            .update_batch((0..200_000).map(|key| (key, 1)))
            .unwrap();
        let keys: HashSet<u32> = recent.keys().unwrap().into_iter().collect();
        let length = recent.len().unwrap();
        assert_eq!(keys.len(), length);
        assert!((1_000..=65_536).contains(&length), "{length}");
    }

    /// Values of each CPU arrive in batches as they do one by one.
    #[test]
    #[ignore = "needs root"]
    fn j11_batches_of_values_of_each_cpu() {
        let bpf = tables::load().unwrap();
        let percpu = &bpf.maps.percpu;
        let entries = (0..5000).map(|key| (key, map::PerCpu::all(key + 1).unwrap()));
        percpu.update_batch(entries).unwrap();
        let items = percpu.items().unwrap();
        assert_eq!(items.len(), 5000);
        for (key, values) in items {
            assert_eq!(values.max(), Some(&(key + 1)));
            assert_eq!(values.min(), Some(&(key + 1)));
            assert_eq!(values.average(), key + 1);
            assert_eq!(
                values.sum::<u32>() as usize,
                values.len() * (key as usize + 1)
            );
        }
        assert_eq!(percpu.drain().count(), 5000);
        assert_eq!(percpu.len().unwrap(), 0);

        let array = &bpf.maps.percpu_array;
        let mut values = map::PerCpu::<tables::ValueT>::all(tables::ValueT::default())
            .unwrap()
            .into_vec();
        values[0] = tables::ValueT {
            packets: 2,
            bytes: 60,
        };
        array
            .update_all([map::PerCpu::new(values.clone()), map::PerCpu::new(values)])
            .unwrap();
        let elements = array.values().unwrap();
        assert_eq!(elements.len(), 600);
        let total = elements[1].reduce(|total, next| tables::ValueT {
            packets: total.packets + next.packets,
            bytes: total.bytes + next.bytes,
        });
        let total = total.unwrap();
        assert_eq!((total.packets, total.bytes), (2, 60));
        assert_eq!(elements[2].iter().map(|value| value.packets).max(), Some(0));
        array.clear().unwrap();
        assert_eq!(array.get(1).unwrap()[0].bytes, 0);
    }

    /// A trie has no batches that hold under change: its keys come one by one.
    #[test]
    #[ignore = "needs root"]
    fn s47_tries_one_by_one() {
        let bpf = tables::load().unwrap();
        let routes = &bpf.maps.routes;
        let keys: Vec<u64> = (0..200)
            .map(|last| map::lpm_key(32, [10, 0, 0, last]))
            .collect();
        routes
            .update_batch(keys.iter().map(|key| (key, 7)))
            .unwrap();
        assert_eq!(routes.len().unwrap(), 200);
        assert_eq!(routes.values().unwrap(), vec![7; 200]);
        assert_eq!(routes.remove_batch(&keys[..50]).unwrap(), 50);
        assert_eq!(routes.drain().count(), 150);
        assert!(routes.is_empty().unwrap());
        let error = routes
            .update_batch([(map::lpm_key(40, [0; 4]), 1)])
            .unwrap_err();
        assert!(
            error.to_string().starts_with("0 entries of a batch"),
            "{error:#}"
        );
    }

    /// Elements of an array are replaced from the front; more than there is room for is an error.
    #[test]
    #[ignore = "needs root"]
    fn arrays_at_once() {
        let bpf = tables::load().unwrap();
        let array = &bpf.maps.array;
        array
            .update_all((0..70_000_u64).map(|value| value + 1))
            .unwrap();
        assert!(array.values().unwrap().into_iter().eq(1..=70_000));
        array.update_all([5, 6]).unwrap();
        let items = array.items().unwrap();
        assert_eq!(items[..3], [(0, 5), (1, 6), (2, 3)]);
        assert_eq!(items[69_999], (69_999, 70_000));
        array.clear().unwrap();
        assert!(array.values().unwrap().iter().all(|value| *value == 0));
        let error = array.update_all(vec![1_u64; 70_001]).unwrap_err();
        let expected = "map `array` has 70000 elements, there is no index 70000";
        assert_eq!(error.to_string(), expected);
    }

    /// A batch that does not fit says how far it got, and that the map is full.
    #[test]
    #[ignore = "needs root"]
    fn batches_say_where_they_stopped() {
        let bpf = tables::load().unwrap();
        let tiny = &bpf.maps.tiny;
        let error = tiny.update_batch((1..=5).map(|key| (key, 1))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::MapFull);
        let text = format!("{error:#}");
        assert!(
            text.starts_with(
                "3 entries of a batch were written, the next was not: map `tiny` is full"
            ),
            "{text}"
        );
        assert_eq!(tiny.len().unwrap(), 3);
    }

    /// S47: while other entries come and go, those that stay come exactly once, and none twice.
    #[test]
    #[ignore = "needs root"]
    fn s47_lists_hold_while_entries_change() {
        const STAY: u32 = 20_000;
        let bpf = tables::load().unwrap();
        let counts = &bpf.maps.counts;
        counts.update_batch((0..STAY).map(|key| (key, 1))).unwrap();
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for key in (STAY..100_000).cycle() {
                    if done.load(Ordering::Relaxed) {
                        break;
                    }
                    counts.update(&key, &2).unwrap();
                    counts.update(&(key % STAY), &1).unwrap();
                    counts.remove(&(key - 1).max(STAY)).unwrap();
                }
            });
            let _end = SetWhenDropped(&done);
            for _ in 0..50 {
                let keys = counts.keys().unwrap();
                let distinct: HashSet<u32> = keys.iter().copied().collect();
                assert_eq!(distinct.len(), keys.len());
                assert_eq!(
                    keys.iter().filter(|key| **key < STAY).count(),
                    STAY as usize
                );
            }
        });
    }

    /// S47: the same where several threads read, and most entries come and go at once.
    #[test]
    #[ignore = "needs root"]
    fn s47_large_lists_hold_while_entries_change() {
        const STAY: u32 = 150_000;
        let bpf = tables::load().unwrap();
        let large = &bpf.maps.large;
        let entries = |keys: Range<u32>| keys.map(|key| (key, u64::from(key) * 3));
        large.update_batch(entries(0..STAY)).unwrap();
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    large.update_batch(entries(STAY..500_000)).unwrap();
                    large.remove_batch(STAY..500_000).unwrap();
                }
            });
            let _end = SetWhenDropped(&done);
            for _ in 0..10 {
                let items = large.items().unwrap();
                let distinct: BTreeMap<u32, u64> = items.iter().copied().collect();
                assert_eq!(distinct.len(), items.len());
                let stayed = distinct.range(..STAY).map(|(key, value)| (*key, *value));
                assert!(stayed.eq(entries(0..STAY)));
                assert_eq!(
                    large
                        .keys()
                        .unwrap()
                        .iter()
                        .filter(|key| **key < STAY)
                        .count(),
                    150_000
                );
            }
        });
        assert_eq!(large.values().unwrap().len(), STAY as usize);
    }

    /// Nothing that is inserted is lost between the reading and the removal of its entry.
    #[test]
    #[ignore = "needs root"]
    fn j10_draining_loses_nothing() {
        let bpf = tables::load().unwrap();
        let counts = &bpf.maps.counts;
        let rounds = 40_000;
        let drained: u64 = std::thread::scope(|scope| {
            let writer =
                scope.spawn(|| (0..rounds).for_each(|key| counts.insert(&key, &1).unwrap()));
            let mut sum = 0;
            while !writer.is_finished() {
                sum += counts.drain().map(|entry| entry.unwrap().1).sum::<u64>();
            }
            sum
        });
        let rest: u64 = counts.drain().map(|entry| entry.unwrap().1).sum();
        assert_eq!(drained + rest, u64::from(rounds));
    }
}
