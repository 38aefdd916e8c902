//! "Licensing" and the programs that the Python part of the guide holds.

mod root {
    use bcc_runtime::{ErrorKind, bpf_program};
    use bcc_tests::needs::{note, with_kprobes};

    bpf_program! {
        mod gpl;

        // SPDX-License-Identifier: GPL-2.0+
        #define BPF_LICENSE GPL
        int f(struct pt_regs *ctx) {
            return bpf_get_current_task() != 0;
        }
    }

    bpf_program! {
        mod dual;

        // SPDX-License-Identifier: GPL-2.0+ OR BSD-2-Clause
        #define BPF_LICENSE Dual BSD/GPL
        int f(struct pt_regs *ctx) {
            return bpf_get_current_task() != 0;
        }
    }

    /// S33: both are compatible with the GPL, and so may call a helper that asks for it.
    #[test]
    #[ignore = "needs root"]
    fn s33_licences() {
        gpl::load().unwrap();
        dual::load().unwrap();
        assert!(gpl::SOURCE.ends_with("char LICENSE[] SEC(\"license\") = \"GPL\";\n"));
        assert!(dual::SOURCE.ends_with("char LICENSE[] SEC(\"license\") = \"Dual BSD/GPL\";\n"));
    }

    bpf_program! {
        mod own_struct;

        #include <uapi/linux/ptrace.h>

        struct urandom_read_args {
            // from /sys/kernel/debug/tracing/events/random/urandom_read/format
            u64 __unused__;
            u32 got_bits;
            u32 pool_left;
            u32 input_left;
        };

        int printarg(struct urandom_read_args *args) {
            bpf_trace_printk("%d\\n", args->got_bits);
            return 0;
        };
    }

    /// A tracepoint whose arguments the text describes itself.
    #[test]
    #[ignore = "needs root"]
    fn attach_tracepoint() {
        let mut bpf = own_struct::load().unwrap();
        if let Err(error) = bpf.attach_tracepoint("random:urandom_read", "printarg") {
            assert_eq!(error.kind(), ErrorKind::NotFound, "{error:?}");
            let text = error.to_string();
            assert!(text.contains("`random:urandom_read`"), "{text}");
            note("random:urandom_read");
        }
        // Any other tracepoint will do for a struct that names no tracepoint.
        bpf.attach_tracepoint("sched:sched_process_exec", "printarg")
            .unwrap();
    }

    bpf_program! {
        mod log2_sizes;

        #include <uapi/linux/ptrace.h>
        #include <linux/blkdev.h>

        BPF_HISTOGRAM(dist);

        int kprobe__blk_account_io_completion(struct pt_regs *ctx, struct request *req)
        {
            dist.increment(bpf_log2l(req->__data_len / 1024));
            return 0;
        }
    }

    bpf_program! {
        mod linear_sizes;

        #include <uapi/linux/ptrace.h>
        #include <linux/blkdev.h>

        BPF_HISTOGRAM(dist);

        int kprobe__blk_account_io_completion(struct pt_regs *ctx, struct request *req)
        {
            dist.increment(req->__data_len / 1024);
            return 0;
        }
    }

    /// The guide's function is inlined or gone since Linux 5.16; the error says so, and both
    /// programs are taken by the verifier.
    #[test]
    #[ignore = "needs root"]
    fn histograms_of_sizes() {
        log2_sizes::builder().auto_attach(false).load().unwrap();
        linear_sizes::builder().auto_attach(false).load().unwrap();
        let Some(attempt) = with_kprobes(log2_sizes::load()) else {
            return;
        };
        match attempt {
            Ok(bpf) => assert_eq!(bpf.links().len(), 1),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::NotFound, "{error:?}");
                let text = error.to_string();
                let start = "this kernel has no function `blk_account_io_completion`";
                assert!(text.starts_with(start), "{text}");
                note("blk_account_io_completion");
            }
        }
    }
}
