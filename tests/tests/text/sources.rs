//! Where the text comes from, what becomes of it, and what is said about it.

mod root {
    use crate::common::load;
    use bcc_runtime::{Bpf, DiagnosticLevel, Error, ErrorKind, Evidence, Value, bpf_program};
    use bcc_tests::{send, thread_id};
    use std::sync::mpsc;
    use std::time::Duration;
    use std::{env, fs, process};

    fn error_of(text: &str) -> Error {
        Bpf::builder().text(text).load().unwrap_err()
    }

    /// A struct whose size is a flag's business: S45, S55.
    #[test]
    #[ignore = "needs root"]
    fn s45_cflags_are_arguments() {
        let builder = Bpf::builder().text(text!(
            "struct event_t { char text[SIZE]; };
             BPF_HASH(sized, u32, struct event_t);
             BPF_PERF_OUTPUT(events);
             TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
                 if (OTHERS) return 0;
                 struct event_t event = { .text = TEXT };
                 events.perf_submit(args, &event, sizeof(event));
                 return 0;
             }"
        ));
        let builder = builder.set_const("thread", thread_id()).cflags([
            "-DSIZE=24",
            "-D",
            "TEXT=\"two words\"",
        ]);
        let mut bpf = builder.load().unwrap();
        let (sender, receiver) = mpsc::channel();
        bpf.map("events")
            .unwrap()
            .open_perf_buffer(move |_, event| sender.send(event.clone()).unwrap())
            .unwrap();
        send(1);
        assert_eq!(bpf.perf_buffer_poll(Duration::from_secs(5)).unwrap(), 1);
        assert_eq!(receiver.try_recv().unwrap()["text"], "two words");
        let sized = bpf.map("sized").unwrap();
        sized
            .update(1, Value::record([("text", "a text of 24 characters!")]))
            .unwrap();
        let error = sized.update(1, Value::record([("text", "a text of 25 characters!!")]));
        assert!(error.unwrap_err().to_string().contains("takes 24"));
    }

    /// A folder that is gone with the test.
    struct Folder(std::path::PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = env::temp_dir().join(format!("bcc-text-{name}-{}", process::id()));
            fs::create_dir_all(path.join("include")).unwrap();
            Self(path)
        }

        fn write(&self, name: &str, text: &str) -> std::path::PathBuf {
            let path = self.0.join(name);
            fs::write(&path, text).unwrap();
            path
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    /// S55: headers of the user's beside the file and in folders of `-I`; the folder may be given
    /// from where the tool runs.
    #[test]
    #[ignore = "needs root"]
    fn s55_own_headers_are_included() {
        let folder = Folder::new("includes");
        folder.write("beside.h", "struct pair_t { u32 a, b; };\n");
        folder.write("include/given.h", "#define ENTRIES 7\n");
        let path = folder.write(
            "tool.c",
            "#include <linux/sched.h>\n#include \"beside.h\"\n#include \"given.h\"\n\
             BPF_HASH(pairs, u32, struct pair_t, ENTRIES);\n",
        );
        let here = env::current_dir().unwrap();
        let up = "../".repeat(here.components().count() - 1);
        let include = folder.0.join("include");
        let relative = format!("-I{up}{}", include.strip_prefix("/").unwrap().display());
        let bpf = Bpf::builder()
            .src_file(&path)
            .cflags([relative])
            .load()
            .unwrap();
        let pairs = bpf.map("pairs").unwrap();
        pairs.update(1, (2, 3)).unwrap();
        assert_eq!(pairs.get(1).unwrap().unwrap()["b"], 3);
        assert_eq!(pairs.max_entries(), 7);
    }

    /// S33: the licence is the text's business.
    #[test]
    #[ignore = "needs root"]
    fn s33_no_licence_by_flags() {
        let builder = Bpf::builder().text("BPF_HASH(x);");
        let error = builder.cflags(["-DBPF_LICENSE=GPL"]).load().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let expected = "write `#define BPF_LICENSE ...` in the program";
        assert!(error.to_string().ends_with(expected), "{error}");
    }

    /// The front end's messages as data, under the name of the text; all of them at once.
    #[test]
    #[ignore = "needs root"]
    fn mistakes_are_data() {
        let text = "BPF_HASH(counts, u32);\nint f(void *ctx) {\n\tu32 k = 1;\n\tcounts.lookup(k);\n\
                    \tcounts.pop(&k);\n\treturn 0;\n}\n";
        let error = error_of(text);
        assert_eq!(error.kind(), ErrorKind::Source);
        let Some(Evidence::Source(report)) = error.evidence() else {
            panic!("{error:?}");
        };
        let [first, second] = &report.diagnostics[..] else {
            panic!("{report:?}");
        };
        assert_eq!((first.line, first.column), (4, 16));
        assert_eq!(first.file, "<text>");
        assert_eq!(first.level, DiagnosticLevel::Error);
        assert_eq!(first.message, "`lookup` takes a pointer to the key");
        assert_eq!(first.hint.as_deref(), Some("write `&k`"));
        assert_eq!(first.source_line.as_deref(), Some("\tcounts.lookup(k);"));
        assert_eq!(second.line, 5);
        assert!(report.text.contains("--> <text>:4:16\n"), "{}", report.text);
        let expected = "the program text has mistakes: <text>:4:16: `lookup` takes a pointer to the \
                        key; write `&k` (and one more error)";
        assert_eq!(error.to_string(), expected);

        let error = Bpf::builder().text(text).name("a tool").load().unwrap_err();
        assert!(error.to_string().contains(" a tool:4:16: "), "{error}");
        let folder = Folder::new("mistakes");
        let path = folder.write("x.c", text);
        let error = Bpf::builder().src_file(&path).load().unwrap_err();
        let expected = format!(" {}:4:16: ", path.display());
        assert!(error.to_string().contains(&expected), "{error}");
    }

    /// Warnings do not stop a program, and can be read.
    #[test]
    #[ignore = "needs root"]
    fn warnings_are_data() {
        let bpf = Bpf::builder().text(
            "BPF_PERCPU_HASH(m, u32);\nint f(void *ctx) {\n\tu32 k = 1;\n\tm.increment(k);\n\treturn 0;\n}\n",
        );
        let bpf = bpf.load().unwrap();
        let [warning] = bpf.warnings() else {
            panic!("{:?}", bpf.warnings());
        };
        assert_eq!((warning.level, warning.line), (DiagnosticLevel::Warning, 4));
    }

    /// What clang has against the text stands at its lines as well.
    #[test]
    #[ignore = "needs root"]
    fn clang_names_the_text() {
        let error = error_of("int f(void *ctx) {\n\treturn nobody_knows;\n}\n");
        assert_eq!(error.kind(), ErrorKind::Compile);
        assert!(error.to_string().contains("<text>:2:9: "), "{error}");
    }

    /// Names that are not there are answered with near ones; a missing text and file are told.
    #[test]
    #[ignore = "needs root"]
    fn wrong_names() {
        let mut bpf = load(text!(
            "u64 counter; BPF_HASH(counts);
             int do_read(struct pt_regs *ctx) { counter++; return 0; }"
        ));
        let errors = [
            bpf.map("count").unwrap_err(),
            bpf.global("countr").unwrap_err(),
            bpf.attach_uprobe("c", "getpid", "do_reat").unwrap_err(),
            bpf.progs.get("do_reed").unwrap_err(),
        ];
        let expected = [
            "the program text has no map `count`; nearest names: `counts`",
            "the program text has no variable `countr`; nearest names: `counter`",
            "the program text has no function `do_reat` to attach; nearest names: `do_read`",
            "the program text has no function `do_reed`; nearest names: `do_read`",
        ];
        assert_eq!(errors.map(|error| error.to_string()), expected);
        let error = Bpf::builder().load().unwrap_err();
        let expected =
            "there is no program text; give one with `text` or `src_file` of the builder";
        assert_eq!(error.to_string(), expected);
        let error = Bpf::builder().src_file("/nowhere/x.c").load().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.to_string().contains("`/nowhere/x.c`"), "{error}");
    }

    /// Functions attach by name and by handle; links by hand work as with the macro.
    #[test]
    #[ignore = "needs root"]
    fn functions_attach_by_name() {
        let mut bpf = load(text!(
            "u64 hits;
             int hit(void *ctx) { if (!OTHERS) hits++; return 0; }"
        ));
        let hits = bpf.global("hits").unwrap();
        send(1);
        assert_eq!(hits.get().unwrap(), 0);
        bpf.attach_tracepoint("syscalls:sys_enter_getpriority", "hit")
            .unwrap();
        send(1);
        assert_eq!(hits.get().unwrap(), 1);
        let program: bcc_runtime::program::Dynamic = bpf.progs.get("hit").unwrap().clone();
        let link = program
            .attach_tracepoint("syscalls:sys_exit_getpriority")
            .unwrap();
        send(1);
        assert_eq!(hits.get().unwrap(), 3);
        drop(link);
        assert_eq!(bpf.detach(|_| true), 1);
        send(1);
        assert_eq!(hits.get().unwrap(), 3);
    }

    bpf_program! {
        mod block;
        struct event_t { u32 who; };
        BPF_HASH(counts, struct event_t);
        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            struct event_t event = { .who = args->who };
            counts.increment(event);
            return 0;
        }
    }

    bpf_program! {
        mod literal;
        r#"struct event_t { u32 who; };
        BPF_HASH(counts, struct event_t);
        TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
            struct event_t event = { .who = args->who };
            counts.increment(event);
            return 0;
        }"#
    }

    /// C without white space and `#line` marks.
    fn bare(code: &str) -> String {
        let lines = code.lines().filter(|line| !line.starts_with("#line"));
        lines
            .flat_map(str::chars)
            .filter(|c| !c.is_whitespace())
            .collect()
    }

    /// The macro's forms and the text at run time are rewritten to the same C.
    #[test]
    #[ignore = "needs root"]
    fn all_doors_give_the_same_c() {
        let text = "struct event_t { u32 who; };
            BPF_HASH(counts, struct event_t);
            TRACEPOINT_PROBE(syscalls, sys_enter_getpriority) {
                struct event_t event = { .who = args->who };
                counts.increment(event);
                return 0;
            }";
        let bpf = Bpf::builder().text(text).auto_attach(false).load().unwrap();
        assert_eq!(bare(bpf.source()), bare(block::SOURCE));
        assert_eq!(bare(bpf.source()), bare(literal::SOURCE));
        assert_eq!(bpf.maps.names().collect::<Vec<_>>(), ["counts"]);
        assert!(bpf.links().is_empty());
    }
}
