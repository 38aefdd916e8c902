//! Starts with an object that an earlier start has left behind.

mod root {
    use bcc_runtime::dynamic::Dynamic;
    use bcc_runtime::{Bpf, Builder, CacheUse, ErrorKind, Phase};
    use bcc_tests::{CountingClang, child, is_child};
    use std::env;
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::{Path, PathBuf};
    use std::process::{Command, Stdio};

    const TEXT: &str = "BPF_HASH(counts, u32);\n\
                        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {\n\
                        counts.increment(args->who); return 0; }\n";
    /// It reads a member of a struct of the kernel's.
    const SOCKETS: &str = "#include <net/sock.h>\nBPF_HASH(counts, u16);\n\
                           RAW_TRACEPOINT_PROBE(inet_sock_set_state) {\n\
                           struct sock *sk = (struct sock *)ctx->args[0];\n\
                           counts.increment(sk->__sk_common.skc_family); return 0; }\n";

    /// A cache of the test's own, and a clang that counts how often it runs.
    struct Place {
        top: tempfile::TempDir,
        clang: CountingClang,
    }

    impl Place {
        fn new() -> Self {
            Self {
                top: tempfile::tempdir().unwrap(),
                clang: CountingClang::new(),
            }
        }

        fn path(&self, name: &str) -> PathBuf {
            self.top.path().join(name)
        }

        fn builder(&self, text: &str) -> Builder<Dynamic> {
            let builder = Bpf::builder().text(text).name("cached");
            builder
                .clang(self.clang.path())
                .cache_dir(self.path("cache"))
        }

        /// Starts, and says whether clang ran.
        fn compiles(&self, builder: Builder<Dynamic>) -> bool {
            let before = self.clang.runs();
            let bpf = builder.load().unwrap();
            let ran = self.clang.runs() > before;
            let expected = if ran { CacheUse::Miss } else { CacheUse::Hit };
            assert_eq!(*bpf.phases().cache(), expected);
            assert_eq!(bpf.phases().get(Phase::Compile).is_some(), ran);
            assert!(bpf.phases().get(Phase::Cache).is_some());
            ran
        }
    }

    /// NH13: the second start runs no clang, and does the same; another text, flag, name or compiler
    /// does run it.
    #[test]
    #[ignore = "needs root"]
    fn nh13_second_start_runs_no_clang() {
        let place = Place::new();
        assert!(place.compiles(place.builder(TEXT)));
        let bpf = place.builder(TEXT).load().unwrap();
        assert_eq!(place.clang.runs(), 1);
        bcc_tests::send(1_000_007);
        let counted = bpf.maps.get("counts").unwrap().get(1_000_007_u32);
        assert_eq!(counted.unwrap().unwrap().as_u64(), Some(1));
        drop(bpf);

        let other = TEXT.replace("args->who", "args->which");
        assert!(place.compiles(place.builder(&other)));
        assert!(place.compiles(place.builder(TEXT).cflags(["-DX=1"])));
        assert!(place.compiles(place.builder(TEXT).cflags(["-DX=2"])));
        assert!(place.compiles(place.builder(TEXT).name("renamed")));
        assert!(place.compiles(place.builder(TEXT).linux_version_code(0x0006_0100)));
        assert!(!place.compiles(place.builder(TEXT).max_entries("counts", 5)));
        place.clang.change("another version");
        assert!(place.compiles(place.builder(TEXT)));
        for builder in [
            place.builder(TEXT),
            place.builder(&other).cflags(["-DY"]),
            place.builder(&other).cflags(["-DY"]),
        ] {
            builder.load().unwrap();
        }
        assert!(!place.compiles(place.builder(TEXT)));
        assert!(!place.compiles(place.builder(&other).cflags(["-DY"])));
    }

    /// The kernel's types as a file that can be changed.
    struct Types {
        path: PathBuf,
        bytes: Vec<u8>,
    }

    impl Types {
        fn new(path: PathBuf) -> Self {
            let bytes = fs::read("/sys/kernel/btf/vmlinux").unwrap();
            let types = Self { path, bytes };
            types.write();
            types
        }

        fn write(&self) {
            fs::write(&self.path, &self.bytes).unwrap();
        }

        fn word(&self, at: usize) -> u32 {
            u32::from_ne_bytes(self.bytes[at..at + 4].try_into().unwrap())
        }

        /// Where a name stands in the file.
        fn name(&self, name: &str) -> usize {
            let text = [b"\0", name.as_bytes(), b"\0"].concat();
            let mut places = self.bytes.windows(text.len());
            places.position(|window| window == text).unwrap() + 1
        }

        /// Gives a name another first letter.
        fn rename(&mut self, name: &str) {
            let at = self.name(name);
            self.bytes[at] ^= 1;
            self.write();
        }

        /// Moves a member of a struct by this many bits, from where it is.
        fn move_member(&mut self, member: &str, from: u32, by: u32) {
            // Lengths and offsets in BTF's header; the names come behind the types.
            let names = (self.word(4) + self.word(16)) as usize;
            let name = u32::try_from(self.name(member) - names).unwrap();
            let end = (self.word(4) + self.word(8) + self.word(12)) as usize;
            let mut places = (self.word(4) as usize..end - 8).step_by(4);
            // A member is its name, its type and its offset.
            let at = places.find(|at| self.word(*at) == name && self.word(at + 8) == from);
            let at = at.unwrap() + 8;
            self.bytes[at..at + 4].copy_from_slice(&(from + by).to_ne_bytes());
            self.write();
        }
    }

    /// NH13: a kernel with other types than those the program uses keeps the object; one in which a
    /// member that it uses is elsewhere does not.
    #[test]
    #[ignore = "needs root"]
    fn nh13_only_used_types_count() {
        let place = Place::new();
        let mut types = Types::new(place.path("types"));
        let compiles = || {
            let before = place.clang.runs();
            let builder = place.builder(SOCKETS).btf_path(place.path("types"));
            builder.compile().unwrap();
            place.clang.runs() > before
        };
        assert!(compiles());
        assert!(!compiles());
        types.rename("blk_mq_ops");
        types.move_member("skc_state", 144, 8);
        assert!(!compiles(), "it uses nothing of this");
        types.move_member("skc_family", 128, 16);
        assert!(compiles(), "it uses this");
        assert!(!compiles());
    }

    /// NH13: what may depend on more than is known is not kept, and the phases say why.
    #[test]
    #[ignore = "needs root"]
    fn nh13_says_what_is_not_cached() {
        let place = Place::new();
        fs::write(place.path("own.h"), "#define STEP 2\n").unwrap();
        let folder = format!("-I{}", place.top.path().display());
        let with_file = format!("#include \"own.h\"\n{TEXT}");
        let with_time = format!("{TEXT}\nconst volatile char at[] = __TIME__;\n");
        let file = || place.builder(&with_file).cflags([folder.clone()]);
        let flag = || place.builder(TEXT).cflags(["-fomit-frame-pointer"]);
        let cases = [
            (file(), "includes a file, `own.h`"),
            (flag(), "the flag `-fomit-frame-pointer`"),
            (place.builder(&with_time), "`__TIME__` does not mean"),
            (place.builder(TEXT).cache(false), "the caller wants none"),
        ];
        for (builder, expected) in cases {
            let bpf = builder.load().unwrap();
            let CacheUse::Off(why) = bpf.phases().cache() else {
                panic!("{:?}", bpf.phases());
            };
            assert!(why.contains(expected), "{why}");
            assert!(bpf.phases().to_string().contains(expected));
        }
        assert_eq!(place.clang.runs(), 4);
        assert!(!place.path("cache").exists());
    }

    /// NH13: damage to an entry costs one more compilation; a folder of others is not used at all.
    #[test]
    #[ignore = "needs root"]
    fn nh13_trusts_nobody() {
        let place = Place::new();
        assert!(place.compiles(place.builder(TEXT)));
        let mut files = fs::read_dir(place.path("cache")).unwrap();
        let entry = files.next().unwrap().unwrap().path();
        let bytes = fs::read(&entry).unwrap();
        fs::write(&entry, &bytes[..bytes.len() / 2]).unwrap();
        assert!(place.compiles(place.builder(TEXT)));
        assert!(!place.compiles(place.builder(TEXT)));
        let everybody = fs::Permissions::from_mode(0o777);
        fs::set_permissions(place.path("cache"), everybody).unwrap();
        let bpf = place.builder(TEXT).load().unwrap();
        let said = bpf.phases().cache().to_string();
        assert!(said.starts_with("off: `"), "{said}");
        assert!(
            said.ends_with("can be changed by others (mode 777)"),
            "{said}"
        );
    }

    /// The test once more, in a process of its own with this cache.
    fn with_cache(test: &str, folder: &Path) -> Command {
        let mut command = child(test);
        command.env("BCC_CACHE", folder);
        command
    }

    /// NH13: eight processes at once, with nothing in the cache at first.
    #[test]
    #[ignore = "needs root"]
    fn nh13_eight_processes_at_once() {
        if is_child() {
            Bpf::builder().text(TEXT).load().unwrap();
            return;
        }
        let place = Place::new();
        let folder = place.path("cache");
        let start = || {
            let mut command = with_cache("root::nh13_eight_processes_at_once", &folder);
            command.stdout(Stdio::null()).spawn().unwrap()
        };
        let children: Vec<_> = (0..8).map(|_| start()).collect();
        for mut child in children {
            assert!(child.wait().unwrap().success());
        }
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    }

    /// NH13: the environment moves the cache or switches it off; what makes no sense is an error.
    #[test]
    #[ignore = "needs root"]
    fn nh13_environment() {
        let test = "root::nh13_environment";
        if is_child() {
            let expected = env::var("BCC_TEST_EXPECTED").unwrap();
            match Bpf::builder().text(TEXT).load() {
                Ok(bpf) => assert_eq!(bpf.phases().cache().to_string(), expected),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::InvalidInput);
                    assert!(error.to_string().starts_with(&expected), "{error}");
                }
            }
            return;
        }
        let place = Place::new();
        let folder = place.path("cache");
        let folder = folder.to_str().unwrap();
        for (value, expected) in [
            (folder, "miss"),
            (folder, "hit"),
            ("off", "off: `BCC_CACHE` is `off`"),
            ("yes", "`BCC_CACHE` is `yes`; it can be `off` or a path"),
        ] {
            let mut command = with_cache(test, Path::new(value));
            let output = command.env("BCC_TEST_EXPECTED", expected).output();
            let output = output.unwrap();
            assert!(output.status.success(), "{value}: {output:?}");
        }
    }

    /// NH13: a full disk and one that cannot be written cost no start.
    #[test]
    #[ignore = "needs root"]
    fn nh13_full_and_read_only() {
        let test = "root::nh13_full_and_read_only";
        if is_child() {
            let folder = env::var("BCC_CACHE").unwrap();
            let mount = |options: &str| {
                let mut command = Command::new("mount");
                command.args(["-t", "tmpfs", "-o", options, "none", &folder]);
                assert!(command.status().unwrap().success());
            };
            let said = || {
                let bpf = Bpf::builder().text(TEXT).load().unwrap();
                bpf.phases().cache().to_string()
            };
            mount("size=4k,mode=700");
            let full = said();
            assert!(full.starts_with("off: failed to write to `"), "{full}");
            assert!(full.contains("No space left"), "{full}");
            assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
            mount("size=1m,mode=700,ro");
            let read_only = said();
            assert!(read_only.contains("Read-only file system"), "{read_only}");
            return;
        }
        let place = Place::new();
        let folder = place.path("cache");
        fs::create_dir(&folder).unwrap();
        let inner = with_cache(test, &folder);
        // Mounts of its own, which end with it.
        let mut command = Command::new("unshare");
        command.arg("--mount").arg(env::current_exe().unwrap());
        command.args(inner.get_args());
        command.envs(
            inner
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    /// P9: a process that has started a program, with or without clang, has needed little memory.
    #[test]
    #[ignore = "needs root"]
    fn p9_memory() {
        const MOST_KB: u64 = 16 * 1024;
        if is_child() {
            Bpf::builder().text(SOCKETS).load().unwrap();
            let status = fs::read_to_string("/proc/self/status").unwrap();
            let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let most = line.unwrap().trim().trim_end_matches(" kB");
            let most: u64 = most.parse().unwrap();
            assert!(most < MOST_KB, "{most} kB");
            return;
        }
        let place = Place::new();
        for _ in 0..2 {
            let output = with_cache("root::p9_memory", &place.path("cache")).output();
            let output = output.unwrap();
            assert!(output.status.success(), "{output:?}");
        }
        assert_eq!(fs::read_dir(place.path("cache")).unwrap().count(), 1);
    }
}
