//! What a start tells a logger, which belongs to a whole process.

mod root {
    use bcc_runtime::Bpf;
    use log::{Level, LevelFilter, Log, Metadata, Record};
    use std::sync::Mutex;

    /// Keeps what it is told.
    struct Kept(Mutex<Vec<(Level, String, String)>>);

    static KEPT: Kept = Kept(Mutex::new(Vec::new()));

    impl Log for Kept {
        fn enabled(&self, _metadata: &Metadata<'_>) -> bool {
            true
        }

        fn log(&self, record: &Record<'_>) {
            let (target, text) = (record.target().to_owned(), record.args().to_string());
            self.0.lock().unwrap().push((record.level(), target, text));
        }

        fn flush(&self) {}
    }

    /// K13: the way of a start, what libbpf says and what the front end warns of.
    #[test]
    #[ignore = "needs root"]
    fn k13_a_start_is_logged() {
        log::set_logger(&KEPT).unwrap();
        log::set_max_level(LevelFilter::Debug);
        let text = "BPF_PERCPU_HASH(counts, u32);
            TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
                u32 key = 1;
                counts.increment(key);
                return 0;
            }";
        let bpf = Bpf::builder().text(text).load().unwrap();
        let kept = KEPT.0.lock().unwrap();
        let has = |level: Level, target: &str, piece: &str| {
            kept.iter().any(|(at, of, text)| {
                *at == level && of.starts_with(target) && text.contains(piece)
            })
        };
        let ours = "bcc_runtime";
        assert!(has(Level::Debug, ours, "clang` with ["), "{kept:?}");
        assert!(
            has(Level::Debug, ours, "`/sys/kernel/btf/vmlinux`"),
            "{kept:?}"
        );
        assert!(has(Level::Debug, ours, "kernel types took "), "{kept:?}");
        assert!(has(Level::Debug, ours, ", total "), "{kept:?}");
        let attached = "` to tracepoint `syscalls:sys_enter_getpriority`";
        assert!(has(Level::Debug, ours, attached), "{kept:?}");
        assert!(
            has(Level::Debug, "bcc_runtime::libbpf", "libbpf: "),
            "{kept:?}"
        );
        let warnings = kept.iter().filter(|(level, ..)| *level == Level::Warn);
        let warnings: Vec<String> = warnings.map(|(_, _, text)| text.clone()).collect();
        assert_eq!(warnings, [bpf.warnings()[0].to_string()]);
        assert!(kept.iter().all(|(level, ..)| *level >= Level::Warn));
    }
}
