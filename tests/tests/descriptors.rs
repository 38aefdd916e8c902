//! A process that runs out of descriptors. Alone in its binary, since the limit is the process's.

mod root {
    use bcc_runtime::{ErrorKind, bpf_program};
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    bpf_program! {
        mod nothing;
        int on_entry(void *ctx) { return 0; }
    }

    /// S49: leaving out what there is no descriptor for would be an accident; it is an error, and
    /// nothing stays attached.
    #[test]
    #[ignore = "needs root"]
    fn s49_no_descriptors_left() {
        let mut bpf = nothing::load().unwrap();
        let before = getrlimit(Resource::Nofile);
        for limit in 30..32 {
            let current = Some(limit);
            setrlimit(Resource::Nofile, Rlimit { current, ..before }).unwrap();
            let attached = bpf.attach_tracepoint_regex("syscalls:sys_enter_", "on_entry");
            setrlimit(Resource::Nofile, before).unwrap();
            let error = attached.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Attach);
            let text = error.to_string();
            assert!(
                text.contains("this process has no descriptors left after "),
                "{text}"
            );
            assert!(bpf.links().is_empty());
        }
        bpf.attach_tracepoint_regex("syscalls:sys_enter_getpid", "on_entry")
            .unwrap();
    }
}
