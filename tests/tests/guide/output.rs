//! "Output": lines of the trace, events for user space.

mod root {
    use crate::common::{SELF, targets, trace_lock, wait_for_line};
    use bcc_runtime::bpf_program;
    use std::fs;
    use std::sync::mpsc;
    use std::time::Duration;

    targets!(guide_output, guide_printk);

    bpf_program! {
        mod hellos;

        struct data_t {
            u32 pid;
            u64 ts;
            char comm[TASK_COMM_LEN];
        };
        BPF_PERF_OUTPUT(events);

        int hello(struct pt_regs *ctx) {
            struct data_t data = {};

            data.pid = bpf_get_current_pid_tgid();
            data.ts = bpf_ktime_get_ns();
            bpf_get_current_comm(&data.comm, sizeof(data.comm));

            events.perf_submit(ctx, &data, sizeof(data));

            return 0;
        }
    }

    /// S16: the struct that is submitted is the type of the events, with its padding.
    #[test]
    #[ignore = "needs root"]
    fn s16_perf_submit() {
        let mut bpf = hellos::load().unwrap();
        let (sender, receiver) = mpsc::channel();
        bpf.maps
            .events
            .open_perf_buffer(move |_cpu, data: &hellos::DataT| sender.send(*data).unwrap())
            .unwrap();
        bpf.attach_uprobe(SELF, "guide_output", "hello").unwrap();
        guide_output(c"".as_ptr(), 0);
        assert_eq!(bpf.perf_buffer_poll(Duration::from_secs(5)).unwrap(), 1);
        let data = receiver.recv().unwrap();
        assert_eq!(data.pid, bcc_tests::thread_id());
        assert!(data.ts > 0);
        let comm = fs::read_to_string("/proc/thread-self/comm").unwrap();
        assert_eq!(data.comm.to_str(), Ok(comm.trim_end()));
        assert_eq!(size_of::<hellos::DataT>(), 32);
    }

    bpf_program! {
        mod printk;

        #define FORMAT "macro: %d\n"
        #define SAY(n) bpf_trace_printk("in a macro: %d\n", n)

        int say(struct pt_regs *ctx) {
            int minus = -5;
            u64 wide = 0x1122334455667788;
            char text[] = "text";
            bpf_trace_printk("int: %d %u %x\n", minus, minus, minus);
            bpf_trace_printk("long: %ld %lu %lx\n", (long)minus, wide, wide);
            bpf_trace_printk("long long: %lld %llu %llx\n", (long long)minus, wide, wide);
            bpf_trace_printk("text: %s, %d\n", text, 100);
            bpf_trace_printk(FORMAT, 7);
            SAY(8);
            bpf_trace_printk("nothing\n");
            return 0;
        }
    }

    /// S27: `bpf_trace_printk()`: every conversion the kernel has, formats that macros hold.
    #[test]
    #[ignore = "needs root"]
    fn s27_formats_reach_the_trace() {
        let _trace = trace_lock();
        let mut bpf = printk::load().unwrap();
        bpf.attach_uprobe(SELF, "guide_printk", "say").unwrap();
        guide_printk(c"".as_ptr(), 0);
        for expected in [
            "int: -5 4294967291 fffffffb",
            "long: -5 1234605616436508552 1122334455667788",
            "long long: -5 1234605616436508552 1122334455667788",
            "text: text, 100",
            "macro: 7",
            "in a macro: 8",
            "nothing",
        ] {
            let line = wait_for_line(
                |time| bpf.trace_fields(time),
                |line| line.pid == bcc_tests::thread_id(),
            );
            assert_eq!(line.message, expected);
        }
    }
}
