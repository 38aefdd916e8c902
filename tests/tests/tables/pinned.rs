//! Tables that stay at a path of a BPF filesystem.

mod root {
    use bcc_runtime::{Error, ErrorKind, bpf_program};
    use bcc_tests::bpffs::BpfFs;
    use bcc_tests::cgroup::Cgroup;
    use bcc_tests::{send, thread_id};
    use std::fs;
    use std::os::unix::fs::MetadataExt as _;
    use std::path::Path;

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
        let first = load_writer(bpffs.place()).unwrap();
        assert!(bpffs.path("deep/down/stats").exists());
        send(7);
        drop(first);
        for name in ["totals", "recent", "events", "sockets"] {
            assert!(bpffs.path(name).exists(), "{name}");
        }

        let second = load_writer(bpffs.place()).unwrap();
        send(7);
        assert_eq!(second.maps.stats.get(&7).unwrap().unwrap().count, 2);
        assert_eq!(second.maps.totals.get(1).unwrap(), 2);
        assert_eq!(second.maps.recent.pop().unwrap(), Some(7));
        assert_eq!(second.maps.recent.pop().unwrap(), Some(7));
        assert_eq!(second.maps.stats.name(), "stats");
    }

    bpf_program! {
        mod containers;

        const volatile u32 thread = 0;
        const volatile bool by_cgroup = false;
        const volatile bool by_mount_namespace = false;
        BPF_HASH(cgroups, u64, u64, 1024);
        BPF_HASH(mount_namespaces, u64, u32, 1024);
        BPF_HASH(seen, u32, u64);

        static inline bool is_outside() {
            if (by_cgroup) {
                u64 cgroup = bpf_get_current_cgroup_id();
                if (!cgroups.lookup(&cgroup))
                    return true;
            }
            if (by_mount_namespace) {
                struct task_struct *task = (struct task_struct *)bpf_get_current_task();
                u64 inode = task->nsproxy->mnt_ns->ns.inum;
                if (!mount_namespaces.lookup(&inode))
                    return true;
            }
            return false;
        }

        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            if ((u32)bpf_get_current_pid_tgid() != thread || is_outside())
                return 0;
            seen.increment(args->who);
            return 0;
        }
    }

    /// J18: bcc's `filter_by_containers`: only what runs in cgroups or mount namespaces that some
    /// other tool has put into pinned maps.
    #[test]
    #[ignore = "needs root"]
    fn j18_only_some_containers() {
        let bpffs = BpfFs::mount("containers");
        let (groups, spaces) = (bpffs.path("cgroups"), bpffs.path("spaces"));
        let thread = thread_id();
        let load = || {
            let builder = containers::builder().consts(move |consts| {
                (consts.by_cgroup, consts.by_mount_namespace) = (true.into(), true.into());
                consts.thread = thread;
            });
            builder
                .pin_path("cgroups", &groups)
                .pin_path("mount_namespaces", &spaces)
                .load()
        };
        let manager = load().unwrap();
        let tool = load().unwrap();
        send(1);
        let cgroup = Cgroup::new("containers");
        cgroup.enter();
        let id = fs::metadata(&cgroup.path).unwrap().ino();
        manager.maps.cgroups.insert(&id, &0).unwrap();
        send(2);
        let space = fs::metadata("/proc/self/ns/mnt").unwrap().ino();
        manager.maps.mount_namespaces.insert(&space, &0).unwrap();
        send(3);
        cgroup.leave();
        send(4);
        assert_eq!(tool.maps.seen.items().unwrap(), [(3, 1)]);
    }

    /// K4: a path for a map that the text does not have, for one that is another program's, and
    /// outside of a BPF filesystem.
    #[test]
    #[ignore = "needs root"]
    fn k4_paths_that_cannot_be() {
        let error = containers::builder().pin_path("cgroup", "/tmp/x").load();
        let expected = "`pin_path` names map `cgroup`, which the program does not have; nearest \
                        names: `cgroups`";
        assert_eq!(error.unwrap_err().to_string(), expected);
        let error = containers::builder().pin_path("cgroups", "/proc/x").load();
        let text = error.unwrap_err().to_string();
        assert!(text.contains("not on a BPF filesystem"), "{text}");
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

    bpf_program! {
        mod joiner;
        BPF_TABLE_PINNED("hash", u32, u64, counts, 0, PLACE, BPF_F_NO_PREALLOC);
    }

    /// S32: a table of size 0 is the one that is pinned, whatever its size; if there is none, that
    /// is an error.
    #[test]
    #[ignore = "needs root"]
    fn s32_pinned_table_gives_its_size() {
        let bpffs = BpfFs::mount("size");
        let flags = define("PLACE", &bpffs.path("counts"));
        let error = joiner::builder().cflags(flags.clone()).load().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(
            error.to_string().contains("nothing is pinned there"),
            "{error}"
        );
        let made = maker::builder().cflags(flags.clone()).load().unwrap();
        made.maps.counts.update(&1, &11).unwrap();
        let joined = joiner::builder().cflags(flags).load().unwrap();
        assert_eq!(joined.maps.counts.get(&1).unwrap(), Some(11));
        assert_eq!(joined.maps.counts.max_entries(), 16);
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
        assert!(error.contains(bpffs.place().to_str().unwrap()), "{error}");
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
}
