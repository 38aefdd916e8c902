//! Programs that decide what a function answers.

mod root {
    use bcc_runtime::{bpf_program, support};
    use bcc_tests::needs::{with_hooks, with_second_attachment};
    use bcc_tests::thread_id;
    use std::fs::File;
    use std::io;
    use std::os::fd::AsRawFd as _;

    bpf_program! {
        mod refuse_open;

        const volatile u32 thread = 0;
        BPF_ARRAY(denied, u64, 2);

        KMOD_RET(security_file_fcntl, struct file *file, unsigned int cmd, unsigned long arg, int ret) {
            if ((u32)bpf_get_current_pid_tgid() != thread || cmd != 1034 /* F_GET_SEALS */)
                return 0;
            denied.atomic_increment(0, 1 + !!ret);
            return -EACCES;
        }
    }

    bpf_program! {
        mod deny_open;

        const volatile u32 thread = 0;
        BPF_ARRAY(denied, u64, 1);

        LSM_PROBE(file_open, struct file *file, int ret) {
            char name[16] = {};
            if (ret || (u32)bpf_get_current_pid_tgid() != thread)
                return ret;
            bpf_probe_read_kernel_str(name, sizeof(name), file->f_path.dentry->d_name.name);
            if (name[0] != 'v' || name[1] != 'e' || name[2] != 'r')
                return 0;
            denied.atomic_increment(0);
            return -EPERM;
        }
    }

    /// S38: a program in front of a kernel function decides its result, as long as it is attached.
    #[test]
    #[ignore = "needs root"]
    fn s38_kmod_ret_decides_a_result() {
        let thread = thread_id();
        let loaded = refuse_open::builder()
            .consts(move |consts| consts.thread = thread)
            .load();
        let Some(loaded) = with_hooks(loaded) else {
            return;
        };
        let file = File::open("/proc/version").unwrap();
        let get_seals = || {
            let fd = file.as_raw_fd();
            // SAFETY: the descriptor is open, and this request takes no further argument.
            let result = unsafe { libc::fcntl(fd, libc::F_GET_SEALS) };
            (result < 0)
                .then(|| io::Error::last_os_error().raw_os_error())
                .flatten()
        };
        let mut bpf = loaded.unwrap();
        assert_eq!(get_seals(), Some(libc::EACCES));
        assert_eq!(bpf.maps.denied.get(0).unwrap(), 1);
        assert_eq!(bpf.detach(|_| true), 1);
        assert_eq!(get_seals(), Some(libc::EINVAL));
        let again = bpf.attach("kmod_ret__security_file_fcntl");
        let Some(again) = with_second_attachment(again) else {
            return;
        };
        again.unwrap();
        assert_eq!(get_seals(), Some(libc::EACCES));
    }

    /// S38: a program on a security hook denies what it says, to whom it says, while it is attached.
    #[test]
    #[ignore = "needs root"]
    fn s38_lsm_denies_an_open() {
        let thread = thread_id();
        let loaded = deny_open::builder()
            .consts(move |consts| consts.thread = thread)
            .load();
        let Some(loaded) = with_hooks(loaded) else {
            return;
        };
        let mut bpf = loaded.unwrap();
        support::lsm().unwrap();
        let denied = File::open("/proc/version").unwrap_err();
        assert_eq!(denied.raw_os_error(), Some(libc::EPERM));
        File::open("/proc/uptime").unwrap();
        std::thread::spawn(|| File::open("/proc/version").unwrap())
            .join()
            .unwrap();
        assert_eq!(bpf.maps.denied.get(0).unwrap(), 1);
        assert_eq!(
            bpf.detach(|link| link.target() == "security hook `file_open`"),
            1
        );
        File::open("/proc/version").unwrap();
    }
}
