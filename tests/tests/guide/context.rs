//! "Data" and "Debugging": who runs, and what a kernel function is to return instead.

mod root {
    use crate::common::{SELF, targets};
    use bcc_runtime::{ErrorKind, bpf_program};
    use bcc_tests::needs::note;
    use std::fs;

    targets!(guide_comm, guide_task);

    bpf_program! {
        mod names;

        #include <linux/sched.h>
        struct name_t { char comm[TASK_COMM_LEN]; };
        BPF_HASH(seen, struct name_t);

        int do_trace(struct pt_regs *ctx) {
            char comm[TASK_COMM_LEN];
            bpf_get_current_comm(&comm, sizeof(comm));
            struct name_t name = {};
            __builtin_memcpy(name.comm, comm, sizeof(comm));
            seen.increment(name);
            return 0;
        }
    }

    #[test]
    #[ignore = "needs root"]
    fn bpf_get_current_comm() {
        let mut bpf = names::load().unwrap();
        bpf.attach_uprobe(SELF, "guide_comm", "do_trace").unwrap();
        guide_comm(c"".as_ptr(), 0);
        let comm = fs::read_to_string("/proc/thread-self/comm").unwrap();
        let seen = bpf.maps.seen.items().unwrap();
        assert_eq!(seen.len(), 1, "{seen:?}");
        assert_eq!(seen[0].0.comm.to_str(), Ok(comm.trim_end()));
    }

    bpf_program! {
        mod tasks;

        #define randomized_struct_fields_start  struct {
        #define randomized_struct_fields_end    };
        #include <linux/sched.h>
        BPF_ARRAY(ids, u32, 2);

        int do_trace(void *ctx) {
            struct task_struct *t = (struct task_struct *)bpf_get_current_task();
            int index = 0;
            u32 id = t->pid;
            ids.update(&index, &id);
            index = 1;
            id = t->tgid;
            ids.update(&index, &id);
            return 0;
        }
    }

    #[test]
    #[ignore = "needs root"]
    fn bpf_get_current_task() {
        let mut bpf = tasks::load().unwrap();
        bpf.attach_uprobe(SELF, "guide_task", "do_trace").unwrap();
        guide_task(c"".as_ptr(), 0);
        let ids = [bpf.maps.ids.get(0).unwrap(), bpf.maps.ids.get(1).unwrap()];
        assert_eq!(ids, [bcc_tests::thread_id(), std::process::id()]);
    }

    bpf_program! {
        mod override_return;

        int kprobe__io_ctl_init(void *ctx) {
            bpf_override_return(ctx, -ENOMEM);
            return 0;
        }
    }

    /// A kernel without `CONFIG_BPF_KPROBE_OVERRIDE`, as all that are tried here, does not have the
    /// helper, which the message says. With it, the guide's function is missing unless btrfs is there.
    /// What is there to be probed is looked for first.
    #[test]
    #[ignore = "needs root"]
    fn bpf_override_return() {
        let error = override_return::load().unwrap_err();
        let said = error.to_string();
        let without_target = match error.kind() {
            ErrorKind::NotFound => Some("this kernel has no function `io_ctl_init`"),
            ErrorKind::Unsupported => Some("this kernel has no kprobes "),
            _ => None,
        };
        if let Some(start) = without_target {
            assert!(said.starts_with(start), "{said}");
        } else {
            assert_eq!(error.kind(), ErrorKind::Verifier, "{error:?}");
            let start =
                "the kernel's verifier rejects `kprobe__io_ctl_init` of `override_return`: ";
            assert!(said.starts_with(start), "{said}");
            let way_out = "bpf_override_return#58; overriding a result needs a kernel with \
                           CONFIG_BPF_KPROBE_OVERRIDE, at the entry of a kernel function";
            assert!(said.ends_with(way_out), "{said}");
        }
        note("CONFIG_BPF_KPROBE_OVERRIDE");
    }
}
