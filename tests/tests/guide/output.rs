//! "Output": events for user space.

mod root {
    use crate::common::{SELF, targets};
    use bcc_runtime::bpf_program;
    use std::fs;
    use std::sync::mpsc;
    use std::time::Duration;

    targets!(guide_output);

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
}
