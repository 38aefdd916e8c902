//! At the entry of kernel functions, which are given kernel memory and memory of the process alike.
//!
//! On a kernel without kprobes the tests check what is said about that, and do not count as having
//! run there.

mod root {
    use bcc_runtime::bpf_program;
    use bcc_tests::needs::with_kprobes;
    use bcc_tests::thread_id;
    use std::{fs, io};

    bpf_program! {
        mod opens;

        #include <linux/fs.h>

        const volatile u32 thread = 0;

        struct open_t { u64 flags; u32 letter; u32 by_number; u32 argument; u32 dfd; };
        BPF_HASH(opens, u32, struct open_t);

        #define ARGUMENT(task) (*(char *)(task)->mm->arg_start)
        #define DIRECTORY dfd

        int on_open(struct pt_regs *ctx, int dfd, const char *filename, struct open_how *how) {
            u32 id = bpf_get_current_pid_tgid();
            if (id != thread)
                return 0;
            struct open_t open = {};
            unsigned long at = (unsigned long)filename + 2;
            struct task_struct *task = (struct task_struct *)bpf_get_current_task();
            open.flags = how->flags;
            open.letter = filename[1];
            open.by_number = *(char *)at;
            open.argument = ARGUMENT(task);
            open.dfd = DIRECTORY;
            opens.update(&id, &open);
            return 0;
        }
    }

    /// S5, S8: text without `__user`, a number cast to a pointer, a struct that either side may hold,
    /// a number found in a kernel struct: the address decides. S2: an argument only a macro names.
    #[test]
    #[ignore = "needs root"]
    fn s2_s5_s8_memory_of_either_side() {
        let thread = thread_id();
        let bpf = opens::builder()
            .consts(move |consts| consts.thread = thread)
            .load()
            .unwrap();
        let Some(attached) = with_kprobes(bpf.progs.on_open.attach_kprobe("do_sys_openat2")) else {
            return;
        };
        let _attached = attached.unwrap();
        let _missing = fs::File::open("/proc/no such file").unwrap_err();
        let open = bpf.maps.opens.get(&thread).unwrap().unwrap();
        assert_eq!(open.flags & 3, u64::from(libc::O_RDONLY.cast_unsigned()));
        assert_ne!(open.flags & u64::from(libc::O_CLOEXEC.cast_unsigned()), 0);
        assert_eq!(
            (open.letter, open.by_number),
            (u32::from(b'p'), u32::from(b'r'))
        );
        let arguments = fs::read("/proc/self/cmdline").unwrap();
        assert_eq!(open.argument, u32::from(arguments[0]));
        assert_eq!(open.dfd.cast_signed(), libc::AT_FDCWD);
    }

    bpf_program! {
        mod reads;

        #include <linux/fs.h>
        #include <linux/mount.h>

        const volatile u32 thread = 0;

        struct val_t { struct file *fp; char first; u64 size; };
        struct read_t { u64 inode; u64 size; s64 result; u32 len; u32 first; u32 letter; u32 root; u32 reads; u32 device; char name[32]; };
        BPF_HASH(files, u32, struct val_t);
        BPF_HASH(reads, u32, struct read_t);

        typedef struct file file_t;
        #define INODE(f) (f)->f_inode

        static struct dentry *dentry_of(const file_t *file) { return file->f_path.dentry; }

        int on_read(struct pt_regs *ctx, file_t *file, char *buf, size_t count) {
            u32 id = bpf_get_current_pid_tgid();
            if (id != thread)
                return 0;
            struct val_t val = { .fp = file, .first = *buf, .size = count };
            files.update(&id, &val);
            return 0;
        }

        int on_return(struct pt_regs *ctx) {
            u32 id = bpf_get_current_pid_tgid();
            struct val_t *valp = files.lookup(&id);
            if (!valp)
                return 0;
            struct qstr name = valp->fp->f_path.dentry->d_name;
            struct dentry *dentry = dentry_of(valp->fp), **parent = &dentry->d_parent;
            struct read_t read = {
                .inode = INODE(valp->fp)->i_ino,
                .device = valp->fp->f_inode->i_sb->s_dev,
                .first = valp->first,
            };
            read.size = valp->size;
            read.result = PT_REGS_RC(ctx);
            read.len = name.len,
            read.letter = dentry->d_iname[1];
            if (!(valp->fp->f_op->write_iter))
                read.reads = (*parent)->d_name.len;
            struct mount *mnt = container_of(valp->fp->f_path.mnt, struct mount, mnt);
            read.root = mnt->mnt.mnt_root->d_name.name[0];
            bpf_probe_read_kernel_str(read.name, sizeof(read.name), valp->fp->f_path.dentry->d_name.name);
            reads.update(&id, &read);
            return 0;
        }
    }

    /// S2, S44: a number among the arguments, and the result. S5, S6, S7: structs read whole through a map's value, reads in initialisers, arguments and
    /// conditions, elements, pointers to pointers, `container_of`.
    #[test]
    #[ignore = "needs root"]
    fn s2_s5_s6_s7_s44_a_file_between_entry_and_return() {
        let thread = thread_id();
        let bpf = reads::builder()
            .consts(move |consts| consts.thread = thread)
            .load()
            .unwrap();
        let Some(entry) = with_kprobes(bpf.progs.on_read.attach_kprobe("vfs_read")) else {
            return;
        };
        let _entry = entry.unwrap();
        let _return = bpf.progs.on_return.attach_kretprobe("vfs_read").unwrap();
        let mut file = fs::File::open("/proc/self/status").unwrap();
        let read = io::Read::read(&mut file, &mut [b'x'; 40]).unwrap();
        let metadata = file.metadata().unwrap();
        let seen = bpf.maps.reads.get(&thread).unwrap().unwrap();
        assert_eq!(seen.inode, std::os::unix::fs::MetadataExt::ino(&metadata));
        assert_eq!((seen.size, usize::try_from(seen.result)), (40, Ok(read)));
        assert_eq!(seen.first, u32::from(b'x'));
        assert_eq!((seen.name.to_str(), seen.len), (Ok("status"), 6));
        assert_eq!(seen.letter, u32::from(b't'));
        let pid = std::process::id().to_string();
        assert_eq!(usize::try_from(seen.reads), Ok(pid.len()));
        assert_eq!(seen.root, u32::from(b'/'));
        let device = std::os::unix::fs::MetadataExt::dev(&metadata);
        assert_eq!(u64::from(seen.device), device);
    }
}
