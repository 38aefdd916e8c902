//! What a start prints and what it does to its process, which is a process of the test's own.

mod root {
    use bcc_runtime::{Bpf, DebugOutput, ErrorKind, FindingKind};
    use bcc_tests::{Kept, child, give_up, is_child, kernel_version};
    use std::io::{self, Write};
    use std::process::Command;
    use std::{env, panic};

    /// The text, and its third line as it is rewritten.
    const TEXT: &str =
        "BPF_HASH(counts, u32);\n\nint f(void *ctx) { counts.increment(7); return 0; }\n";

    /// What the command says on its standard error.
    fn said_by(command: &mut Command) -> String {
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    /// The line of the text that a rewritten piece says it comes from.
    fn line_of(said: &str, piece: &str) -> usize {
        let (before, _) = said.split_once(piece).unwrap();
        let (_, from) = before.rsplit_once("#line ").unwrap();
        let number = from.split_ascii_whitespace().next().unwrap();
        number.parse::<usize>().unwrap() + from.lines().count() - 2
    }

    /// S54: the rewritten C, with the lines of the text it comes from; asked for by the builder or by
    /// the environment, and with the other things that there are to print.
    #[test]
    #[ignore = "needs root"]
    fn s54_what_is_compiled_is_printed() {
        if is_child() {
            let debug = DebugOutput {
                source: env::var_os("BCC_TEST_SOURCE").is_some(),
                ..DebugOutput::default()
            };
            Bpf::builder().text(TEXT).debug(debug).load().unwrap();
            return;
        }
        let test = "root::s54_what_is_compiled_is_printed";
        let said = said_by(&mut child(test));
        assert!(!said.contains("counts"), "{said}");
        let by_builder = said_by(child(test).env("BCC_TEST_SOURCE", "1"));
        let by_environment = said_by(
            child(test)
                .env("BCC_DEBUG", "phases, source")
                .env("BCC_CACHE", "off"),
        );
        for said in [&by_builder, &by_environment] {
            assert_eq!(line_of(said, "bcc_increment(&counts, 7, 1)"), 3, "{said}");
        }
        assert!(by_environment.contains("clang "), "{by_environment}");
        let said = said_by(child(test).env("BCC_DEBUG", "libbpf"));
        assert!(said.contains("libbpf: "), "{said}");
    }

    /// G4, J2, S54: each thing there is to print, by its word in the environment; by the builder the
    /// same.
    #[test]
    #[ignore = "needs root"]
    fn s54_each_debug_output() {
        if is_child() {
            let debug = DebugOutput {
                assembly: env::var_os("BCC_TEST_ASSEMBLY").is_some(),
                ..DebugOutput::default()
            };
            Bpf::builder().text(TEXT).debug(debug).load().unwrap();
            return;
        }
        let test = "root::s54_each_debug_output";
        let assembly = "r1 = map[counts]";
        let cases = [
            ("ir", "define dso_local i32 @f("),
            ("assembly", assembly),
            ("verifier", "R1=ctx"),
            ("btf", "] STRUCT '' size="),
        ];
        assert_eq!(said_by(&mut child(test)), "");
        for (word, piece) in cases {
            let said = said_by(child(test).env("BCC_DEBUG", word));
            for (other, piece) in cases {
                assert_eq!(
                    said.contains(piece),
                    word == other,
                    "{word} {piece}: {said}"
                );
            }
            assert!(said.contains(piece), "{word}: {said}");
        }
        let said = said_by(child(test).env("BCC_TEST_ASSEMBLY", "1"));
        assert!(
            said.starts_with("f:\n; ") && said.contains(assembly),
            "{said}"
        );
    }

    /// A writer that panics, as `libbpf`'s C calls nobody who does.
    struct Panics;

    impl Write for Panics {
        fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
            panic!("no writer of words")
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// S54: all that there is to print goes to a writer of the caller's, whoever asks for it, and nothing
    /// to the standard error. The writer is given back when the start is over; its panic comes out
    /// of the start.
    #[test]
    #[ignore = "needs root"]
    fn s54_a_writer_gets_it_all() {
        if is_child() {
            let kept = Kept::default();
            let debug = DebugOutput {
                phases: false,
                source: true,
                llvm_ir: true,
                assembly: true,
                verifier: true,
                btf: true,
                libbpf: true,
            };
            let builder = Bpf::builder().text(TEXT).debug(debug);
            let bpf = builder.debug_to(kept.clone()).load().unwrap();
            let said = kept.into_text();
            for piece in [
                "bcc_increment(&counts, 7, 1)",
                "define dso_local i32 @f(",
                "r1 = map[counts]",
                "R1=ctx",
                "] STRUCT '' size=",
                "libbpf: ",
                "kernel types ",
            ] {
                assert!(said.contains(piece), "{piece}: {said}");
            }
            // In the order of the start.
            let places = ["define dso_local", "R1=ctx", "r1 = map[counts]", ", total "];
            let places = places.map(|piece| said.find(piece));
            assert!(places.is_sorted() && places[0].is_some(), "{places:?}");
            drop(bpf);

            let libbpf = DebugOutput {
                libbpf: true,
                ..DebugOutput::default()
            };
            let builder = Bpf::builder().text(TEXT).debug(libbpf).debug_to(Panics);
            panic::set_hook(Box::new(|_| ()));
            let start = panic::catch_unwind(panic::AssertUnwindSafe(|| builder.load()));
            let said = start.expect_err("the writer has panicked");
            assert_eq!(said.downcast_ref(), Some(&"no writer of words"));
            // What libbpf says is heard as before.
            Bpf::builder().text(TEXT).load().unwrap();
            return;
        }
        let mut child = child("root::s54_a_writer_gets_it_all");
        // The last start has no writer, and nothing else to print.
        let said = said_by(child.env("BCC_DEBUG", "phases"));
        let is_all = said.contains(", total ") && said.lines().count() == 1;
        assert!(is_all, "{said}");
    }

    /// J15: instructions as bytes and as text, with the lines of C and the names of maps.
    #[test]
    #[ignore = "needs root"]
    fn j15_instructions_are_listed() {
        let bpf = Bpf::builder().text(TEXT).name("listed.c").load().unwrap();
        let bytes = bpf.dump_func("f").unwrap();
        assert_eq!(bytes.len() % 8, 0);
        assert_eq!(bytes[bytes.len() - 8], 0x95, "the last one is `exit`");
        let text = bpf.disassemble_func("f").unwrap();
        assert!(text.starts_with("f:\n"), "{text}");
        assert!(text.contains("= map[counts]\n"), "{text}");
        assert!(text.contains("listed.c:3\n"), "{text}");
        assert!(text.ends_with(": (95) exit\n"), "{text}");
        assert!(!text.contains("unknown"), "{text}");
        assert_eq!(bpf.progs.get("f").unwrap().disassemble().unwrap(), text);
        assert_eq!(bpf.progs.get("f").unwrap().instructions().unwrap(), bytes);
        let error = bpf.disassemble_func("g").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.to_string().contains("nearest names: `f`"), "{error}");
    }

    /// Since this kernel, memory of BPF does not count as locked memory.
    const CGROUP_ACCOUNTING: (u32, u32) = (5, 11);

    /// Maps that do not fit into the locked memory that this process may have: found before the start,
    /// and true; where the limit can be raised that far, where maps are small, and where memory is
    /// counted otherwise, not a word.
    #[test]
    #[ignore = "needs root"]
    fn locked_memory_that_is_not_enough() {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        use rustix::thread::CapabilitySet;
        if !is_child() {
            said_by(&mut child("root::locked_memory_that_is_not_enough"));
            return;
        }
        let limit = |current: u64, maximum: u64| {
            let (current, maximum) = (Some(current << 10), Some(maximum << 10));
            setrlimit(Resource::Memlock, Rlimit { current, maximum }).unwrap();
        };
        let found = |entries: u32| {
            let mut builder = Bpf::builder().text(TEXT).max_entries("counts", entries);
            let mut findings = builder.preflight().unwrap().findings.into_iter();
            findings.find_map(|it| (it.kind == FindingKind::Memory).then_some(it.message))
        };
        let is_counted = kernel_version() < CGROUP_ACCOUNTING;
        // The right to raise it is there, where root has all rights.
        limit(64, 4096);
        assert_eq!(found(1_000_000), None);
        give_up(CapabilitySet::SYS_RESOURCE);
        // It may be raised so far without the right, and is.
        limit(64, 4096);
        assert_eq!(found(10_000), None);
        // Other programs of the user may have taken it.
        drop(Bpf::builder().text(TEXT).load());
        let expected = if is_counted { 4096 } else { 64 };
        assert_eq!(getrlimit(Resource::Memlock).current, Some(expected << 10));
        limit(64, 64);
        assert_eq!(found(16), None);
        let loaded = Bpf::builder().text(TEXT).load();
        if !is_counted {
            assert_eq!(found(10_000), None);
            drop(loaded.unwrap());
            return;
        }
        let start = "the maps take at least 312 KiB, which this kernel counts as locked memory, and this \
                     process may have 64 KiB of that; ";
        assert!(found(10_000).unwrap().starts_with(start));
        assert_eq!(loaded.unwrap_err().kind(), ErrorKind::PermissionDenied);
    }

    /// S56: where the kernel counts maps as locked memory, the limit is lifted; elsewhere it is left
    /// alone. Ten thousand entries are more than it allows.
    #[test]
    #[ignore = "needs root"]
    fn s56_locked_memory() {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        if !is_child() {
            said_by(&mut child("root::s56_locked_memory"));
            return;
        }
        let little = Rlimit {
            current: Some(65536),
            maximum: Some(65536),
        };
        setrlimit(Resource::Memlock, little).unwrap();
        Bpf::builder().text(TEXT).load().unwrap();
        let limit = getrlimit(Resource::Memlock).current;
        let expected = (kernel_version() >= CGROUP_ACCOUNTING).then_some(65536);
        assert_eq!(limit, expected);
    }
}
