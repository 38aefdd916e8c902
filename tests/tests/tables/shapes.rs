//! What the kernel is told of each kind of map: types, sizes, flags.

mod root {
    use bcc_runtime::bpf_program;
    use bcc_tests::needs::with_maps;
    use libbpf_rs::{MapInfo, MapType};
    use std::os::fd::AsFd;

    /// What the kernel says of a map: type, key size, value size, entries, flags.
    fn shape(map: &impl AsFd) -> (MapType, u32, u32, u32, u32) {
        let info = MapInfo::new(map.as_fd()).unwrap();
        let kind = info.map_type();
        let info = info.info;
        (
            kind,
            info.key_size,
            info.value_size,
            info.max_entries,
            info.map_flags,
        )
    }

    bpf_program! {
        #[allow(deprecated, reason = "the macro says that a histogram over `u64` is a hash")]
        mod defaults;

        BPF_HASH(hash);
        BPF_PERCPU_HASH(percpu_hash);
        BPF_ARRAY(array);
        BPF_PERCPU_ARRAY(percpu_array);
        BPF_HISTOGRAM(histogram);
        BPF_HISTOGRAM(wide_histogram, u64);
        BPF_HISTOGRAM(same_as_int, s32, 10);
        BPF_LPM_TRIE(trie);
        BPF_SOCKHASH(sockets);
        BPF_SOCKMAP(socket_map, 3);
        BPF_PROG_ARRAY(programs, 3);
        BPF_PERF_OUTPUT(events);
        BPF_PERF_ARRAY(counters, 3);
        BPF_CGROUP_ARRAY(groups, 3);
        BPF_STACK_TRACE(stacks, 1000);
        BPF_STACK_TRACE_BUILDID(build_ids, 1);
        BPF_RINGBUF_OUTPUT(ring, 4);
        BPF_QUEUE(queue, u32, 3);
        BPF_STACK(stack, u64, 3, BPF_F_RDONLY_PROG);
        BPF_HASH(inner);
        BPF_ARRAY_OF_MAPS(array_of, "inner", 3);
        BPF_HASH_OF_MAPS(hash_of_2, "inner");
        BPF_HASH_OF_MAPS(hash_of_3, u64, "inner");
        BPF_HASH_OF_MAPS(hash_of_4, u64, "inner", 3);
        BPF_TASK_STORAGE(task, u64);
        BPF_SK_STORAGE(sk, u32);
        BPF_CGROUP_STORAGE(cgroup, u64);
        BPF_PERCPU_CGROUP_STORAGE(percpu_cgroup, u64);
        BPF_TABLE("perf_output", int, u32, outputs, 0);
    }

    /// S28, S29, S30, S31: the defaults of every macro, read back from the kernel.
    #[test]
    #[ignore = "needs root"]
    fn s28_s29_s30_s31_defaults() {
        const NO_PREALLOC: u32 = 1;
        const STACK_BUILD_ID: u32 = 32;
        let Some(loaded) = with_maps("task_storage", defaults::load()) else {
            return;
        };
        let bpf = loaded.unwrap();
        let maps = &bpf.maps;
        let cpus = u32::try_from(libbpf_rs::num_possible_cpus().unwrap()).unwrap();
        assert_eq!(shape(&maps.hash), (MapType::Hash, 8, 8, 10240, 0));
        assert_eq!(
            shape(&maps.percpu_hash),
            (MapType::PercpuHash, 8, 8, 10240, 0)
        );
        assert_eq!(shape(&maps.array), (MapType::Array, 4, 8, 10240, 0));
        assert_eq!(
            shape(&maps.percpu_array),
            (MapType::PercpuArray, 4, 8, 10240, 0)
        );
        assert_eq!(shape(&maps.histogram), (MapType::Array, 4, 8, 64, 0));
        assert_eq!(shape(&maps.wide_histogram), (MapType::Hash, 8, 8, 64, 0));
        assert_eq!(shape(&maps.same_as_int), (MapType::Array, 4, 8, 10, 0));
        assert_eq!(
            shape(&maps.trie),
            (MapType::LpmTrie, 8, 8, 10240, NO_PREALLOC)
        );
        assert_eq!(shape(&maps.sockets), (MapType::Sockhash, 4, 4, 10240, 0));
        assert_eq!(shape(&maps.socket_map), (MapType::Sockmap, 4, 4, 3, 0));
        assert_eq!(shape(&maps.programs), (MapType::ProgArray, 4, 4, 3, 0));
        assert_eq!(
            shape(&maps.events),
            (MapType::PerfEventArray, 4, 4, cpus, 0)
        );
        assert_eq!(
            shape(&maps.outputs),
            (MapType::PerfEventArray, 4, 4, cpus, 0)
        );
        assert_eq!(shape(&maps.counters), (MapType::PerfEventArray, 4, 4, 3, 0));
        assert_eq!(shape(&maps.groups), (MapType::CgroupArray, 4, 4, 3, 0));
        assert_eq!(
            shape(&maps.stacks),
            (MapType::StackTrace, 4, 127 * 8, 1024, 0)
        );
        assert_eq!(
            shape(&maps.build_ids),
            (MapType::StackTrace, 4, 127 * 32, 1, STACK_BUILD_ID)
        );
        assert_eq!(shape(&maps.ring), (MapType::RingBuf, 0, 0, 4 * 4096, 0));
        assert_eq!(shape(&maps.queue), (MapType::Queue, 0, 4, 3, 0));
        assert_eq!(shape(&maps.stack), (MapType::Stack, 0, 8, 3, 0x80));
        assert_eq!(shape(&maps.array_of), (MapType::ArrayOfMaps, 4, 4, 3, 0));
        assert_eq!(
            shape(&maps.hash_of_2),
            (MapType::HashOfMaps, 4, 4, 10240, 0)
        );
        assert_eq!(
            shape(&maps.hash_of_3),
            (MapType::HashOfMaps, 8, 4, 10240, 0)
        );
        assert_eq!(shape(&maps.hash_of_4), (MapType::HashOfMaps, 8, 4, 3, 0));
        assert_eq!(
            shape(&maps.task),
            (MapType::TaskStorage, 4, 8, 0, NO_PREALLOC)
        );
        assert_eq!(shape(&maps.sk), (MapType::SkStorage, 4, 4, 0, NO_PREALLOC));
        assert_eq!(shape(&maps.cgroup), (MapType::CgroupStorage, 16, 8, 0, 0));
        assert_eq!(
            shape(&maps.percpu_cgroup),
            (MapType::PercpuCgroupStorage, 16, 8, 0, 0)
        );
    }

    bpf_program! {
        mod spelled;

        #define MAX 5
        #define TABLE "hash"
        #define ENTRY struct entry_t
        enum { ROWS = 3, COLUMNS = ROWS * 2 };

        struct entry_t { u64 sum; u16 parts[4]; };
        typedef struct { char name[TASK_COMM_LEN]; } label_t;

        BPF_HASH(by_expression, u32, u64, MAX * 2 + sizeof(struct entry_t));
        BPF_TABLE(TABLE, unsigned long long, struct entry_t, by_macro, COLUMNS);
        BPF_HASH(by_pointer, struct entry_t *, ENTRY, MAX);
        BPF_HASH(by_label, label_t, unsigned int);
        BPF_ARRAY(rows, u64[ROWS], 2);
        BPF_F_TABLE("lru_hash", u32, u64, lru, 8, BPF_F_NO_COMMON_LRU);
        BPF_F_TABLE("hash", u32, u64, lazy, 8, BPF_F_NO_PREALLOC | BPF_F_ZERO_SEED);
    }

    /// S28, I10: sizes are constant expressions, types may have spaces, flags arrive.
    #[test]
    #[ignore = "needs root"]
    fn s28_sizes_types_and_flags() {
        let bpf = spelled::load().unwrap();
        let maps = &bpf.maps;
        assert_eq!(shape(&maps.by_expression), (MapType::Hash, 4, 8, 26, 0));
        assert_eq!(shape(&maps.by_macro), (MapType::Hash, 8, 16, 6, 0));
        assert_eq!(shape(&maps.by_pointer), (MapType::Hash, 8, 16, 5, 0));
        assert_eq!(shape(&maps.by_label), (MapType::Hash, 16, 4, 10240, 0));
        assert_eq!(shape(&maps.rows), (MapType::Array, 4, 24, 2, 0));
        assert_eq!(shape(&maps.lru), (MapType::LruHash, 4, 8, 8, 2));
        assert_eq!(shape(&maps.lazy), (MapType::Hash, 4, 8, 8, 0x41));
        maps.rows.update(1, &[1, 2, 3]).unwrap();
        assert_eq!(maps.rows.values().unwrap(), [[0, 0, 0], [1, 2, 3]]);
    }
}
