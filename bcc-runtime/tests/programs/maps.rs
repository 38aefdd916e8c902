//! Each kind of map, each operation.

program! {
    mod kinds;
    maps {
        counts: Hash<u32, u64>,
        small: Hash<u32, u32>,
        pairs: Hash<[u32; 2], [u64; 3]>,
        recent: Hash<u32, u64>,
        numbers: Array<u64>,
        per_cpu: PercpuArray<u32>,
        per_cpu_hash: PercpuHash<u32, u64>,
        raw: Hash<Bytes, Bytes>,
    }
    progs { bump: Registers = AttachSpec::Registers }
    r#"
struct key { u32 a, b; };
struct value { u64 a, b, c; };
#define MAP(name, kind, k, v, n) struct { __uint(type, BPF_MAP_TYPE_##kind); __type(key, k); \
    __type(value, v); __uint(max_entries, n); } name SEC(".maps");
MAP(counts, HASH, u32, u64, 1024)
MAP(small, HASH, u32, u32, 4)
MAP(pairs, HASH, struct key, struct value, 16)
MAP(recent, LRU_HASH, u32, u64, 128)
MAP(numbers, ARRAY, u32, u64, 8)
MAP(per_cpu, PERCPU_ARRAY, u32, u32, 2)
MAP(per_cpu_hash, PERCPU_HASH, u32, u64, 16)
MAP(raw, HASH, struct key, u32, 16)

SEC("kprobe") int bump(struct pt_regs *ctx)
{
    u32 zero = 0, *slot = bpf_map_lookup_elem(&per_cpu, &zero);
    if (slot)
        *slot += 1;
    return 0;
}
"#
}

mod root {
    use super::kinds;
    use crate::common::{SELF, call};
    use bcc_runtime::ErrorKind;
    use bcc_runtime::map::PerCpu;
    use std::sync::atomic::{AtomicBool, Ordering};

    targets!(maps_target);

    /// Insert, update, get, remove, and what they say of keys that are or are not there.
    #[test]
    #[ignore = "needs root"]
    fn hash_operations() {
        let bpf = kinds::load().unwrap();
        let counts = &bpf.maps.counts;
        assert_eq!(counts.get(&1).unwrap(), None);
        assert!(counts.is_empty().unwrap());
        counts.insert(&1, &10).unwrap();
        let error = counts.insert(&1, &11).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        let expected = "map `counts` has this key already; `update` replaces its value";
        assert_eq!(error.to_string(), expected);
        assert_eq!(counts.get(&1).unwrap(), Some(10));
        counts.update(&1, &12).unwrap();
        counts.update(&2, &20).unwrap();
        assert!(counts.contains_key(&2).unwrap());
        assert!(!counts.contains_key(&3).unwrap());
        assert_eq!(counts.len().unwrap(), 2);
        assert_eq!(counts.max_entries(), 1024);
        let mut items = counts.items().unwrap();
        items.sort_unstable();
        assert_eq!(items, [(1, 12), (2, 20)]);
        assert!(counts.remove(&1).unwrap());
        assert!(!counts.remove(&1).unwrap());
        assert_eq!(counts.keys().unwrap(), [2]);
        assert_eq!(counts.values().unwrap(), [20]);
        counts.clear().unwrap();
        assert!(counts.is_empty().unwrap());
    }

    /// Keys and values of several fields, and the least recently used kind.
    #[test]
    #[ignore = "needs root"]
    fn compound_and_lru() {
        let bpf = kinds::load().unwrap();
        bpf.maps.pairs.insert(&[1, 2], &[3, 4, 5]).unwrap();
        assert_eq!(bpf.maps.pairs.get(&[1, 2]).unwrap(), Some([3, 4, 5]));
        assert_eq!(bpf.maps.pairs.get(&[2, 1]).unwrap(), None);
        for key in 0..1000 {
            bpf.maps.recent.update(&key, &1).unwrap();
        }
        let left = bpf.maps.recent.len().unwrap();
        assert!(left > 0 && left <= 128, "{left}");
        assert!(bpf.maps.recent.contains_key(&999).unwrap());
    }

    /// A full map names itself, its size and the way out; the builder's size counts.
    #[test]
    #[ignore = "needs root"]
    fn full_map() {
        let bpf = kinds::load().unwrap();
        for key in 0..4 {
            bpf.maps.small.insert(&key, &0).unwrap();
        }
        let error = bpf.maps.small.insert(&4, &0).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::MapFull);
        let expected = "map `small` is full: it has room for 4 entries; \
                        make it larger with `.max_entries(\"small\", n)` of the builder";
        assert_eq!(error.to_string(), expected);
        bpf.maps.small.update(&3, &7).unwrap();

        let larger = kinds::builder().max_entries("small", 100).load().unwrap();
        assert_eq!(larger.maps.small.max_entries(), 100);
        for key in 0..100 {
            larger.maps.small.insert(&key, &0).unwrap();
        }
        let error = kinds::builder().max_entries("smal", 9).load().unwrap_err();
        let expected = "`max_entries` names map `smal`, which the program does not have; \
                        nearest names: `small`";
        assert_eq!(error.to_string(), expected);
    }

    /// Elements of arrays always exist, up to their number.
    #[test]
    #[ignore = "needs root"]
    fn array_operations() {
        let bpf = kinds::load().unwrap();
        let numbers = &bpf.maps.numbers;
        assert_eq!(numbers.values().unwrap(), [0; 8]);
        numbers.update(7, &70).unwrap();
        assert_eq!(numbers.get(7).unwrap(), 70);
        assert_eq!(numbers.items().unwrap()[7], (7, 70));
        for error in [
            numbers.get(8).unwrap_err(),
            numbers.update(8, &1).unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            let expected = "map `numbers` has 8 elements, there is no index 8";
            assert_eq!(error.to_string(), expected);
        }
        numbers.clear().unwrap();
        assert_eq!(numbers.get(7).unwrap(), 0);
    }

    /// Per-CPU values from here and from the kernel, summed.
    #[test]
    #[ignore = "needs root"]
    fn per_cpu_operations() {
        let mut bpf = kinds::load().unwrap();
        let hash = &bpf.maps.per_cpu_hash;
        assert!(hash.get(&1).unwrap().is_none());
        let values = PerCpu::all(3).unwrap();
        let cpus = values.len() as u64;
        hash.update(&1, &values).unwrap();
        assert_eq!(hash.get(&1).unwrap().unwrap().sum::<u64>(), 3 * cpus);
        assert_eq!(hash.items().unwrap(), [(1, values)]);

        bpf.attach_uprobe(SELF, "maps_target", "bump").unwrap();
        call(maps_target, 0..100);
        let slot = bpf.maps.per_cpu.get(0).unwrap();
        assert_eq!(slot.sum::<u32>(), 100);
        assert!(slot.max().unwrap() <= &100);
        assert_eq!(bpf.maps.per_cpu.get(1).unwrap().sum::<u32>(), 0);
        bpf.maps.per_cpu.clear().unwrap();
        assert_eq!(bpf.maps.per_cpu.get(0).unwrap().sum::<u32>(), 0);
    }

    /// Maps whose types only the kernel knows take and give bytes, of the right number.
    #[test]
    #[ignore = "needs root"]
    fn plain_bytes() {
        let bpf = kinds::load().unwrap();
        let key = [1, 0, 0, 0, 2, 0, 0, 0];
        bpf.maps.raw.update(&key, &[9, 8, 7, 6]).unwrap();
        let expected = (key.to_vec(), vec![9, 8, 7, 6]);
        assert_eq!(bpf.maps.raw.items().unwrap(), [expected]);
        let error = bpf.maps.raw.get(&key[1..]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Map);
        let expected = "failed to read map `raw`: keys of this map have 8 bytes, values 4";
        assert_eq!(format!("{error:#}"), expected);
    }

    /// Every key comes once, though each is removed as it comes.
    #[test]
    #[ignore = "needs root"]
    fn removes_while_iterating() {
        let bpf = kinds::load().unwrap();
        let counts = &bpf.maps.counts;
        for key in 0..1024 {
            counts.insert(&key, &u64::from(key)).unwrap();
        }
        let mut seen: Vec<u32> = counts
            .iter()
            .map(|entry| {
                let (key, value) = entry.unwrap();
                assert_eq!(u64::from(key), value);
                assert!(counts.remove(&key).unwrap());
                key
            })
            .collect();
        seen.sort_unstable();
        assert!(seen.iter().copied().eq(0..1024), "{} keys", seen.len());
        assert!(counts.is_empty().unwrap());
    }

    /// Another thread removes and inserts all the time: iteration ends, and keys that stay come
    /// exactly once.
    #[test]
    #[ignore = "needs root"]
    fn iterates_while_others_change() {
        static STOP: AtomicBool = AtomicBool::new(false);
        let bpf = kinds::load().unwrap();
        let counts = &bpf.maps.counts;
        for key in 0..200 {
            counts.insert(&key, &0).unwrap();
        }
        let churn = counts.clone();
        let thread = std::thread::spawn(move || {
            while !STOP.load(Ordering::Relaxed) {
                for key in 200..300 {
                    churn.update(&key, &1).unwrap();
                }
                for key in 200..300 {
                    churn.remove(&key).unwrap();
                }
            }
        });
        for _ in 0..50 {
            let mut keys: Vec<_> = counts
                .keys()
                .unwrap()
                .into_iter()
                .filter(|key| *key < 200)
                .collect();
            keys.sort_unstable();
            assert!(keys.iter().copied().eq(0..200), "{} keys", keys.len());
        }
        STOP.store(true, Ordering::Relaxed);
        thread.join().unwrap();
    }

    /// A clone of a handle outlives its program.
    #[test]
    #[ignore = "needs root"]
    fn clones_outlive() {
        let bpf = kinds::load().unwrap();
        let counts = bpf.maps.counts.clone();
        drop(bpf);
        counts.update(&1, &1).unwrap();
        assert_eq!(
            std::thread::spawn(move || counts.get(&1).unwrap())
                .join()
                .unwrap(),
            Some(1)
        );
    }
}
