//! What the kernel has not got, and what it can do.

mod root {
    use crate::common::assert_error;
    use bcc_runtime::{ErrorKind, bpf_program, support};
    use bcc_tests::needs::with_hooks;
    use std::fs;

    bpf_program! { mod missing; KFUNC_PROBE(vfs_oepn) { return 0; } }
    bpf_program! { mod no_module; MODULE_KFUNC_PROBE(nosuchmodule, f) { return 0; } }
    bpf_program! {
        mod no_result;
        KRETFUNC_PROBE(do_sys_openat2, int dfd, const char __user *filename, int ret) { return ret; }
    }
    bpf_program! {
        mod too_many;
        KFUNC_PROBE(vfs_open, struct path *path, struct file *file, int flags) { return flags; }
    }
    bpf_program! {
        mod unused;
        u64 seen;
        KRETFUNC_PROBE(mutex_lock, void *lock, int ret) { return 0; }
        #if 1
        KFUNC_PROBE(vfs_open, struct path *path) { seen = (u64)path->dentry; return 0; }
        #else
        KFUNC_PROBE(vfs_open, struct path *path, struct file *file, int more) { seen = more; return 0; }
        #endif
    }
    bpf_program! { mod no_hook; LSM_PROBE(file_oepn, struct file *file) { return 0; } }
    bpf_program! { mod no_iter; BPF_ITER(tassk) { return 0; } }

    /// S37, S38: what the kernel does not have is named, before the kernel refuses it.
    #[test]
    #[ignore = "needs root"]
    fn s37_s38_targets_that_do_not_exist() {
        assert_error(
            missing::load(),
            ErrorKind::NotFound,
            ["this kernel has no function `vfs_oepn`", "`vfs_open`"],
        );
        assert_error(
            no_module::load(),
            ErrorKind::NotFound,
            ["module `nosuchmodule` is not loaded", "modprobe"],
        );
        assert_error(
            no_hook::load(),
            ErrorKind::NotFound,
            [
                "this kernel has no security hook `file_oepn`",
                "`file_open`",
            ],
        );
        assert_error(
            no_iter::load(),
            ErrorKind::NotFound,
            ["this kernel has no iterator `tassk`", "`task`"],
        );
    }

    /// S37: in bcc the last of too few arguments is taken for the result, without a word.
    #[test]
    #[ignore = "needs root"]
    fn s37_arguments_are_counted_against_the_kernel() {
        assert_error(
            no_result::load(),
            ErrorKind::InvalidInput,
            [
                "`kretfunc__vmlinux__do_sys_openat2` names 3, but `do_sys_openat2` takes 3 arguments \
                 and returns a value",
                "name all arguments and the result behind them",
            ],
        );
        assert_error(
            too_many::load(),
            ErrorKind::InvalidInput,
            [
                "names 3, but `vfs_open` takes 2 arguments",
                "name only what it has",
            ],
        );
        // What is named and not used harms nobody; clang decides which alternative there is.
        if let Some(loaded) = with_hooks(unused::load()) {
            assert_eq!(loaded.unwrap().links().len(), 2);
        }
    }

    /// J6: what the kernel can do is asked of it; what it cannot has a reason.
    #[test]
    #[ignore = "needs root"]
    fn j6_capabilities() {
        support::iter().unwrap();
        let answers = [support::kfunc(), support::fmod_ret(), support::lsm()];
        let same = answers
            .iter()
            .all(|answer| answer.is_ok() == answers[0].is_ok());
        assert!(same, "{answers:?}");
        let kprobes = fs::metadata("/sys/bus/event_source/devices/kprobe").is_ok();
        assert_eq!(support::kprobe().is_ok(), kprobes);
        let modules = fs::metadata("/proc/modules").is_ok();
        assert_eq!(support::raw_tracepoint_in_module().is_ok(), modules);
        let error = support::override_return("vfs_open").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    }
}
