//! "bcc Python": what its examples say, with text at run time.

mod root {
    use crate::common::{SELF, targets, trace_lock, wait_for_line};
    use bcc_runtime::{Bpf, ErrorKind, Symbols, Value};
    use bcc_tests::needs::with_kprobes;
    use bcc_tests::thread_id;
    use std::fs;

    targets!(guide_text, guide_counts);

    /// `BPF`: the whole program in one line, and as a variable.
    #[test]
    #[ignore = "needs root"]
    fn text() {
        let _trace = trace_lock();
        let one_line = r#"int do_trace(void *ctx) { bpf_trace_printk("hit!\n"); return 0; }"#;
        let prog = r#"
int hello(void *ctx) {
    bpf_trace_printk("Hello, World!\n");
    return 0;
}
"#;
        for (text, function, said) in [
            (one_line, "do_trace", "hit!"),
            (prog, "hello", "Hello, World!"),
        ] {
            let mut b = Bpf::builder().text(text).load().unwrap();
            b.attach_uprobe(SELF, "guide_text", function).unwrap();
            guide_text(c"".as_ptr(), 0);
            let line = wait_for_line(|time| b.trace_fields(time), |line| line.pid == thread_id());
            assert_eq!(line.message, said);
        }
    }

    const VFSREADLAT: &str = r#"
#include "latency.h"
BPF_HASH(start, u32);
BPF_HISTOGRAM(dist);

int do_entry(struct pt_regs *ctx) {
    u32 pid = bpf_get_current_pid_tgid();
    u64 ts = bpf_ktime_get_ns();
    start.update(&pid, &ts);
    return 0;
}

int do_return(struct pt_regs *ctx) {
    u32 pid = bpf_get_current_pid_tgid();
    u64 *tsp = start.lookup(&pid);
    if (tsp != 0) {
        dist.increment(bpf_log2l((bpf_ktime_get_ns() - *tsp) / LATENCY_UNIT));
        start.delete(&pid);
    }
    return 0;
}
"#;

    /// `BPF`, `attach_kretprobe()`, `print_log2_hist()`: a source file, which includes a header from
    /// a folder that a flag names; the return of `vfs_read`.
    #[test]
    #[ignore = "needs root"]
    fn src_file_and_include_paths() {
        let folder = tempfile::tempdir().unwrap();
        let (source, include) = (
            folder.path().join("vfsreadlat.c"),
            folder.path().join("include"),
        );
        fs::write(&source, VFSREADLAT).unwrap();
        fs::create_dir(&include).unwrap();
        fs::write(include.join("latency.h"), "#define LATENCY_UNIT 1000\n").unwrap();
        let mut b = Bpf::builder()
            .src_file(&source)
            .cflags([format!("-I{}", include.display())])
            .load()
            .unwrap();
        let attached = b.attach_kprobe("vfs_read", "do_entry");
        let Some(attached) = with_kprobes(attached) else {
            return;
        };
        attached.unwrap();
        b.attach_kretprobe("vfs_read", "do_return").unwrap();
        fs::read("/proc/self/comm").unwrap();
        let dist = b.map("dist").unwrap();
        let histogram = dist.histogram().unwrap();
        let printed = histogram.to_log2_text("usecs").unwrap();
        assert!(printed.contains("usecs"), "{printed}");
        assert!(printed.contains("-> "), "{printed}");
        b.detach(|_| true);
        dist.clear().unwrap();
        assert!(dist.values().unwrap().iter().all(|count| *count == 0));
    }

    /// `attach_kprobe()`: `sys_clone`, and one more function; `num_open_kprobes()` counts both.
    #[test]
    #[ignore = "needs root"]
    fn attach_kprobe() {
        let text = "BPF_HASH(seen, u32);
            int do_trace(void *ctx) { seen.increment(bpf_get_current_pid_tgid()); return 0; }";
        let mut b = Bpf::builder().text(text).load().unwrap();
        let Some(attached) = with_kprobes(b.attach_kprobe("sys_clone", "do_trace")) else {
            return;
        };
        attached.unwrap();
        b.attach_kprobe("sys_getpriority", "do_trace").unwrap();
        assert_eq!(b.num_open_kprobes(), 2);
        // SAFETY: the child ends at once, which is allowed after a fork of a process with threads.
        let pid = unsafe { libc::fork() };
        if pid == 0 {
            // SAFETY: ends this process without running anything else.
            unsafe { libc::_exit(0) };
        }
        // SAFETY: a null status means that it is of no interest.
        unsafe { libc::waitpid(pid, std::ptr::null_mut(), 0) };
        bcc_tests::send(0);
        let seen = b.map("seen").unwrap().get(thread_id()).unwrap();
        assert_eq!(seen.unwrap(), 2);
    }

    /// `attach_uprobe()`, `attach_uretprobe()`: functions of libraries by their short names, and of
    /// a binary by its path.
    #[test]
    #[ignore = "needs root"]
    fn functions_of_libraries() {
        let text = "BPF_HISTOGRAM(dist); u64 lookups;
            int count(struct pt_regs *ctx) { dist.increment(PT_REGS_RC(ctx)); return 0; }
            int do_entry(struct pt_regs *ctx) { lookups++; return 0; }";
        let mut b = Bpf::builder().text(text).load().unwrap();
        b.attach_uretprobe("c", "strlen", "count").unwrap();
        b.attach_uprobe("c", "getaddrinfo", "do_entry").unwrap();
        let text = std::hint::black_box(c"of twenty characters");
        // SAFETY: the text ends with a zero byte.
        let length = unsafe { libc::strlen(std::hint::black_box(text.as_ptr())) };
        assert_eq!(length, 20);
        let dist = b.map("dist").unwrap();
        assert!(dist.get(20).unwrap().unwrap().as_u64() >= Some(1));
        let found = std::net::ToSocketAddrs::to_socket_addrs(&("localhost", 80));
        drop(found);
        assert!(b.global("lookups").unwrap().get().unwrap().as_u64() >= Some(1));
    }

    /// `attach_raw_tracepoint()`: the guide's own slip of the pen is found out.
    #[test]
    #[ignore = "needs root"]
    fn attach_raw_tracepoint() {
        let text = "u64 switches;
            int do_trace(struct bpf_raw_tracepoint_args *ctx) { switches++; return 0; }";
        let mut b = Bpf::builder().text(text).load().unwrap();
        let error = b.attach_raw_tracepoint("sched_swtich", "do_trace");
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error:?}");
        assert!(error.to_string().contains("`sched_switch`"), "{error}");
        b.attach_raw_tracepoint("sched_switch", "do_trace").unwrap();
        std::thread::sleep(std::time::Duration::from_millis(50));
        assert!(b.global("switches").unwrap().get().unwrap().as_u64() >= Some(1));
    }

    /// `get_table()`, `items()`, `clear()`: the guide's table of texts, printed by count.
    #[test]
    #[ignore = "needs root"]
    fn items() {
        let text = "struct key_t { char c[80]; };
            BPF_HASH(counts, struct key_t);
            int count(struct pt_regs *ctx) {
                struct key_t key = {};
                bpf_probe_read_user_str(&key.c, sizeof(key.c), (void *)PT_REGS_PARM1(ctx));
                counts.increment(key);
                return 0;
            }";
        let mut b = Bpf::builder().text(text).load().unwrap();
        b.attach_uprobe(SELF, "guide_counts", "count").unwrap();
        for text in [c"often", c"once", c"often"] {
            guide_counts(text.as_ptr(), 0);
        }
        let counts = b.map("counts").unwrap();
        let mut items = counts.items().unwrap();
        items.sort_by_key(|(_, count)| count.as_u64());
        let lines = items
            .iter()
            .map(|(key, count)| format!("{:>10} {:?}", count.to_string(), text_of(key)));
        assert_eq!(
            lines.collect::<Vec<_>>(),
            ["         1 \"once\"", "         2 \"often\""]
        );
        counts.clear().unwrap();
        assert!(counts.is_empty().unwrap());
    }

    fn text_of(key: &Value) -> String {
        key["c"].to_string()
    }

    /// `ksym()`, `ksymname()`, `sym()`.
    #[test]
    #[ignore = "needs root"]
    fn symbols() {
        let symbols = Symbols::new();
        let address = symbols.kernel_address("vfs_read").unwrap().unwrap();
        let frames = symbols.kernel(&[address]).unwrap();
        assert_eq!(frames[0].symbol.as_ref().unwrap().name, "vfs_read");
        assert_eq!(symbols.kernel_address("no_such_function").unwrap(), None);
        let own = guide_counts as *const () as u64;
        let frames = symbols.process(std::process::id(), &[own + 1]).unwrap();
        let symbol = frames[0].symbol.as_ref().unwrap();
        assert_eq!((symbol.name.as_str(), symbol.offset), ("guide_counts", 1));
        assert!(symbol.module.is_some());
    }
}
