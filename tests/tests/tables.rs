//! Tables that programs share, and what the kernel is told of each kind of map.

mod root {
    use bcc_runtime::{Error, ErrorKind, bpf_program, map};
    use bcc_tests::{send, thread_id};
    use libbpf_rs::{MapInfo, MapType};
    use std::ffi::CString;
    use std::os::fd::AsFd;
    use std::path::{Path, PathBuf};
    use std::{fs, ptr};

    /// A BPF filesystem for one test.
    struct BpfFs {
        place: PathBuf,
    }

    impl BpfFs {
        fn mount(name: &str) -> Self {
            let place = std::env::temp_dir().join(format!("bcc-{name}-{}", std::process::id()));
            fs::create_dir(&place).unwrap();
            let place_c = CString::new(place.to_str().unwrap()).unwrap();
            // SAFETY: all strings end with a zero byte and live through the call; the options are
            // null, which means none.
            let mounted = unsafe {
                libc::mount(
                    c"bpf".as_ptr(),
                    place_c.as_ptr(),
                    c"bpf".as_ptr(),
                    0,
                    ptr::null(),
                )
            };
            assert_eq!(mounted, 0, "{}", std::io::Error::last_os_error());
            Self { place }
        }

        fn path(&self, below: &str) -> PathBuf {
            self.place.join(below)
        }
    }

    impl Drop for BpfFs {
        fn drop(&mut self) {
            let place_c = CString::new(self.place.to_str().unwrap()).unwrap();
            // SAFETY: the string ends with a zero byte and lives through the call.
            unsafe { libc::umount2(place_c.as_ptr(), libc::MNT_DETACH) };
            drop(fs::remove_dir(&self.place));
        }
    }

    fn define(name: &str, value: &Path) -> [String; 1] {
        [format!("-D{name}=\"{}\"", value.display())]
    }

    bpf_program! {
        mod writer;

        const volatile u32 thread = 0;

        struct stat_t { u64 count; u32 last; };
        BPF_TABLE_PINNED("hash", u32, struct stat_t, stats, 16, PLACE "/deep/down/stats");
        BPF_TABLE_PINNED("array", int, u64, totals, 4, PLACE "/totals", BPF_F_MMAPABLE);
        BPF_QUEUESTACK_PINNED("queue", recent, u32, 4, 0, PLACE "/recent");
        BPF_TABLE("perf_output:" PLACE "/events", int, u32, events, 0);
        BPF_XSKMAP(sockets, 4, PLACE "/sockets");

        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            u32 who = args->who;
            struct stat_t zero = {}, *stat = stats.lookup_or_try_init(&who, &zero);
            if (stat) {
                stat->count++;
                stat->last = who;
            }
            totals.increment(1);
            recent.push(&who, BPF_EXIST);
            return 0;
        }
    }

    fn load_writer(place: &Path) -> Result<writer::Bpf, Error> {
        let thread = thread_id();
        writer::builder()
            .consts(move |consts| consts.thread = thread)
            .cflags(define("PLACE", place))
            .load()
    }

    /// S32: a pinned table is made with the directories above it, is there for the next program,
    /// and holds what the last one wrote; the path may be a macro that only clang knows.
    #[test]
    #[ignore = "needs root"]
    fn s32_pinned_table_is_made_then_reused() {
        let bpffs = BpfFs::mount("made");
        let first = load_writer(&bpffs.place).unwrap();
        assert!(bpffs.path("deep/down/stats").exists());
        send(7);
        drop(first);
        for name in ["totals", "recent", "events", "sockets"] {
            assert!(bpffs.path(name).exists(), "{name}");
        }

        let second = load_writer(&bpffs.place).unwrap();
        send(7);
        assert_eq!(second.maps.stats.get(&7).unwrap().unwrap().count, 2);
        assert_eq!(second.maps.totals.get(1).unwrap(), 2);
        assert_eq!(second.maps.recent.pop().unwrap(), Some(7));
        assert_eq!(second.maps.recent.pop().unwrap(), Some(7));
        assert_eq!(second.maps.stats.name(), "stats");
    }

    bpf_program! {
        mod reader;
        // The same table under another name, and by a table type that carries the path.
        BPF_TABLE_PINNED7("hash", u32, u64, renamed_by_libbpf, 16, PLACE, 0);
    }

    bpf_program! {
        mod maker;
        BPF_TABLE_PINNED("hash", u32, u64, counts, 16, PLACE);
    }

    bpf_program! {
        mod narrower;
        BPF_F_TABLE("lru_hash", u32, u32, counts, 8, 0);
        BPF_TABLE_PINNED("lru_hash", u32, u32, pinned, 8, PLACE);
    }

    /// S32: what is pinned may have another name in the kernel; what does not fit is an error that
    /// says what differs, and nothing changes.
    #[test]
    #[ignore = "needs root"]
    fn s32_pinned_table_that_does_not_fit() {
        let bpffs = BpfFs::mount("fit");
        let path = bpffs.path("counts");
        let made = maker::builder()
            .cflags(define("PLACE", &path))
            .load()
            .unwrap();
        made.maps.counts.update(&1, &11).unwrap();
        let other = reader::builder()
            .cflags(define("PLACE", &path))
            .load()
            .unwrap();
        assert_eq!(other.maps.renamed_by_libbpf.get(&1).unwrap(), Some(11));

        let error = narrower::builder()
            .cflags(define("PLACE", &path))
            .load()
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        let expected = format!(
            "map `pinned` cannot use what is pinned at `{}`: type Hash instead of LruHash, value \
             size 8 instead of 4, number of entries 16 instead of 8; remove the file if nobody \
             needs it, or choose another path",
            path.display()
        );
        assert_eq!(error.to_string(), expected);
        // A larger one asked for by the builder is another one as well.
        let larger = maker::builder()
            .cflags(define("PLACE", &path))
            .max_entries("counts", 17);
        let error = larger.load().unwrap_err().to_string();
        assert!(
            error.contains(": number of entries 16 instead of 17;"),
            "{error}"
        );
        assert_eq!(made.maps.counts.get(&1).unwrap(), Some(11));
    }

    /// S32: a path outside of a BPF filesystem, with the places that would do.
    #[test]
    #[ignore = "needs root"]
    fn s32_pinned_outside_of_bpffs() {
        let bpffs = BpfFs::mount("outside");
        let path = Path::new("/tmp/bcc-no-such-directory/counts");
        let error = maker::builder()
            .cflags(define("PLACE", path))
            .load()
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let error = error.to_string();
        let expected = "map `counts` cannot be pinned to `/tmp/bcc-no-such-directory/counts`, which is not on a BPF filesystem; there is one at `";
        assert!(error.starts_with(expected), "{error}");
        assert!(error.contains(bpffs.place.to_str().unwrap()), "{error}");
        assert!(!Path::new("/tmp/bcc-no-such-directory").exists());
    }

    bpf_program! {
        mod rejected;
        BPF_TABLE_PINNED("hash", u32, u64, counts, 16, PLACE);
        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            u32 key = args->who;
            // An unchecked lookup, held where the front end does not follow it: the verifier
            // refuses it after the maps are made.
            struct { u64 *count; } found = { counts.lookup(&key) };
            return *found.count;
        }
    }

    /// S32: a load that fails leaves neither a pinned map nor a directory.
    #[test]
    #[ignore = "needs root"]
    fn s32_failed_load_leaves_nothing_pinned() {
        let bpffs = BpfFs::mount("failed");
        let path = bpffs.path("a/b/counts");
        let error = rejected::builder()
            .cflags(define("PLACE", &path))
            .load()
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Verifier);
        assert!(!bpffs.path("a").exists());
    }

    /// S32: text at run time shares tables as well.
    #[test]
    #[ignore = "needs root"]
    fn s32_tables_of_text_at_run_time() {
        let load = |text: &str, flags: &[String]| {
            let flags = flags.iter().cloned();
            bcc_runtime::Bpf::builder().text(text).cflags(flags).load()
        };
        let bpffs = BpfFs::mount("text");
        let path = bpffs.path("counts");
        let text =
            |value: &str| format!("BPF_TABLE_PINNED(\"hash\", u32, {value}, counts, 16, PLACE);");
        load(&text("u64"), &define("PLACE", &path)).unwrap();
        assert!(path.exists());
        let error = load(&text("u32"), &define("PLACE", &path)).unwrap_err();
        assert!(
            error.to_string().contains(": value size 8 instead of 4;"),
            "{error}"
        );
        let made = maker::builder()
            .cflags(define("PLACE", &path))
            .load()
            .unwrap();
        assert!(made.maps.counts.is_empty().unwrap());
        let error = load("BPF_TABLE(\"extern\", u32, u64, nobodys, 0);", &[]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }

    bpf_program! {
        mod exporter;
        const volatile u32 thread = 0;
        BPF_TABLE_PUBLIC("hash", u32, u64, public_counts, 16);
        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            if ((u32)bpf_get_current_pid_tgid() == thread)
                public_counts.increment(args->who);
            return 0;
        }
    }

    bpf_program! {
        mod importer;
        const volatile u32 thread = 0;
        BPF_TABLE("extern", u32, u64, public_counts, 0);
        BPF_ARRAY(seen, u64, 1);
        TRACEPOINT_PROBE(syscalls, sys_exit_getpriority) {
            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            u32 key = 5;
            int zero = 0;
            u64 *count = public_counts.lookup(&key);
            if (count)
                seen.update(&zero, count);
            public_counts.increment(100, 10);
            return 0;
        }
    }

    bpf_program! {
        mod wider_importer;
        BPF_TABLE("extern", u64, u64, public_counts, 0);
    }

    /// S32: another program of the process uses a public table under "extern"; it lives, and stays
    /// exported, as long as any of them does.
    #[test]
    #[ignore = "needs root"]
    fn s32_public_table_is_used_by_another_program() {
        let thread = thread_id();
        let error = importer::load().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        let error = error.to_string();
        assert!(
            error.starts_with("reference to undefined table `public_counts`: no program of this process exports it, "),
            "{error}"
        );

        let exporter = exporter::builder()
            .consts(move |consts| consts.thread = thread)
            .load()
            .unwrap();
        let importer = importer::builder()
            .consts(move |consts| consts.thread = thread)
            .load()
            .unwrap();
        send(5);
        assert_eq!(importer.maps.seen.get(0).unwrap(), 1);
        assert_eq!(exporter.maps.public_counts.get(&100).unwrap(), Some(10));
        let typed: map::Hash<u32, u64> = importer.maps.public_counts.open_as().unwrap();
        assert_eq!(typed.get(&5).unwrap(), Some(1));
        let error = importer
            .maps
            .public_counts
            .open_as::<map::Array<u64>>()
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Layout);

        drop(exporter);
        send(9);
        assert_eq!(typed.get(&100).unwrap(), Some(20));
        let third = importer::load().unwrap();
        let error = wider_importer::load().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(
            error.to_string(),
            "the exported table `public_counts` is another than the text declares with \"extern\": \
             key size 4 instead of 8; declare it with the types it is defined with"
        );
        drop((importer, third, typed));
        assert!(importer::load().is_err());
    }

    bpf_program! {
        mod sharer;
        BPF_TABLE_SHARED("array", int, u64, shared_total, 2);
    }

    bpf_program! {
        mod joiner;
        const volatile u32 thread = 0;
        BPF_TABLE("extern", int, u64, shared_total, 2);
        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            if ((u32)bpf_get_current_pid_tgid() == thread)
                shared_total.increment(args->who & 1);
            return 0;
        }
    }

    /// S32: a shared table is seen in its namespace only.
    #[test]
    #[ignore = "needs root"]
    fn s32_shared_table_stays_in_its_namespace() {
        let thread = thread_id();
        let join = |namespace: &str| {
            joiner::builder()
                .namespace(namespace)
                .consts(move |consts| consts.thread = thread)
                .load()
        };
        let one = sharer::builder().namespace("one").load().unwrap();
        let two = sharer::builder().namespace("two").load().unwrap();
        let of_two = join("two").unwrap();
        send(1);
        assert_eq!(one.maps.shared_total.get(1).unwrap(), 0);
        assert_eq!(two.maps.shared_total.get(1).unwrap(), 1);
        let error = join("three").unwrap_err().to_string();
        assert!(
            error.contains("`shared_total` (in namespace `one`)"),
            "{error}"
        );
        drop(of_two);

        let nameless = sharer::load().unwrap();
        let of_nameless = join("").unwrap();
        send(3);
        assert_eq!(nameless.maps.shared_total.get(1).unwrap(), 1);
        drop(of_nameless);
    }

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
        let bpf = defaults::load().unwrap();
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
