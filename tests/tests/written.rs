//! Programs written out as C, which clang and libbpf's headers are enough for.

mod root {
    use bcc_runtime::{Bpf, Builder, ErrorKind, bpf_program};
    use libbpf_rs::{ObjectBuilder, libbpf_sys};
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::process::Command;

    /// The folder with the tools that are written in the dialect.
    fn tools() -> Vec<PathBuf> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/tools");
        let entries = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let mut paths: Vec<PathBuf> = entries
            .filter(|path| path.extension().is_some_and(|e| e == "c"))
            .collect();
        paths.sort();
        paths
    }

    /// A folder with libbpf's headers, and nothing of ours.
    fn libbpf_headers(folder: &Path) {
        fs::create_dir(folder.join("bpf")).unwrap();
        for (name, text) in libbpf_sys::API_HEADERS {
            fs::write(folder.join("bpf").join(name), text).unwrap();
        }
    }

    /// The object that a plain clang makes of a file, with all warnings as errors.
    fn compiled(path: &Path, headers: &Path) -> Vec<u8> {
        let object = path.with_extension("o");
        let clang = std::env::var_os("BCC_CLANG").unwrap_or_else(|| "clang".into());
        let output = Command::new(clang)
            .args([
                "-g",
                "-O2",
                "-Wall",
                "-Werror",
                "-target",
                "bpf",
                "-D__TARGET_ARCH_x86",
                "-I.",
            ])
            .arg("-I")
            .arg(headers)
            .arg("-c")
            .arg(path.file_name().unwrap())
            .arg("-o")
            .arg(&object)
            .current_dir(path.parent().unwrap())
            .output()
            .expect("clang is there");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {said}", path.display());
        fs::read(object).unwrap()
    }

    /// libbpf alone loads an object.
    fn loads(object: &[u8], name: &str) {
        let opened = ObjectBuilder::default().open_memory(object).expect(name);
        opened.load().expect(name);
    }

    /// Each tool compiles without us, loads without us, and has nothing in it that is for us only.
    #[test]
    #[ignore = "needs root"]
    fn tools_are_plain_libbpf() {
        let folder = tempfile::tempdir().unwrap();
        libbpf_headers(folder.path());
        let tools = tools();
        assert_eq!(tools.len(), 10);
        for tool in tools {
            let name = tool.file_stem().unwrap().to_str().unwrap();
            let written = Bpf::builder()
                .src_file(&tool)
                .write_c(folder.path().join(name));
            let path = written.unwrap_or_else(|error| panic!("{name}: {error:?}"));
            assert_eq!(
                path.file_name().unwrap().to_str(),
                Some(&*format!("{name}.bpf.c"))
            );
            let text = fs::read_to_string(&path).unwrap();
            for ours in ["#line", "_Static_assert", "/* #include", "\n\n\n"] {
                assert!(!text.contains(ours), "{name} has `{ours}`:\n{text}");
            }
            loads(&compiled(&path, folder.path()), name);
        }
    }

    bpf_program! {
        mod counted;

        struct key_t { u32 pid; u32 parent; };
        BPF_HASH(counts, struct key_t); // by process

        // A comment stays.
        RAW_TRACEPOINT_PROBE(sched_process_exec) {
            struct task_struct *task = (struct task_struct *)ctx->args[0];
            struct key_t key = { .pid = task->tgid, .parent = task->real_parent->tgid };
            counts.increment(key);
            return SOME;
        }
    }

    /// A program of a Rust file, with its macros from flags.
    #[test]
    #[ignore = "needs root"]
    fn typed_programs_are_written() {
        let folder = tempfile::tempdir().unwrap();
        libbpf_headers(folder.path());
        let builder = || counted::builder().cflags(["-DSOME=0"]);
        let path = builder().write_c(folder.path().join("a/b")).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let expected = "#define SOME 0\n\nstruct key_t { u32 pid; u32 parent; };\n\
                        struct {\n    __uint(type, BPF_MAP_TYPE_HASH);\n    \
                        __type(key, struct key_t);\n    __type(value, u64);\n    \
                        __uint(max_entries, 10240);\n} counts SEC(\".maps\"); // by process\n\n\
                        // A comment stays.\nSEC(\"raw_tp/sched_process_exec\")\n\
                        int raw_tracepoint__sched_process_exec(struct bpf_raw_tracepoint_args *ctx) {\n    \
                        struct task_struct *task = (struct task_struct *)ctx->args[0];\n    \
                        struct key_t key = { .pid = BPF_CORE_READ(task, tgid), \
                        .parent = BPF_CORE_READ(task, real_parent, tgid) };\n    \
                        bcc_increment_at(&counts, &key, 1);\n    return SOME;\n}\n\n\
                        char LICENSE[] SEC(\"license\") = \"GPL\";\n";
        assert!(text.ends_with(expected), "{text}");
        loads(&compiled(&path, folder.path()), "counted");
    }

    fn small() -> Builder {
        let text = "BPF_HASH(counts);\n#include \"own.h\"\nint f(struct pt_regs *ctx) { counts.increment(OWN); return 0; }\n";
        Bpf::builder().text(text).name("small")
    }

    /// What is there is left alone, and so is what a link leads to.
    #[test]
    #[ignore = "needs root"]
    fn nothing_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let target = folder.path().join("target");
        fs::create_dir(&out).unwrap();
        std::os::unix::fs::symlink(&target, out.join("vmlinux.h")).unwrap();
        let error = small().write_c(&out).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        let expected = format!(
            "`{}` exists, and is not overwritten; remove it or name another folder",
            out.join("vmlinux.h").display()
        );
        assert_eq!(error.to_string(), expected);
        assert!(!target.exists());
        assert!(!out.join("small.bpf.c").exists());
        fs::remove_file(out.join("vmlinux.h")).unwrap();
        fs::write(out.join("other"), "").unwrap();
        small().write_c(&out).unwrap();
        assert!(out.join("other").exists());
        let error = small().kernel_headers("running").write_c(&out).unwrap_err();
        assert!(
            matches!(
                error.kind(),
                ErrorKind::InvalidInput | ErrorKind::NotFound | ErrorKind::KernelTypes
            ),
            "{error:?}"
        );
    }

    /// Headers of the user's come along, with those they include.
    #[test]
    #[ignore = "needs root"]
    fn own_headers_come_along() {
        let folder = tempfile::tempdir().unwrap();
        libbpf_headers(folder.path());
        let include = folder.path().join("include");
        fs::create_dir(&include).unwrap();
        fs::write(include.join("own.h"), "#include \"deeper/own.h\"\n").unwrap();
        fs::create_dir(include.join("deeper")).unwrap();
        fs::write(include.join("deeper/own.h"), "#define OWN 7\n").unwrap();
        let builder = small().cflags([format!("-I{}", include.display())]);
        let path = builder.write_c(folder.path().join("out")).unwrap();
        fs::remove_dir_all(&include).unwrap();
        loads(&compiled(&path, folder.path()), "small");
    }

    /// The flags' macros are known to the front end of a text that comes with them: as a table's
    /// type, in conditionals, with arguments.
    #[test]
    #[ignore = "needs root"]
    fn flags_concern_the_text() {
        let text = "BPF_TABLE(MAPTYPE, u32, long, dropcnt, SIZE(2));\n#ifdef WANTED\n\
                    int xdp(struct CTXTYPE *ctx) { dropcnt.atomic_increment(0); return RETURNCODE; }\n#endif\n";
        for (kind, expected) in [("percpu_array", 256), ("hash", 0)] {
            let map_type = format!("-DMAPTYPE=\"{kind}\"");
            let flags = [
                "-w",
                "-DRETURNCODE=XDP_DROP",
                "-DCTXTYPE=xdp_md",
                "-D",
                "WANTED",
                &map_type,
                "-DSIZE(n)=(n * 128)",
            ];
            let bpf = Bpf::builder().text(text).cflags(flags).load().unwrap();
            // A hash is empty, an array has all its entries.
            assert_eq!(bpf.map("dropcnt").unwrap().items().unwrap().len(), expected);
            assert_eq!(bpf.map("dropcnt").unwrap().max_entries(), 256);
            assert!(bpf.progs.get("xdp").is_ok());
        }
        let error = Bpf::builder()
            .text(format!("\n{text}oops(;\n"))
            .cflags(["-DMAPTYPE=\"hash\""])
            .load()
            .unwrap_err();
        assert!(error.to_string().contains("<text>:6:"), "{error}");
    }
}
