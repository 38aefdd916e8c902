//! What programs print to the kernel's trace.

program! {
    mod prints;
    progs { say: Registers = AttachSpec::Registers }
    r#"
SEC("kprobe") int say(struct pt_regs *ctx)
{
    char format[] = "said: %d of %d\n";
    bpf_trace_printk(format, sizeof(format), (int)PT_REGS_PARM1(ctx), 77);
    return 0;
}
"#
}

mod root {
    use super::prints;
    use crate::common::{SELF, child, is_child};
    use std::time::{Duration, Instant};

    targets!(trace_target);

    /// Lines come whole and taken apart; without lines the wait ends. One test, since all readers
    /// of the machine share one trace.
    #[test]
    #[ignore = "needs root"]
    fn s48_reads_the_trace() {
        let mut bpf = prints::load().unwrap();
        bpf.attach_uprobe(SELF, "trace_target", "say").unwrap();
        while bpf.trace_readline(Duration::ZERO).unwrap().is_some() {}
        trace_target(5);
        let fields = loop {
            let fields = bpf.trace_fields(Duration::from_secs(5)).unwrap().unwrap();
            if fields.message == "said: 5 of 77" {
                break fields;
            }
        };
        let task = std::fs::read_to_string("/proc/thread-self/comm").unwrap();
        // The kernel does not know the names of tasks from before the trace was on.
        assert!(
            fields.task == task.trim() || fields.task == "<...>",
            "{fields:?}"
        );
        let thread = std::fs::read_link("/proc/thread-self").unwrap();
        assert!(thread.ends_with(fields.pid.to_string()), "{fields:?}");
        assert!(fields.timestamp > 0.0);

        let start = Instant::now();
        trace_target(6);
        let line = bpf.trace_readline(Duration::from_secs(5)).unwrap().unwrap();
        assert!(line.ends_with(": said: 6 of 77"), "{line}");
        assert!(start.elapsed() < Duration::from_secs(5));
        assert!(
            bpf.trace_fields(Duration::from_millis(50))
                .unwrap()
                .is_none()
        );

        // New kernels have one reader at a time, old ones give each line to one of them.
        drop(bpf);
        let output = child("trace::root::prints_the_trace").output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{text}{errors}");
        let printed = text.lines().filter(|line| line.contains(": said: 9 of 77"));
        assert_eq!(printed.count(), 3, "{text}");
    }

    /// Prints what was said, for so long. Runs as a child of the other test.
    #[test]
    #[ignore = "needs root"]
    fn prints_the_trace() {
        if !is_child() {
            return;
        }
        let mut bpf = prints::load().unwrap();
        bpf.attach_uprobe(SELF, "trace_target", "say").unwrap();
        for _ in 0..3 {
            trace_target(9);
        }
        let start = Instant::now();
        bpf.trace_print(Duration::from_millis(300)).unwrap();
        assert!(start.elapsed() >= Duration::from_millis(300));
    }
}
