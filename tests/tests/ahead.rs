//! Starts with an object that was compiled ahead of time.

mod root {
    use bcc_runtime::ahead::Kernel;
    use bcc_runtime::dynamic::Dynamic;
    use bcc_runtime::{Bpf, Builder, CacheUse, ErrorKind, Phase};
    use std::fs;
    use std::path::Path;

    const TEXT: &str = "BPF_HASH(counts, u32);\n\
                        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {\n\
                        counts.increment(args->who); return 0; }\n";

    fn builder(text: &str) -> Builder<Dynamic> {
        Bpf::builder().text(text).name("ahead").cache(false)
    }

    /// Where there is none.
    fn without_clang(text: &str) -> Builder<Dynamic> {
        builder(text).clang("/nonexistent/clang")
    }

    /// AOT: an object starts without a clang, and without a look at the kernel's types on the kernel
    /// it was made on, and does the same.
    #[test]
    #[ignore = "needs root"]
    fn starts_without_clang() {
        let object = builder(TEXT).compile_ahead().unwrap();
        let bpf = without_clang(TEXT).object(object).load().unwrap();
        assert_eq!(*bpf.phases().cache(), CacheUse::Ahead);
        assert_eq!(bpf.phases().not_ahead(), None);
        assert_eq!(bpf.phases().get(Phase::Compile), None);
        assert_eq!(bpf.phases().get(Phase::KernelTypes), None);
        bcc_tests::send(1_000_009);
        let counted = bpf.maps.get("counts").unwrap().get(1_000_009_u32);
        assert_eq!(counted.unwrap().unwrap().as_u64(), Some(1));
    }

    /// AOT: an object from elsewhere is compared with what would be made here; with a cache, only by
    /// the first start.
    #[test]
    #[ignore = "needs root"]
    fn compares_what_comes_from_elsewhere() {
        let top = tempfile::tempdir().unwrap();
        let types = top.path().join("types");
        fs::copy("/sys/kernel/btf/vmlinux", &types).unwrap();
        let object = builder(TEXT).btf_path(&types).compile_ahead().unwrap();
        let cache = top.path().join("cache");
        let start = || {
            let builder = without_clang(TEXT).cache(true).cache_dir(&cache);
            let bpf = builder.object(object.clone()).load().unwrap();
            assert_eq!(*bpf.phases().cache(), CacheUse::Ahead);
            bpf.phases().get(Phase::KernelTypes).is_some()
        };
        assert!(start(), "it compares");
        assert!(!start(), "it knows");
    }

    /// AOT: what does not fit is compiled, and the phases say why; one that fits is found among
    /// several.
    #[test]
    #[ignore = "needs root"]
    fn compiles_what_does_not_fit() {
        let object = builder(TEXT).compile_ahead().unwrap();
        let old = builder("int f(void *ctx) { return LINUX_VERSION_CODE > 7; }");
        let old = old.linux_version_code(5).compile_ahead().unwrap();
        let damaged = object[..object.len() - 1].to_vec();
        let asks = "int f(void *ctx) { return LINUX_VERSION_CODE > 7; }";
        let cases = [
            (
                builder(TEXT).cflags(["-DX"]),
                &object,
                "made of another program",
            ),
            (builder(asks), &object, "made of another program"),
            (builder(asks), &old, "made of another program"),
            (builder(TEXT), &damaged, "is damaged"),
        ];
        for (builder, object, expected) in cases {
            let bpf = builder.object(object.clone()).load().unwrap();
            let why = bpf.phases().not_ahead().unwrap();
            assert!(why.contains(expected), "{why}");
            assert!(bpf.phases().to_string().contains(expected));
            assert!(bpf.phases().get(Phase::Compile).is_some());
            assert!(matches!(bpf.phases().cache(), CacheUse::Off(_)));
        }
        let all = without_clang(TEXT).object(damaged).object(old);
        let all = all.object(object.clone()).load().unwrap();
        assert_eq!(*all.phases().cache(), CacheUse::Ahead);
        let error = without_clang(TEXT).cflags(["-DX"]).object(object).load();
        assert_eq!(error.unwrap_err().kind(), ErrorKind::Compile);
    }

    /// Counts who asks for priorities, by what the kernel's struct says of the process.
    const TASKS: &str = "#include <linux/sched.h>\nBPF_HASH(counts, u32);\n\
                         TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {\n\
                         struct task_struct *task = (void *)bpf_get_current_task();\n\
                         if (args->who == 1000010)\n    counts.increment(task->tgid);\n\
                         return 0; }\n";

    /// AOT: if members are only elsewhere, libbpf moves the accesses to them, and they read the same.
    #[test]
    #[ignore = "needs root"]
    fn moves_accesses() {
        let top = tempfile::tempdir().unwrap();
        let path = top.path().join("types");
        with_swapped_names(&path, "tgid", "exit_code");
        let object = builder(TASKS).btf_path(&path).compile_ahead().unwrap();
        let cache = top.path().join("cache");
        for _cold_and_warm in 0..2 {
            let builder = without_clang(TASKS).cache(true).cache_dir(&cache);
            let bpf = builder.object(object.clone()).load().unwrap();
            assert_eq!(*bpf.phases().cache(), CacheUse::Ahead);
            bcc_tests::send(1_000_010);
            let counted = bpf.maps.get("counts").unwrap().get(std::process::id());
            assert_eq!(counted.unwrap().unwrap().as_u64(), Some(1));
        }
    }

    /// AOT: what has the size of a struct of the kernel in it is never moved.
    #[test]
    #[ignore = "needs root"]
    fn moves_no_sizes() {
        let top = tempfile::tempdir().unwrap();
        let path = top.path().join("types");
        with_swapped_names(&path, "tgid", "exit_code");
        let sized = TASKS.replace("task->tgid", "task->tgid + sizeof(*task)");
        let object = builder(&sized).btf_path(&path).compile_ahead().unwrap();
        let bpf = builder(&sized).object(object).load().unwrap();
        let why = bpf.phases().not_ahead().unwrap();
        assert!(
            why.contains("what the program uses of this kernel"),
            "{why}"
        );
    }

    /// AOT: an object for a kernel whose members have other types does not fit this one.
    #[test]
    #[ignore = "needs root"]
    fn looks_at_types() {
        let top = tempfile::tempdir().unwrap();
        let path = top.path().join("types");
        let same = builder(TASKS).compile_ahead().unwrap();
        with_swapped_names(&path, "tgid", "start_time");
        let other = builder(TASKS).btf_path(&path).compile_ahead().unwrap();
        let bpf = builder(TASKS).object(other.clone()).load().unwrap();
        let why = bpf.phases().not_ahead().unwrap();
        assert!(
            why.contains("what the program uses of this kernel differs"),
            "{why}"
        );
        let bpf = without_clang(TASKS).object(other).object(same).load();
        assert_eq!(*bpf.unwrap().phases().cache(), CacheUse::Ahead);
    }

    /// AOT: an object for a kernel with other records of a tracepoint does not fit this one; nor does
    /// one for another release, if the text asks for that.
    #[test]
    #[ignore = "needs root"]
    fn looks_at_records() {
        const RELEASE: &str = "int f(void *ctx) { return LINUX_VERSION_CODE > 7; }";
        let top = tempfile::tempdir().unwrap();
        let folder = top.path().join("syscalls/sys_enter_getpriority");
        fs::create_dir_all(&folder).unwrap();
        let format = |offset: u32| {
            format!("format:\n\tfield:int who;\toffset:{offset};\tsize:8;\tsigned:0;\n")
        };
        let other = Kernel::running().formats(top.path());
        fs::write(folder.join("format"), format(32)).unwrap();
        let moved = builder(TEXT).compile_ahead_for(&other).unwrap();
        let old = Kernel::running().release(5, 4, 7);
        let old = builder(RELEASE).compile_ahead_for(&old).unwrap();
        for (text, object) in [(TEXT, moved), (RELEASE, old)] {
            let bpf = builder(text).object(object).load().unwrap();
            let why = bpf.phases().not_ahead().unwrap();
            assert!(
                why.contains("what the program uses of this kernel"),
                "{why}"
            );
        }
        let empty = Kernel::running().formats(top.path().join("syscalls"));
        let error = builder(TEXT).compile_ahead_for(&empty).unwrap_err();
        assert!(
            format!("{error:#}").contains("has no format of tracepoint"),
            "{error:#}"
        );
    }

    /// The running kernel's types, in which what has one name has the other.
    fn with_swapped_names(path: &Path, one: &str, other: &str) {
        let mut bytes = fs::read("/sys/kernel/btf/vmlinux").unwrap();
        let word =
            |bytes: &[u8], at: usize| u32::from_ne_bytes(bytes[at..at + 4].try_into().unwrap());
        // Lengths and offsets in BTF's header; the names come behind the types.
        let first = word(&bytes, 4) as usize;
        let end = first + word(&bytes, 12) as usize;
        let names = first + word(&bytes, 16) as usize;
        let offset = |name: &str| {
            let text = [b"\0", name.as_bytes(), b"\0"].concat();
            let mut places = bytes[names..].windows(text.len());
            let at = places.position(|window| window == text).unwrap() + 1;
            u32::try_from(at).unwrap()
        };
        let (one, other) = (offset(one), offset(other));
        for at in (first..end).step_by(4) {
            let swapped = match word(&bytes, at) {
                name if name == one => other,
                name if name == other => one,
                _ => continue,
            };
            bytes[at..at + 4].copy_from_slice(&swapped.to_ne_bytes());
        }
        fs::write(path, bytes).unwrap();
    }

    /// AOT: what depends on a file cannot be compiled ahead of time.
    #[test]
    #[ignore = "needs root"]
    fn refuses_files() {
        let error = builder(TEXT).cflags(["-include", "x.h"]).compile_ahead();
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let expected = "the program cannot be compiled ahead of time: the flag `-include`";
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}
