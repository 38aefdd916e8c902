//! Loops with several ways on and out, as the compiler lays them out and the kernel's check takes
//! them.

mod root {
    use bcc_runtime::bpf_program;
    use bcc_tests::thread_id;
    use std::sync::mpsc;
    use std::time::Duration;
    use std::{env, fs};

    bpf_program! {
        mod folders;

        #include <linux/fs_struct.h>

        #define PARTS 16

        const volatile u32 thread = 0;

        struct folder_t { u32 depth; u8 names[32 * PARTS]; };
        BPF_RINGBUF_OUTPUT(folders, 16);

        RAW_TRACEPOINT_PROBE(sys_enter) {
            struct folder_t *folder;
            struct task_struct *task;
            struct dentry *dentry, *parent, *root;
            struct mount *mount, *outer;
            struct vfsmount *inner;
            struct path *path;
            size_t length;
            char *name;
            int i;

            if ((u32)bpf_get_current_pid_tgid() != thread)
                return 0;
            folder = folders.ringbuf_reserve(sizeof(struct folder_t));
            if (!folder)
                return 0;
            folder->depth = 0;
            name = (char *)folder->names;
            task = (struct task_struct *)bpf_get_current_task();
            path = &task->fs->pwd;
            dentry = path->dentry;
            inner = path->mnt;
            mount = container_of(inner, struct mount, mnt);
            for (i = 1, name += 32; i < PARTS; i++) {
                length = bpf_probe_read_kernel_str(name, 32, dentry->d_name.name);
                if (length < 0 || length > 32)
                    break;
                bpf_probe_read_kernel(&root, sizeof(root), &inner->mnt_root);
                bpf_probe_read_kernel(&parent, sizeof(parent), &dentry->d_parent);
                if (dentry == parent || dentry == root) {
                    bpf_probe_read_kernel(&outer, sizeof(outer), &mount->mnt_parent);
                    if (mount != outer) {
                        bpf_probe_read_kernel(&dentry, sizeof(dentry), &mount->mnt_mountpoint);
                        mount = outer;
                        inner = &mount->mnt;
                        bpf_probe_read_kernel(&root, sizeof(root), &inner->mnt_root);
                        folder->depth++;
                        name += 32;
                        continue;
                    } else {
                        break;
                    }
                }
                name += 32;
                dentry = parent;
                folder->depth++;
            }
            folders.ringbuf_submit(folder, 0);
            return 0;
        }
    }

    /// The folder this test runs in, from its name up to the root.
    #[test]
    #[ignore = "needs root"]
    fn walks_up_the_folders() {
        let thread = thread_id();
        let mut bpf = folders::builder()
            .consts(move |consts| consts.thread = thread)
            .load()
            .unwrap();
        let (send, seen) = mpsc::channel();
        bpf.maps
            .folders
            .open_ring_buffer(move |folder| {
                let name = &folder.names[32..64];
                let end = name.iter().position(|byte| *byte == 0).unwrap_or(32);
                let name = String::from_utf8_lossy(&name[..end]).into_owned();
                send.send((folder.depth, name)).unwrap();
            })
            .unwrap();
        fs::metadata("/").unwrap();
        bpf.ring_buffer_poll(Duration::from_secs(5)).unwrap();
        let (depth, name) = seen.recv().unwrap();
        let here = env::current_dir().unwrap();
        assert_eq!(Some(name.as_str()), here.file_name().unwrap().to_str());
        assert!(depth > 0);
    }
}
