//! Tables that other programs of the process use.

mod root {
    use bcc_runtime::{ErrorKind, bpf_program, map};
    use bcc_tests::{send, thread_id};

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
}
